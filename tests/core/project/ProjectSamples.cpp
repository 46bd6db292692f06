#include "ProjectSamples.h"

#include "core/base/Files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace chronnect::test {

namespace fs = std::filesystem;

std::shared_ptr<const CleanedSeries> sampleSeries(std::size_t volumes, std::size_t regions, double offset) {
    auto cleaned = std::make_shared<CleanedSeries>();
    for (std::size_t r = 0; r < regions; ++r) cleaned->series.regions.push_back("region " + std::to_string(r));
    cleaned->series.repetitionTime = 2.0;
    for (std::size_t i = 0; i < volumes * regions; ++i)
        cleaned->series.values.push_back(offset + std::sin(0.1 + 0.37 * static_cast<double>(i)));
    cleaned->series.values[regions - 1] = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t v = 0; v < volumes; ++v) cleaned->series.volumes.push_back(static_cast<int>(v + 3));
    cleaned->sampleMask.assign(volumes + 3, true);
    for (std::size_t v = 0; v < 3; ++v) cleaned->sampleMask[v] = false;
    cleaned->confoundsUsed = {"trans_x", "rot_z"};
    cleaned->degreesOfFreedom = 17.5;
    cleaned->howComputed = "Linear detrend, then 0.008–0.1 Hz.";
    cleaned->notices = {{Severity::Information, "3 of " + std::to_string(volumes + 3) + " volumes censored"}};
    return cleaned;
}

namespace {

RunInput sampleRun(const fs::path& folder, const std::string& subject, const std::string& session) {
    RunInput run{.subject = subject,
                 .session = session,
                 .task = "rest",
                 .run = "1",
                 .space = "MNI",
                 .bold = {},
                 .mask = {},
                 .confounds = {},
                 .series = {},
                 .repetitionTime = 2.0,
                 .timeAxis = TimeAxis::Automatic,
                 .variable = {}};
    run.bold = folder / ("sub-" + subject) / (run.id() + "_bold.nii.gz");
    run.confounds = folder / ("sub-" + subject) / (run.id() + "_confounds.tsv");
    return run;
}

Study sampleStudy(const fs::path& folder) {
    Study study;
    study.name = "Größe & \"quotes\"";
    study.root = folder;
    study.runs = {sampleRun(folder, "01", "1"), sampleRun(folder, "01", "2"), sampleRun(folder, "02", "1")};
    study.participants = {{"participant_id", "age", "site", "family"},
                          {{"sub-01", "31.5", "A", "n/a"}, {"sub-02", "n/a", "B", "f7"}}};
    study.atlasImage = folder / "atlas_dseg.nii.gz";
    study.atlasTable = folder / "atlas_dseg.tsv";
    study.notices = {{Severity::Warning, "sub-02 has no mask"}};
    return study;
}

std::shared_ptr<const StudyResult> sampleResult(const Study& study) {
    auto result = std::make_shared<StudyResult>();
    Parcellation parcellation{.name = "Two", .space = "MNI152NLin6Asym", .regions = {}};
    for (int i = 0; i < 4; ++i) {
        Region region;
        region.label = i + 1;
        region.name = "region " + std::to_string(i);
        region.network = i < 2 ? "Default" : "Vis";
        region.hemisphere = i % 2 ? Hemisphere::Right : Hemisphere::Left;
        region.hasCentre = i != 3;
        if (region.hasCentre) region.centre = {1.5 * i, -20.25, 7};
        region.colour = {10, 20, static_cast<std::uint8_t>(200 + i)};
        parcellation.regions.push_back(region);
    }
    result->parcellation = std::make_shared<const Parcellation>(parcellation);
    result->notices = {{Severity::Question, "is TR right?"}};
    for (std::size_t i = 0; i < 2; ++i) {
        auto extracted = std::make_shared<ExtractedSeries>();
        extracted->series = sampleSeries(24, 4, 100.0)->series;
        extracted->series.volumes.clear();
        extracted->coverage = {{5, 6, 7, 8}, {5, 6, 7, 0}, {4, 6, 7, 0}, {0.8, 1, 1, 0}};
        extracted->notices = {{Severity::Warning, "region 3 vanished"}};
        result->runs[study.runs[i].id()] = {extracted, sampleSeries(20 + i, 4, static_cast<double>(i)), {}};
    }
    result->runs[study.runs[2].id()].problem = "the header is truncated";
    return result;
}

Model sampleModel(Model::Kind kind) {
    Model model;
    model.kind = kind;
    model.name = "sample";
    model.passport = Json::object();
    model.passport.set("seed", 3).set("objective", "st-mae");
    model.regions = {"region 0", "region 1", "region 2", "region 3"};
    if (kind == Model::Kind::Finetuned) model.classes = {"control", "patient"};
    model.targetMean = 1.25;
    model.targetScale = 3;
    for (int i = 0; i < 300; ++i) model.weights.push_back(static_cast<std::byte>(i * 7));
    TrainingSnapshot snapshot;
    snapshot.step = 1;
    snapshot.steps = 2;
    snapshot.phase = "training";
    snapshot.losses = {{"total", 0.75}};
    model.history = {snapshot};
    return model;
}

Application sampleApplication(const FinetuneResult& finetuned) {
    Application applied;
    applied.model = "sample";
    applied.target = "group";
    applied.classes = {"a", "b"};
    applied.predictions = finetuned.predictions;
    applied.seen = {Seen::Yes};
    applied.fit.items = {{"repetition time", Light::Amber, "2 s", "1.9 s", "Nearly the same", true, false}};
    applied.notices = {{Severity::Warning, "not a prediction"}};
    return applied;
}

void writeInputs(const Study& study) {
    for (const RunInput& run : study.runs) {
        fs::create_directories(run.bold.parent_path());
        writeFileAtomically(run.bold, "bold of " + run.id());
        writeFileAtomically(run.confounds, "confounds of " + run.id());
    }
    writeFileAtomically(study.atlasImage, "labels");
    writeFileAtomically(study.atlasTable, "index\tname\n");
}

}  // namespace

Project sampleProject(const fs::path& folder) {
    Project project;
    project.study = sampleStudy(folder.empty() ? fs::path("/nowhere/study") : folder);
    project.spec.window.length = 44;
    project.spec.clean.confoundPattern = "trans_.*";
    project.spec.clean.filter = TemporalFilter::Cosine;
    project.resultSpec.window.length = 40;
    project.pretrain.steps = 77;
    project.pretrain.network.readout = Readout::Garo;
    project.finetune.target = "age";
    project.finetune.mode = FinetuneMode::LinearProbe;
    project.exclusions = {{project.study.runs[1].id(), "too much motion"}};
    project.answers = {{"0f3a", "Is the atlas in the space of the run?", "Yes, used as it is."}};
    project.study.runs[2].timeAxis = TimeAxis::Columns;
    project.study.runs[2].variable = "roi_signals";
    project.result = sampleResult(project.study);
    PretrainResult pretrained;
    pretrained.model = sampleModel(Model::Kind::Pretrained);
    ReconstructionScore score;
    score.question = "temporal edges";
    score.metric = "AUROC";
    score.model = 0.81;
    score.low = 0.7;
    score.high = 0.9;
    score.baselines = {{"copy nearest", 0.79}, {"scan mean", std::numeric_limits<double>::quiet_NaN()}};
    score.against = "copy nearest";
    score.gain = 0.02;
    score.gainLow = -0.01;
    score.gainHigh = 0.05;
    score.subjects = 4;
    pretrained.scores = {score};
    pretrained.effectiveRank = 12.5;
    pretrained.heldOut = {"02"};
    pretrained.stoppedEarly = true;
    project.pretrained = std::make_shared<const PretrainResult>(pretrained);
    FinetuneResult finetuned;
    finetuned.model = sampleModel(Model::Kind::Finetuned);
    finetuned.foldModels = {sampleModel(Model::Kind::Finetuned), sampleModel(Model::Kind::Finetuned)};
    finetuned.scores = {{"static FC + ridge", "MAE", {1, 2, 3.5}, 2.1, 0.5, 1, 3, 2.2}};
    finetuned.predictions = {{project.study.runs[0].id(), "01", 1, 1, {0.25, 0.75}}};
    finetuned.calibration = {{0.3, 0.4, 12}};
    finetuned.gains = {{"st-mae fine-tuned", "static FC + ridge", "MAE", -0.5, -1, 0.25, 4}};
    finetuned.curves = {{"training people", 20, finetuned.scores.front()}};
    finetuned.sites = {
        {"site from static FC (chance 0.5)", "balanced accuracy", {0.5}, 0.5, 0, 0.25, 0.75, 0.5, 0.5, 3}};
    finetuned.methods = {{"static FC + ridge", finetuned.predictions}};
    finetuned.record = Json::object().set("data_hash", "00ff").set("seed", 3);
    finetuned.verdict = "No gain over static FC.";
    finetuned.notices = {{Severity::Warning, "few people"}};
    project.finetuned = std::make_shared<const FinetuneResult>(finetuned);
    project.applied = std::make_shared<const Application>(sampleApplication(finetuned));
    if (!folder.empty()) writeInputs(project.study);
    return project;
}

namespace {

void expectSeries(const TimeSeries& a, const TimeSeries& b) {
    EXPECT_EQ(a.regions, b.regions);
    EXPECT_EQ(a.repetitionTime, b.repetitionTime);
    EXPECT_EQ(a.volumes, b.volumes);
    ASSERT_EQ(a.values.size(), b.values.size());
    // Bit for bit: NaN is a value here.
    EXPECT_EQ(std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(double)), 0);
}

void expectRun(const RunResult& a, const RunResult& b) {
    EXPECT_EQ(a.problem, b.problem);
    ASSERT_EQ(a.cleaned == nullptr, b.cleaned == nullptr);
    ASSERT_EQ(a.extracted == nullptr, b.extracted == nullptr);
    ASSERT_EQ(a.finished == nullptr, b.finished == nullptr);
    if (a.finished) {
        EXPECT_EQ(a.finished->regions, b.finished->regions);
        EXPECT_EQ(a.finished->edges, b.finished->edges);
        EXPECT_EQ(a.finished->kind, b.finished->kind);
    }
    if (a.extracted) {
        expectSeries(a.extracted->series, b.extracted->series);
        EXPECT_EQ(a.extracted->coverage.atlasVoxels, b.extracted->coverage.atlasVoxels);
        EXPECT_EQ(a.extracted->coverage.gridVoxels, b.extracted->coverage.gridVoxels);
        EXPECT_EQ(a.extracted->coverage.usedVoxels, b.extracted->coverage.usedVoxels);
        EXPECT_EQ(a.extracted->coverage.coverage, b.extracted->coverage.coverage);
        EXPECT_EQ(a.extracted->notices, b.extracted->notices);
    }
    if (a.cleaned) {
        expectSeries(a.cleaned->series, b.cleaned->series);
        EXPECT_EQ(a.cleaned->sampleMask, b.cleaned->sampleMask);
        EXPECT_EQ(a.cleaned->confoundsUsed, b.cleaned->confoundsUsed);
        EXPECT_EQ(a.cleaned->degreesOfFreedom, b.cleaned->degreesOfFreedom);
        EXPECT_EQ(a.cleaned->howComputed, b.cleaned->howComputed);
        EXPECT_EQ(a.cleaned->notices, b.cleaned->notices);
    }
}

void expectModel(const Model& a, const Model& b) {
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.passport.dump(), b.passport.dump());
    EXPECT_EQ(a.regions, b.regions);
    EXPECT_EQ(a.classes, b.classes);
    EXPECT_EQ(a.targetMean, b.targetMean);
    EXPECT_EQ(a.targetScale, b.targetScale);
    EXPECT_EQ(a.weights, b.weights);
    EXPECT_EQ(a.history.size(), b.history.size());
}

}  // namespace

void expectEqual(const Project& a, const Project& b) {
    EXPECT_EQ(a.study, b.study);
    EXPECT_EQ(a.spec, b.spec);
    EXPECT_EQ(a.resultSpec, b.resultSpec);
    EXPECT_EQ(a.pretrain, b.pretrain);
    EXPECT_EQ(a.finetune, b.finetune);
    EXPECT_EQ(a.exclusions, b.exclusions);
    EXPECT_EQ(a.answers, b.answers);
    ASSERT_EQ(a.result == nullptr, b.result == nullptr);
    if (a.result) {
        EXPECT_EQ(*a.result->parcellation, *b.result->parcellation);
        EXPECT_EQ(a.result->notices, b.result->notices);
        ASSERT_EQ(a.result->runs.size(), b.result->runs.size());
        for (const auto& [id, run] : a.result->runs) {
            ASSERT_TRUE(b.result->runs.contains(id)) << id;
            expectRun(run, b.result->runs.at(id));
        }
    }
    ASSERT_EQ(a.pretrained == nullptr, b.pretrained == nullptr);
    if (a.pretrained) {
        expectModel(a.pretrained->model, b.pretrained->model);
        EXPECT_EQ(toJson(*a.pretrained).dump(), toJson(*b.pretrained).dump());
        EXPECT_EQ(a.pretrained->stoppedEarly, b.pretrained->stoppedEarly);
    }
    ASSERT_EQ(a.finetuned == nullptr, b.finetuned == nullptr);
    if (a.finetuned) {
        expectModel(a.finetuned->model, b.finetuned->model);
        EXPECT_EQ(toJson(*a.finetuned).dump(), toJson(*b.finetuned).dump());
        ASSERT_EQ(a.finetuned->foldModels.size(), b.finetuned->foldModels.size());
        for (std::size_t i = 0; i < a.finetuned->foldModels.size(); ++i)
            expectModel(a.finetuned->foldModels[i], b.finetuned->foldModels[i]);
    }
    ASSERT_EQ(a.applied == nullptr, b.applied == nullptr);
    if (!a.applied) return;
    EXPECT_EQ(a.applied->model, b.applied->model);
    EXPECT_EQ(a.applied->target, b.applied->target);
    EXPECT_EQ(a.applied->seen, b.applied->seen);
    EXPECT_EQ(applicationTable(*a.applied), applicationTable(*b.applied));
    EXPECT_EQ(toJson(a.applied->fit).dump(), toJson(b.applied->fit).dump());
    EXPECT_EQ(a.applied->notices.size(), b.applied->notices.size());
}

}  // namespace chronnect::test
