#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/Learning.h"
#include "core/model/detail/StoredZip.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <algorithm>
#include <cstring>
#include <set>
#include <thread>

using namespace chronnect;
using test::twoGroups;

namespace {

PretrainSpec quickPretrain() {
    PretrainSpec spec;
    spec.network.hidden = 16;
    spec.network.layers = 2;
    spec.graph.windowLength = 20;
    spec.graph.windowStep = 5;
    spec.steps = 12;
    spec.batch = 4;
    spec.evaluateEvery = 6;
    spec.checkpointEvery = 5;
    spec.seed = 3;
    return spec;
}

FinetuneSpec quickFinetune() {
    FinetuneSpec spec;
    spec.target = "group";
    spec.network.hidden = 16;
    spec.network.layers = 2;
    spec.graph.windowLength = 30;
    spec.graph.windowStep = 10;
    spec.folds = 3;
    spec.epochs = 12;
    spec.batch = 8;
    spec.learningRate = 2e-3;
    spec.maxLearningRate = 4e-3;
    spec.network.dropout = 0.1;
    spec.labelPermutation = false;
    spec.seed = 1;
    return spec;
}

std::vector<std::string> groupsOf(const ScanSource& scans) {
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < scans.count(); ++i) groups.push_back(i % 2 ? "woven" : "halves");
    return groups;
}

std::vector<double> losses(const std::vector<TrainingSnapshot>& history) {
    std::vector<double> values;
    for (const auto& snapshot : history) values.push_back(snapshot.losses.at("total"));
    return values;
}

const MethodScore& find(const FinetuneResult& result, const std::string& method, const std::string& metric) {
    for (const auto& score : result.scores)
        if (score.method == method && score.metric == metric) return score;
    throw std::runtime_error("no score of " + method + ", " + metric);
}

std::vector<float> npyFloats(std::string_view bytes) {
    const std::size_t header = 10 + static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
    std::vector<float> values((bytes.size() - header) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + header, values.size() * sizeof(float));
    return values;
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return 1e9;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
    return largest;
}

/// Relative to expected numbers larger than 1.
double largestRelative(const std::vector<float>& found, const std::vector<float>& expected) {
    if (found.size() != expected.size()) return 1e9;
    double largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        largest = std::max(
            largest, std::abs(double{found[i]} - double{expected[i]}) / std::max(1.0, std::abs(double{expected[i]})));
    return largest;
}

/// The class scores of the three samples in float64, by the plain PyTorch transcription in tests/benchmark/peers.
const std::map<std::string, std::vector<float>> exactLogits{
    {"sero_sum", {34.083944200248766f, 3.9814519729716213f, 38.50000527547148f, 9.682436480606992f}},
    {"garo_mean", {-1.007964948253735f, 0.10254302937832038f, -0.8947296035886408f, 0.24659646521334444f}},
    {"sero_param", {0.8565234558221322f, -2.2844130319909737f, 0.7795269896554649f, -2.18195692698612f}}};

}  // namespace

TEST(Engine, AgreesWithThePublicStaginCode) {
    CHRONNECT_NEEDS_SHARED();
    const auto folder = test::sharedFolder() / "reference" / "stagin";
    const auto engine = createLearningEngine();
    GraphSpec graph;
    graph.windowLength = 20;
    graph.windowStep = 3;
    for (const std::string name : {"sero_sum", "garo_mean", "sero_param"}) {
        const std::string file = readFile(folder / ("expected_" + name + ".npz"));
        const auto members = model::storedZipMembers(file);
        Model model = engine->importStaginCheckpoint(folder / ("model_" + name + ".pth"), graph);
        if (name == "garo_mean") {
            Json network = model.passport["network"];
            model.passport.set("network", network.set("pooling", "mean"));
        }
        const auto arrays = engine->forward(npyFloats(members.at("timeseries.npy")), 2, 140, false, model, "cpu", {});
        EXPECT_EQ(arrays.windows, 40u);
        const auto adjacency = members.at("adjacency.npy").substr(128);
        std::size_t different = 0;
        for (std::size_t i = 0; i < adjacency.size(); ++i)
            different += adjacency[i] != static_cast<char>(arrays.adjacency[i]);
        EXPECT_LE(different, 8u) << name;
        // The stored scores are float32's: the largest, 38.5, is 1.14e-5 from the exact one.
        EXPECT_LT(largestDifference(arrays.logits, exactLogits.at(name)), 5e-6) << name;
        EXPECT_LT(largestRelative(arrays.logits, npyFloats(members.at("logits.npy"))), 1e-5) << name;
        EXPECT_LT(largestDifference(arrays.nodeAttention, npyFloats(members.at("node_attention.npy"))), 1e-5) << name;
        EXPECT_LT(largestDifference(arrays.timeAttention, npyFloats(members.at("time_attention.npy"))), 1e-5) << name;
        EXPECT_LT(largestDifference(arrays.latent, npyFloats(members.at("latent.npy"))), 1e-5 * 40) << name;
        EXPECT_NEAR(arrays.orthogonality, npyFloats(members.at("ortho.npy"))[0], 1e-3) << name;
    }
}

TEST(Pretrain, EveryStepIsReportedAndTheLossFalls) {
    const auto scans = twoGroups(10, 120, 24, 1);
    PretrainSpec spec = quickPretrain();
    spec.steps = 40;
    spec.learningRate = 3e-3;
    std::vector<TrainingSnapshot> seen;
    const auto result =
        createLearningEngine()->pretrain(*scans, spec, {}, [&](const auto& s) { seen.push_back(s); }, {});
    ASSERT_EQ(seen.size(), 40u);
    EXPECT_LT(seen.back().losses.at("total"), 0.8 * seen.front().losses.at("total"));
    EXPECT_TRUE(seen.front().losses.contains("temporal edge"));
    EXPECT_TRUE(seen.back().losses.contains("validation total"));
    EXPECT_EQ(result.heldOut.size() + result.watched.size(), 2u);
    EXPECT_GT(result.effectiveRank, 1.0);
    std::set<std::string> questions;
    for (const auto& score : result.scores) {
        questions.insert(score.question);
        EXPECT_TRUE(score.baselines.contains("group mean")) << score.question;
        EXPECT_LE(score.low, score.high);
        EXPECT_LE(score.gainLow, score.gainHigh);
        // Stationary noise: nobody can know more about a window than the static pattern tells.
        if (score.metric == "AUROC" && score.question.starts_with("temporal")) {
            EXPECT_LT(score.gain, 0.05) << score.question;
        }
    }
    EXPECT_TRUE(questions.contains("temporal edges, gap 4 windows"));
    EXPECT_TRUE(questions.contains("temporal edges, gap 4 windows, phase-randomised"));
    EXPECT_TRUE(questions.contains("spatial nodes, Visual"));
}

TEST(Pretrain, ResumedTrainingEqualsTheUnbrokenOneBitForBit) {
    const auto scans = twoGroups(10, 120, 24, 1);
    const auto engine = createLearningEngine();
    const PretrainSpec spec = quickPretrain();
    std::vector<TrainingSnapshot> whole, broken;
    const auto reference = engine->pretrain(*scans, spec, {}, [&](const auto& s) { whole.push_back(s); }, {});
    const test::TemporaryFolder folder;
    CheckpointPlan plan;
    plan.folder = folder.path();
    std::stop_source stop;
    // Cancelled in the middle of step 8: the checkpoint then holds seven whole steps.
    EXPECT_THROW(engine->pretrain(
                     *scans, spec, plan,
                     [&](const auto& s) {
                         broken.push_back(s);
                         if (s.step == 7) stop.request_stop();
                     },
                     JobContext(stop.get_token(), {})),
                 Cancelled);
    ASSERT_EQ(broken.size(), 7u);
    plan.resume = true;
    const auto resumed = engine->pretrain(*scans, spec, plan, [&](const auto& s) { broken.push_back(s); }, {});
    EXPECT_EQ(losses(whole), losses(broken));
    EXPECT_EQ(reference.model.weights, resumed.model.weights);
}

TEST(Pretrain, RefusesWhatCannotWork) {
    const auto engine = createLearningEngine();
    PretrainSpec spec = quickPretrain();
    EXPECT_THROW(engine->pretrain(*twoGroups(4, 15, 24, 1), spec, {}, {}, {}), Error);  // shorter than a window
    spec.objective = "st-nothing";
    EXPECT_THROW(engine->pretrain(*twoGroups(4, 80, 24, 1), spec, {}, {}, {}), Error);
    spec = quickPretrain();
    spec.device = "cuda:99";
    EXPECT_THROW(engine->pretrain(*twoGroups(4, 80, 24, 1), spec, {}, {}, {}), Error);
    spec = quickPretrain();
    spec.spatialWeight = 0;  // temporal only, and no window has sources that far away
    EXPECT_THROW(engine->pretrain(*twoGroups(4, 40, 24, 1), spec, {}, {}, {}), Error);
    spec = quickPretrain();
    spec.learningRate = 1;
    spec.nodeWeight = 1000;
    spec.nodeLoss = NodeLoss::MeanSquared;
    spec.gradientClip = 0;
    spec.steps = 400;
    auto scans = twoGroups(4, 80, 24, 1);
    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop.request_stop();
    });
    const auto asked = std::chrono::steady_clock::now();
    try {
        engine->pretrain(*scans, spec, {}, {}, JobContext(stop.get_token(), {}));
    } catch (const Cancelled&) {
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Numerical);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(2));
}

TEST(Finetune, FindsAnEasyDifferenceAndSaysSoBesideTheBaselines) {
    const auto scans = twoGroups(24, 100, 20, 5);
    const auto result =
        createLearningEngine()->finetune(*scans, groupsOf(*scans), nullptr, quickFinetune(), {}, {}, {});
    EXPECT_EQ(result.model.classes, (std::vector<std::string>{"halves", "woven"}));
    EXPECT_EQ(result.predictions.size(), 24u);
    EXPECT_EQ(result.foldModels.size(), 3u);
    EXPECT_GT(find(result, "static FC + logistic", "AUROC").pooled, 0.95);
    EXPECT_GT(find(result, "tangent + SVM", "AUROC").pooled, 0.95);
    EXPECT_GT(find(result, "trained from scratch", "AUROC").pooled, 0.8);
    EXPECT_NEAR(find(result, "majority", "balanced accuracy").pooled, 0.5, 0.1);
    EXPECT_NE(result.verdict.find("static FC"), std::string::npos) << result.verdict;
    const auto again = createLearningEngine()->predict(*scans, result.model, "cpu", {});
    double right = 0;
    for (std::size_t i = 0; i < again.size(); ++i) right += (again[i].output[1] > 0.5) == (i % 2 == 1);
    EXPECT_GE(right / 24, 0.75);
    EXPECT_FALSE(toJson(result).dump().empty());
    const auto explanation = createLearningEngine()->explain(*scans, 1, result.model, "cpu", {});
    EXPECT_EQ(explanation.windows, 7u);
    EXPECT_EQ(explanation.spatial.size(), 2u * 7 * 20);
    EXPECT_EQ(explanation.temporal.size(), 2u * 7 * 7);
    EXPECT_EQ(explanation.edgeImportance.size(), 190u);
    EXPECT_EQ(explanation.maps.size(), 6u);
    for (const float a : explanation.spatial) EXPECT_TRUE(a > 0 && a < 1);
}

TEST(Finetune, ShuffledLabelsAndResumeAndNumbers) {
    const auto scans = twoGroups(18, 100, 20, 6, false);
    std::vector<std::string> numbers;
    for (int i = 0; i < 18; ++i) numbers.push_back(i == 4 ? "" : std::to_string(20 + (7 * i) % 18));
    FinetuneSpec spec = quickFinetune();
    spec.epochs = 3;
    spec.labelPermutation = true;
    const test::TemporaryFolder folder;
    CheckpointPlan plan;
    plan.folder = folder.path();
    const auto engine = createLearningEngine();
    const auto whole = engine->finetune(*scans, numbers, nullptr, spec, {}, {}, {});
    EXPECT_EQ(whole.predictions.size(), 17u);
    EXPECT_FALSE(whole.notices.empty());
    EXPECT_GT(find(whole, "mean", "MAE").pooled, 3);
    EXPECT_NO_THROW(find(whole, "shuffled labels", "R2"));
    EXPECT_NO_THROW(find(whole, "tangent + ridge", "r"));
    std::stop_source stop;
    int epochs = 0;
    EXPECT_THROW(engine->finetune(
                     *scans, numbers, nullptr, spec, plan,
                     [&](const auto&) {
                         if (++epochs == 5) stop.request_stop();
                     },
                     JobContext(stop.get_token(), {})),
                 Cancelled);
    plan.resume = true;
    const auto resumed = engine->finetune(*scans, numbers, nullptr, spec, plan, {}, {});
    for (std::size_t i = 0; i < whole.predictions.size(); ++i)
        EXPECT_EQ(whole.predictions[i].output, resumed.predictions[i].output);
    EXPECT_EQ(whole.model.weights, resumed.model.weights);
}

TEST(Finetune, PretrainedEncoderIsTakenOverAndProbed) {
    const auto scans = twoGroups(16, 100, 20, 7);
    const auto engine = createLearningEngine();
    PretrainSpec pretrain = quickPretrain();
    pretrain.steps = 4;
    const auto pretrained = engine->pretrain(*scans, pretrain, {}, {}, {});
    FinetuneSpec spec = quickFinetune();
    spec.epochs = 2;
    spec.mode = FinetuneMode::LinearProbe;
    const auto probe = engine->finetune(*scans, groupsOf(*scans), &pretrained.model, spec, {}, {}, {});
    EXPECT_NO_THROW(find(probe, "st-mae linear probe", "AUROC"));
    spec.mode = FinetuneMode::Full;
    const auto full = engine->finetune(*scans, groupsOf(*scans), &pretrained.model, spec, {}, {}, {});
    EXPECT_NO_THROW(find(full, "st-mae fine-tuned", "AUROC"));
    spec.mode = FinetuneMode::LinearProbe;
    EXPECT_THROW(engine->finetune(*scans, groupsOf(*scans), nullptr, spec, {}, {}, {}), Error);
    EXPECT_THROW(engine->predict(*scans, pretrained.model, "cpu", {}), Error);
    EXPECT_THROW(engine->finetune(*twoGroups(16, 100, 21, 7), groupsOf(*scans), &pretrained.model, spec, {}, {}, {}),
                 Error);
}

TEST(Reconstruct, HidesWhatWasAskedFor) {
    const auto scans = twoGroups(8, 100, 20, 7);
    const auto engine = createLearningEngine();
    PretrainSpec spec = quickPretrain();
    spec.steps = 3;
    const auto model = engine->pretrain(*scans, spec, {}, {}, {}).model;
    MaskRequest request;
    request.window = 6;
    request.pairs = {{0, 3}, {5, 2}};
    const auto pairs = engine->reconstruct(*scans, 1, model, request, "cpu", {});
    EXPECT_EQ(std::count(pairs.hidden.begin(), pairs.hidden.end(), 1), 2);
    request.pairs.clear();
    request.regions = {4};
    const auto region = engine->reconstruct(*scans, 1, model, request, "cpu", {});
    EXPECT_EQ(std::count(region.hidden.begin(), region.hidden.end(), 1), 19);
    EXPECT_EQ(region.hiddenRegions[4], 1);
    EXPECT_EQ(region.profilePredicted.size(), 400u);
    for (const float p : region.predicted) EXPECT_TRUE(p > 0 && p < 1);
    request.temporal = true;
    const auto temporal = engine->reconstruct(*scans, 1, model, request, "cpu", {});
    EXPECT_EQ(temporal.sourceWindows, (std::vector<int>{2, 10}));
    request.window = 1;
    EXPECT_THROW(engine->reconstruct(*scans, 1, model, request, "cpu", {}), Error);
    request.window = 6;
    request.regions = {20};
    EXPECT_THROW(engine->reconstruct(*scans, 1, model, request, "cpu", {}), Error);
}

TEST(Reconstruct, AHiddenStretchOfTimeInformsNothing) {
    const auto scans = twoGroups(8, 100, 20, 7);
    const auto engine = createLearningEngine();
    PretrainSpec spec = quickPretrain();
    spec.steps = 3;
    const auto model = engine->pretrain(*scans, spec, {}, {}, {}).model;
    MaskRequest request;
    request.window = 6;
    request.temporal = true;
    request.hiddenFrom = 5;
    request.hiddenTo = 8;
    // The same scan with the volumes of the stretch (25 to 59) in reverse order: its windows alone change.
    MemoryScan changed{scans->info(1), {}};
    scans->read(1, changed.values);
    for (int a = 25, b = 59; a < b; ++a, --b)
        std::swap_ranges(changed.values.begin() + a * 20, changed.values.begin() + (a + 1) * 20,
                         changed.values.begin() + b * 20);
    const auto other = memoryScanSource({changed}, scans->regions(), scans->networks(), scans->repetitionTime());
    const auto first = engine->reconstruct(*scans, 1, model, request, "cpu", {});
    const auto second = engine->reconstruct(*other, 0, model, request, "cpu", {});
    EXPECT_EQ(first.sourceWindows, (std::vector<int>{1, 12}));
    EXPECT_EQ(first.predicted, second.predicted);
    EXPECT_NE(first.truth, second.truth);
    request.hiddenFrom = request.hiddenTo = -1;
    EXPECT_NE(engine->reconstruct(*scans, 1, model, request, "cpu", {}).predicted,
              engine->reconstruct(*other, 0, model, request, "cpu", {}).predicted);
    request.hiddenFrom = 5;
    request.hiddenTo = 13;  // no window is left behind it
    EXPECT_THROW(engine->reconstruct(*scans, 1, model, request, "cpu", {}), Error);
    request.hiddenTo = 99;
    EXPECT_THROW(engine->reconstruct(*scans, 1, model, request, "cpu", {}), Error);
}

TEST(Reconstruct, SourcesOutsideAStretchShareNoVolumeWithItUnderAnyRule) {
    const auto scans = twoGroups(8, 100, 20, 7);
    const auto engine = createLearningEngine();
    PretrainSpec spec = quickPretrain();
    spec.steps = 1;
    spec.gap = GapRule::Published;
    const auto model = engine->pretrain(*scans, spec, {}, {}, {}).model;
    MaskRequest request;
    request.window = 6;
    request.temporal = true;
    EXPECT_EQ(engine->reconstruct(*scans, 1, model, request, "cpu", {}).sourceWindows, (std::vector<int>{3, 9}));
    request.hiddenFrom = 6;
    request.hiddenTo = 7;  // volumes 30 to 54
    const auto result = engine->reconstruct(*scans, 1, model, request, "cpu", {});
    EXPECT_EQ(result.sourceWindows, (std::vector<int>{2, 11}));  // up to volume 29, from volume 55
    EXPECT_EQ(result.windowLength, 20);
    EXPECT_EQ(result.windowStep, 5);
    EXPECT_EQ(result.repetitionTime, scans->repetitionTime());
}

TEST(Reconstruct, SaysHowMuchIsLeftBesideWhatIsHidden) {
    const auto scans = twoGroups(8, 100, 20, 7);
    const auto engine = createLearningEngine();
    PretrainSpec spec = quickPretrain();
    spec.steps = 1;
    const auto model = engine->pretrain(*scans, spec, {}, {}, {}).model;
    MaskRequest request;
    request.window = 5;
    request.temporal = true;
    request.hiddenFrom = 3;
    request.hiddenTo = 8;
    try {
        engine->reconstruct(*scans, 1, model, request, "cpu", {});
        FAIL() << "no source window fits before the stretch";
    } catch (const Error& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("4 windows (20 volumes)"), std::string::npos) << text;
        EXPECT_NE(text.find("there are 3 of its windows before and 7 behind"), std::string::npos) << text;
    }
}

TEST(Devices, NameTheLibraryAndTheBlas) {
    const auto report = createLearningEngine()->devices();
    EXPECT_EQ(report.devices.front().name, "cpu");
    EXPECT_TRUE(report.library.starts_with("LibTorch "));
    EXPECT_NE(report.blas.find("GFLOP/s"), std::string::npos);
}
