#include "core/learning/Application.h"

#include "core/base/Error.h"
#include "core/learning/Learning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace chronnect;
using ::testing::HasSubstr;

namespace {

/// Answers every scan with its number; nothing else can be asked of it.
class CountingEngine : public LearningEngine {
public:
    DeviceReport devices() const override { return {}; }
    std::vector<std::string> objectives() const override { return {}; }
    PretrainResult pretrain(const ScanSource&, const PretrainSpec&, const CheckpointPlan&, const TrainingObserver&,
                            const JobContext&) const override {
        return {};
    }
    ResourceForecast forecast(const ScanSource&, const PretrainSpec&, const JobContext&) const override { return {}; }
    FinetuneResult finetune(const ScanSource&, const std::vector<std::string>&, const Model*, const FinetuneSpec&,
                            const CheckpointPlan&, const TrainingObserver&, const JobContext&) const override {
        return {};
    }
    FinetuneResult finetuneOn(const FixedFolds&, const ScanSource&, const std::vector<std::string>&,
                              const FinetuneSpec&, const CheckpointPlan&, const TrainingObserver&,
                              const JobContext&) const override {
        return {};
    }
    std::vector<ScanPrediction> predict(const ScanSource& scans, const Model&, const std::string&,
                                        const JobContext&) const override {
        std::vector<ScanPrediction> all;
        for (std::size_t i = 0; i < scans.count(); ++i)
            all.push_back({scans.info(i).id, scans.info(i).subject, 0, 0, {0.25 * static_cast<double>(i), 0.5}});
        return all;
    }
    Explanation explain(const ScanSource&, std::size_t, const Model&, const std::string&,
                        const JobContext&) const override {
        return {};
    }
    Reconstruction reconstruct(const ScanSource&, std::size_t, const Model&, const MaskRequest&, const std::string&,
                               const JobContext&) const override {
        return {};
    }
    Model importStaginCheckpoint(const std::filesystem::path&, const GraphSpec&) const override { return {}; }
    NetworkArrays forward(const std::vector<float>&, std::size_t, std::size_t, bool, const Model&, const std::string&,
                          const JobContext&) const override {
        return {};
    }
    std::string torchScript(const Model&) const override { return {}; }
};

const std::vector<std::string> regions{"Precentral", "Insula", "Cuneus"};

std::shared_ptr<const ScanSource> threePeople(double repetitionTime = 2) {
    std::vector<MemoryScan> scans(3);
    for (std::size_t i = 0; i < scans.size(); ++i) {
        scans[i].info.id = "sub-" + std::to_string(i) + "_task-rest";
        scans[i].info.subject = "sub-" + std::to_string(i);
        scans[i].info.volumes = 100;
        scans[i].values.assign(300, 1.f);
    }
    return memoryScanSource(scans, regions, {}, repetitionTime, R"({"filter":"none"})");
}

Model tuned(std::vector<std::string> trainedOn) {
    Model model;
    model.kind = Model::Kind::Finetuned;
    model.name = "group";
    model.regions = regions;
    model.classes = {"control", "patient"};
    model.passport = dataPassport(*threePeople());
    model.passport.set("target", "group").set("graph", Json::object().set("window_length", 30));
    for (auto& person : trainedOn) person = personMark(person);
    if (!trainedOn.empty()) model.passport.set("trained_on", Json(trainedOn));
    return model;
}

std::string allTexts(const Notices& notices) {
    std::string text;
    for (const auto& notice : notices) text += notice.text + "\n";
    return text;
}

}  // namespace

TEST(Application, MarksWhomTheModelWasTrainedOn) {
    const Application made =
        applyModel(CountingEngine(), *threePeople(), tuned({"sub-1", "sub-7"}), "cpu", false, JobContext());
    ASSERT_EQ(made.predictions.size(), 3u);
    EXPECT_EQ(made.seen, (std::vector<Seen>{Seen::No, Seen::Yes, Seen::No}));
    EXPECT_THAT(allTexts(made.notices), HasSubstr("1 of 3 scans"));
    EXPECT_EQ(made.target, "group");
    const Table table = applicationTable(made);
    EXPECT_EQ(table.columns, (std::vector<std::string>{"scan", "subject", "p_control", "p_patient", "trained_on"}));
    EXPECT_EQ(table.rows[1], (std::vector<std::string>{"sub-1_task-rest", "sub-1", "0.25", "0.5", "yes"}));
}

TEST(Application, OfAModelThatDoesNotTellSaysSo) {
    const Application made = applyModel(CountingEngine(), *threePeople(), tuned({}), "cpu", false, JobContext());
    EXPECT_EQ(made.seen, std::vector<Seen>(3, Seen::Unknown));
    EXPECT_THAT(allTexts(made.notices), HasSubstr("does not tell whom"));
    EXPECT_EQ(applicationTable(made).rows[0].back(), "unknown");
}

TEST(Application, RefusesARedPassportUnlessForcedAndSaysItThen) {
    const auto slow = threePeople(0.7);
    const Model model = tuned({"sub-7"});
    try {
        applyModel(CountingEngine(), *slow, model, "cpu", false, JobContext());
        FAIL() << "applied to data of another repetition time";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("0.7 s"));
    }
    const Application made = applyModel(CountingEngine(), *slow, model, "cpu", true, JobContext());
    EXPECT_EQ(made.fit.worst(), Light::Red);
    EXPECT_THAT(allTexts(made.notices), HasSubstr("0.7 s"));
}

TEST(Application, APretrainedModelPredictsNothing) {
    Model model = tuned({"sub-1"});
    model.kind = Model::Kind::Pretrained;
    EXPECT_THROW(applyModel(CountingEngine(), *threePeople(), model, "cpu", true, JobContext()), Error);
}

TEST(Application, APersonIsMarkedWithoutTheName) {
    EXPECT_EQ(personMark("sub-1").size(), 16u);
    EXPECT_EQ(personMark("sub-1"), personMark("sub-1"));
    EXPECT_NE(personMark("sub-1"), personMark("sub-2"));
    EXPECT_EQ(personMark("sub-1").find("sub"), std::string::npos);
}

TEST(ResultArrays, PairsBecomeFullSymmetricMatrices) {
    Reconstruction rebuilt;
    rebuilt.scan = "sub-1";
    rebuilt.window = 4;
    rebuilt.regions = 3;
    rebuilt.truth = {1, 0, 1};  // pairs 01 02 12
    rebuilt.hidden = {1, 0, 0};
    rebuilt.predicted = {0.75f, 0.5f, 0.25f};
    const auto arrays = arraysOf(rebuilt);
    ASSERT_EQ(arrays[2].name, "predicted");
    EXPECT_EQ(arrays[2].shape, (std::vector<std::size_t>{3, 3}));
    EXPECT_EQ(arrays[2].values, (std::vector<float>{1, 0.75f, 0.5f, 0.75f, 1, 0.25f, 0.5f, 0.25f, 1}));
    EXPECT_EQ(arrays[1].values, (std::vector<float>{0, 1, 0, 1, 0, 0, 0, 0, 0}));
    EXPECT_EQ(toJson(rebuilt)["window"].number(), 4);
}

TEST(ResultArrays, AnExplanationTellsEveryMapByItsName) {
    Explanation explanation;
    explanation.layers = 1;
    explanation.windows = 2;
    explanation.regions = 3;
    explanation.spatial = {1, 2, 3, 4, 5, 6};
    explanation.temporal = {1, 2, 3, 4};
    explanation.windowStarts = {0, 5};
    explanation.maps.resize(1);
    explanation.maps[0].name = "integrated gradients of edges";
    explanation.maps[0].axes = {"pair"};
    explanation.maps[0].shape = {3};
    explanation.maps[0].values = {7, 8, 9};
    std::vector<std::string> names;
    for (const auto& array : arraysOf(explanation)) names.push_back(array.name);
    EXPECT_EQ(names,
              (std::vector<std::string>{"spatial", "temporal", "salient_windows", "window_start", "integrated_pairs"}));
}
