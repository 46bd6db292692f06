#include "tests/app/cli/Program.h"

#include "app/cli/Learning.h"
#include "core/io/Tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cmath>
#include <cstdlib>

using namespace chronnect;
using namespace chronnect::test;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

namespace {

/// A cohort in one small file, made once: 12 people, 60 volumes, 10 regions, people in two groups.
const fs::path& tinyCohort() {
    static const TemporaryFolder folder;
    static const fs::path path = [] {
        Table participants;
        participants.columns = {"participant_id", "group", "age"};
        for (int person = 0; person < 12; ++person) {
            const std::string id = "sub-" + std::to_string(10 + person);
            TimeSeries series;
            series.repetitionTime = 2;
            for (int region = 0; region < 10; ++region) series.regions.push_back("R" + std::to_string(region));
            for (int volume = 0; volume < 60; ++volume)
                for (int region = 0; region < 10; ++region)
                    series.values.push_back(std::sin(0.37 * volume * (1 + region % 3) + person) +
                                            0.5 * std::cos(1.7 * volume * (region + 1) + 0.3 * person * (person % 2)));
            writeSeriesTsv(folder.path() / (id + "_task-rest_timeseries.tsv"), series);
            participants.rows.push_back({id, person % 2 ? "patient" : "control", std::to_string(20 + person)});
        }
        writeTable(folder.path() / "participants.tsv", participants);
        return folder.path();
    }();
    return path;
}

std::vector<std::string> pretraining(const fs::path& output, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"pretrain",
                                   tinyCohort().string(),
                                   "--output",
                                   output.string(),
                                   "--window",
                                   "16",
                                   "--stride",
                                   "8",
                                   "--hidden",
                                   "8",
                                   "--layers",
                                   "1",
                                   "--batch",
                                   "4",
                                   "--targets-per-scan",
                                   "1",
                                   "--repetition-time",
                                   "2",
                                   "--device",
                                   "cpu",
                                   "--validation-share",
                                   "0.25"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

#define CHRONNECT_NEEDS_LEARNING() \
    if (!cli::missingLearning().empty()) GTEST_SKIP() << cli::missingLearning()

std::vector<std::string> columnOf(const fs::path& file, const std::string& name) {
    const Table table = readTable(file);
    const auto column = table.column(name);
    if (!column) throw std::runtime_error(file.string() + " has no column " + name);
    std::vector<std::string> cells;
    for (const auto& row : table.rows) cells.push_back(row[*column]);
    return cells;
}

}  // namespace

TEST(Learning, TheChainFromPretrainingToExplanationRuns) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path model = folder.path() / "model.chm", tuned = folder.path() / "tuned.chm";
    const Outcome pretrained = chronnectCli(pretraining(model, {"--steps", "6", "--json"}));
    ASSERT_EQ(pretrained.code, 0) << pretrained.err;
    EXPECT_EQ(pretrained.json()["settings"]["steps"].number(), 6);
    EXPECT_GT(pretrained.json()["result"]["scores"].size(), 0u);

    const fs::path predictions = folder.path() / "fold.tsv";
    std::vector<std::string> words{"finetune", tinyCohort().string(), "--model",       model.string(),
                                   "--output", tuned.string(),        "--predictions", predictions.string()};
    words.insert(words.end(), {"--target", "group", "--folds", "3", "--epochs", "2", "--batch", "4",
                               "--repetition-time", "2", "--device", "cpu", "--json"});
    const Outcome finetuned = chronnectCli(words);
    ASSERT_EQ(finetuned.code, 0) << finetuned.err;
    EXPECT_EQ(finetuned.json()["result"]["predictions"].size(), 12u);
    EXPECT_FALSE(finetuned.json()["result"]["verdict"].text().empty());
    EXPECT_EQ(columnOf(predictions, "scan").size(), 12u);
    for (const auto& truth : columnOf(predictions, "truth"))
        EXPECT_TRUE(truth == "control" || truth == "patient") << truth;

    const fs::path table = folder.path() / "applied.tsv", arrays = folder.path() / "applied.npz",
                   maps = folder.path() / "maps.npz";
    const Outcome applied = chronnectCli(
        {"predict", tinyCohort().string(), "--model", tuned.string(), "--output", table.string(), "--json"});
    ASSERT_EQ(applied.code, 0) << applied.err;
    const auto patient = columnOf(table, "p_patient"), control = columnOf(table, "p_control");
    for (std::size_t scan = 0; scan < patient.size(); ++scan)
        EXPECT_NEAR(std::stod(patient[scan]) + std::stod(control[scan]), 1, 1e-5);
    for (const auto& seen : columnOf(table, "trained_on")) EXPECT_EQ(seen, "yes");
    EXPECT_THAT(applied.err, HasSubstr("not a prediction"));
    const auto beside = [](fs::path output) { return Json::parse(readFile(output.replace_extension(".json"))); };
    EXPECT_EQ(beside(table)["model"]["passport"]["target"].text(), "group");
    EXPECT_EQ(beside(predictions)["settings"]["folds"].number(), 3);
    EXPECT_EQ(
        chronnectCli({"predict", tinyCohort().string(), "--model", tuned.string(), "--output", arrays.string()}).code,
        0);
    EXPECT_TRUE(fs::exists(arrays));
    EXPECT_EQ(beside(table)["describes"].text(), "applied.tsv") << "what tells of the table stays";
    EXPECT_EQ(Json::parse(readFile(folder.path() / "applied.npz.json"))["describes"].text(), "applied.npz");

    const Outcome explained = chronnectCli({"explain", tinyCohort().string(), "--model", tuned.string(), "--scan",
                                            "sub-13", "--output", maps.string(), "--json"});
    ASSERT_EQ(explained.code, 0) << explained.err;
    EXPECT_EQ(explained.json()["result"]["scan"].text(), "sub-13_task-rest");
    EXPECT_GT(explained.json()["result"]["checks"].size(), 0u);
    EXPECT_EQ(beside(maps)["result"]["checks"].size(), explained.json()["result"]["checks"].size());
    EXPECT_EQ(beside(maps)["command"].text(), "chronnect-cli explain");
}

TEST(Learning, APretrainedModelRebuildsRegionsAskedForByNameAndNumber) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path model = folder.path() / "model.chm", rebuilt = folder.path() / "rebuilt.npz";
    ASSERT_EQ(chronnectCli(pretraining(model, {"--steps", "2"})).code, 0);
    const Outcome reconstructed =
        chronnectCli({"reconstruct", tinyCohort().string(), "--model", model.string(), "--at-window", "1", "--regions",
                      "R2,4", "--output", rebuilt.string(), "--json"});
    ASSERT_EQ(reconstructed.code, 0) << reconstructed.err;
    EXPECT_EQ(reconstructed.json()["window"].number(), 1);
}

TEST(Learning, ModelsLeaveInEveryFormat) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path model = folder.path() / "tuned.chm", results = folder.path() / "results.tsv";
    const Outcome tuned = chronnectCli({"finetune",          tinyCohort().string(),
                                        "--target",          "group",
                                        "--output",          model.string(),
                                        "--window",          "16",
                                        "--stride",          "8",
                                        "--hidden",          "8",
                                        "--layers",          "1",
                                        "--folds",           "3",
                                        "--epochs",          "1",
                                        "--permutations",    "1",
                                        "--missing-shares",  "50",
                                        "--label-shares",    "50",
                                        "--results",         results.string(),
                                        "--repetition-time", "2",
                                        "--device",          "cpu"});
    ASSERT_EQ(tuned.code, 0) << tuned.err;
    EXPECT_THAT(tuned.out, HasSubstr("windows missing at random 50 %: trained from scratch"));
    EXPECT_THAT(tuned.out, HasSubstr("12 scans, 3 folds by "));
    EXPECT_THAT(columnOf(results, "kind"), testing::Contains("training people"));
    EXPECT_EQ(Json::parse(readFile(folder.path() / "results.json"))["record"]["data_hash"].text().size(), 64u);
    for (const std::string name : {"net.pt", "net.npz", "net.safetensors"}) {
        const Outcome outcome =
            chronnectCli({"export", model.string(), "--output", (folder.path() / name).string(), "--json"});
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_GT(outcome.json()["values"].number(), 100) << name;
        EXPECT_TRUE(fs::exists(folder.path() / name)) << name;
    }
    const Json script = chronnectCli({"inspect", (folder.path() / "net.pt").string(), "--json"}).json();
    EXPECT_EQ(script["kind"].text(), "TorchScript model for Python");
    EXPECT_EQ(script["facts"]["classes"].size(), 2u);
    if (python("import numpy")) {
        EXPECT_TRUE(python("import numpy as n; a=n.load(\"" + (folder.path() / "net.npz").string() +
                           "\"); assert a[\"head_0.weight\"].shape == (2, 8)"));
    }
    EXPECT_EQ(chronnectCli({"export", (folder.path() / "none.chm").string(), "--output", "x.pt"}).code, 2);
}

TEST(Learning, AnExperimentLeavesItsTables) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    std::vector<std::string> words{
        "experiment", tinyCohort().string(), "--targets", "group,age", "--output", folder.path().string(), "--seeds",
        "2",          "--repetition-time",   "2"};
    for (const std::string part : {"pretrain", "finetune"})
        for (const std::string setting :
             {"window-length=16", "window-step=8", "hidden=8", "layers=1", "batch=4", "device=cpu"}) {
            words.push_back("--" + part + "-" + setting.substr(0, setting.find('=')));
            words.push_back(setting.substr(setting.find('=') + 1));
        }
    words.insert(words.end(), {"--pretrain-steps", "2", "--finetune-epochs", "1", "--finetune-folds", "2"});
    auto one = words;
    one.insert(one.end(), {"--only-seed", "2"});
    const Outcome part = chronnectCli(one);
    ASSERT_EQ(part.code, 0) << part.err;
    EXPECT_THAT(part.out, HasSubstr("the table follows"));
    const Outcome outcome = chronnectCli(words);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Verdict: "));
    EXPECT_THAT(outcome.out, HasSubstr("| seed 2 |"));
    EXPECT_THAT(columnOf(folder.path() / "results.tsv", "kind"), testing::Contains("paired difference"));
    EXPECT_EQ(Json::parse(readFile(folder.path() / "results.json"))["targets"].size(), 2u);
    EXPECT_TRUE(fs::exists(folder.path() / "results.md"));
    const Json facts = chronnectCli({"inspect", (folder.path() / "results.json").string(), "--json"}).json();
    EXPECT_EQ(facts["kind"].text(), "results of an experiment");
    EXPECT_THAT(facts["facts"]["group"].text(), HasSubstr("12 scans"));
}

TEST(Learning, InterruptedAndResumedTrainingHasTheLossesOfTheUnbroken) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path whole = folder.path() / "whole.tsv", resumed = folder.path() / "resumed.tsv",
                   checkpoints = folder.path() / "checkpoints";
    const std::vector<std::string> steps{"--steps", "400", "--checkpoint-every", "5"};
    auto words = pretraining(folder.path() / "whole.chm", steps);
    words.insert(words.end(), {"--history", whole.string()});
    ASSERT_EQ(chronnectCli(words).code, 0);

    auto broken = pretraining(folder.path() / "resumed.chm", steps);
    broken.insert(broken.end(), {"--history", resumed.string(), "--checkpoints", checkpoints.string(), "--resume"});
    const auto checkpointed = [&] { return fs::exists(checkpoints) && !fs::is_empty(checkpoints); };
    const Outcome stopped = chronnectCli(broken, Interruption{checkpointed});
    ASSERT_EQ(stopped.code, 130) << stopped.err;
    EXPECT_LT(stopped.secondsAfterSignal, 2.0);
    EXPECT_THAT(stopped.err, HasSubstr("--resume"));
    EXPECT_FALSE(fs::exists(folder.path() / "resumed.chm"));
    const std::size_t before = columnOf(resumed, "step").size();
    EXPECT_LT(before, 400u);

    const Outcome rest = chronnectCli(broken);
    ASSERT_EQ(rest.code, 0) << rest.err;
    EXPECT_EQ(columnOf(resumed, "step"), columnOf(whole, "step"));
    EXPECT_EQ(columnOf(resumed, "total"), columnOf(whole, "total")) << "digit for digit";
    EXPECT_EQ(columnOf(resumed, "gradient_norm"), columnOf(whole, "gradient_norm"));
}

namespace {

/// A training of which nothing may get lost: a moving target encoder, parts that add up, weights of the best
/// validation.
std::vector<std::string> demandingTraining(const fs::path& output, const fs::path& history) {
    return pretraining(output, {"--objective", "st-jema", "--accumulate", "2", "--steps", "120", "--checkpoint-every",
                                "5", "--evaluate-every", "10", "--history", history.string()});
}

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

std::function<bool()> checkpointIn(const fs::path& folder) {
    return [folder] { return fs::exists(folder / "pretrain.chronnect-checkpoint"); };
}

}  // namespace

TEST(Learning, KilledAndResumedTrainingIsTheUnbrokenOneDigitForDigit) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path whole = folder.path() / "whole.tsv", resumed = folder.path() / "resumed.tsv",
                   checkpoints = folder.path() / "checkpoints";
    const fs::path first = folder.path() / "whole.chm", second = folder.path() / "resumed.chm";
    ASSERT_EQ(chronnectCli(demandingTraining(first, whole)).code, 0);
    const auto words = with(demandingTraining(second, resumed), {"--checkpoints", checkpoints.string(), "--resume"});
    const Outcome killed = chronnectCli(words, Interruption{checkpointIn(checkpoints), SIGKILL});
    ASSERT_EQ(killed.code, 128 + SIGKILL);
    ASSERT_FALSE(fs::exists(second));
    const Outcome rest = chronnectCli(words);
    ASSERT_EQ(rest.code, 0) << rest.err;
    for (const char* column :
         {"step", "total", "spatial node", "temporal edge", "gradient_norm", "validation total", "effective_rank"})
        EXPECT_EQ(columnOf(resumed, column), columnOf(whole, column)) << column;
    const Model a = loadModel(first), b = loadModel(second);
    EXPECT_EQ(a.weights, b.weights) << "target encoder and best weights included";
    EXPECT_EQ(a.passport["handed_out_step"].number(), b.passport["handed_out_step"].number());
}

TEST(Learning, OfTwoProcessesOneIsLostAndBothGoOnFromTheCheckpoint) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path whole = folder.path() / "whole.tsv", resumed = folder.path() / "resumed.tsv",
                   checkpoints = folder.path() / "checkpoints";
    for (const auto& outcome : chronnectCliTogether(2, demandingTraining(folder.path() / "whole.chm", whole)))
        ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto words = with(demandingTraining(folder.path() / "resumed.chm", resumed),
                            {"--checkpoints", checkpoints.string(), "--resume"});
    const auto broken = chronnectCliTogether(2, words, Interruption{checkpointIn(checkpoints), SIGKILL});
    EXPECT_EQ(broken[1].code, 128 + SIGKILL);
    EXPECT_EQ(broken[0].code, 2) << broken[0].err;
    EXPECT_THAT(broken[0].err, HasSubstr("go on from the last checkpoint"));
    const std::string& said = broken[0].err;
    EXPECT_EQ(said.find("chronnect-cli:"), said.rfind("chronnect-cli:")) << "one sentence: " << said;
    EXPECT_EQ(std::count(said.begin() + static_cast<std::ptrdiff_t>(said.find("chronnect-cli:")), said.end(), '\n'), 1)
        << said;
    EXPECT_FALSE(fs::exists(folder.path() / "resumed.chm"));
    for (const auto& outcome : chronnectCliTogether(2, words)) ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char* column : {"step", "total", "gradient_norm", "validation total"})
        EXPECT_EQ(columnOf(resumed, column), columnOf(whole, column)) << column;
    EXPECT_EQ(loadModel(folder.path() / "resumed.chm").weights, loadModel(folder.path() / "whole.chm").weights);
}

TEST(Learning, EveryObjectiveTrainsBesideItsOwnTrivialAnswers) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const std::vector<std::pair<std::string, std::string>> expected{
        {"st-mae", "copy nearest"}, {"st-jema", "group mean"}, {"graphmae", "mean of neighbours"}};
    for (const auto& [objective, baseline] : expected) {
        const fs::path model = folder.path() / (objective + ".chm");
        const Outcome outcome = chronnectCli(pretraining(model, {"--objective", objective, "--steps", "4", "--json"}));
        ASSERT_EQ(outcome.code, 0) << objective << ": " << outcome.err;
        bool found = false;
        const Json result = outcome.json()["result"];
        for (const Json& score : result["scores"].items()) found |= score["baselines"].contains(baseline);
        EXPECT_TRUE(found) << objective;
        EXPECT_GT(result["effective_rank"].number(), 0);
        const Outcome rebuilt =
            chronnectCli({"reconstruct", tinyCohort().string(), "--model", model.string(), "--at-window", "1",
                          "--regions", "R2,4", "--output", (folder.path() / "rebuilt.npz").string(), "--json"});
        EXPECT_EQ(rebuilt.code, 0) << objective << ": " << rebuilt.err;
    }
    EXPECT_EQ(
        chronnectCli(pretraining(folder.path() / "x.chm", {"--objective", "graphmae", "--spatial-weight", "0"})).code,
        2);
}

TEST(Learning, ADryRunTellsWhatIsNeededAndWritesNothing) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path model = folder.path() / "model.chm";
    const Outcome outcome = chronnectCli(pretraining(model, {"--steps", "1000", "--dry-run", "--json"}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_FALSE(fs::exists(model));
    const Json forecast = outcome.json()["forecast"];
    EXPECT_GT(forecast["seconds"].number(), 1000 * forecast["seconds_per_step"].number());
    EXPECT_GT(forecast["peak_memory_bytes"].number(), 1e7);
    EXPECT_GT(forecast["disk_bytes"].number(), 2 * forecast["checkpoint_bytes"].number());
    EXPECT_EQ(chronnectCli({"pretrain", tinyCohort().string()}).code, 3)
        << "without --dry-run there must be an --output";
}

TEST(Learning, ABranchNotesWhatWasChangedAndLeavesTheOtherTrainingAlone) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path trunk = folder.path() / "trunk", branch = folder.path() / "branch",
                   model = folder.path() / "branch.chm";
    ASSERT_EQ(
        chronnectCli(pretraining(folder.path() / "trunk.chm", {"--steps", "6", "--checkpoints", trunk.string()})).code,
        0);
    const std::string before = readFile(trunk / "pretrain.chronnect-checkpoint");
    const Outcome outcome =
        chronnectCli(pretraining(model, {"--steps", "10", "--learning-rate", "0.002", "--checkpoints", branch.string(),
                                         "--branch-from", trunk.string()}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("learning_rate 0.0005 -> 0.002"));
    EXPECT_EQ(readFile(trunk / "pretrain.chronnect-checkpoint"), before);
    EXPECT_TRUE(fs::exists(branch / "pretrain.chronnect-checkpoint"));
    EXPECT_EQ(loadModel(model).passport["branched_from"]["step"].number(), 6);
    EXPECT_EQ(loadModel(model).history.size(), 10u);
    const Outcome itself = chronnectCli(
        pretraining(model, {"--steps", "20", "--checkpoints", trunk.string(), "--branch-from", trunk.string()}));
    EXPECT_EQ(itself.code, 2);
    const Outcome told = chronnectCli({"inspect", (trunk / "pretrain.chronnect-checkpoint").string(), "--json"});
    ASSERT_EQ(told.code, 0) << told.err;
    EXPECT_EQ(told.json()["kind"].text(), "state of a training");
    EXPECT_EQ(told.json()["facts"]["step"].number(), 6);
    EXPECT_GT(told.json()["facts"]["numbers"].number(), 100);
}

TEST(Learning, APassportThatDoesNotFitRefusesUnlessForced) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path model = folder.path() / "model.chm", tuned = folder.path() / "tuned.chm",
                   table = folder.path() / "out.tsv";
    ASSERT_EQ(chronnectCli(pretraining(model, {"--steps", "2"})).code, 0);
    const std::string study = tinyCohort().string();
    ASSERT_EQ(
        chronnectCli({"finetune", study, "--target", "group", "--model", model.string(), "--output", tuned.string(),
                      "--folds", "2", "--epochs", "1", "--batch", "4", "--repetition-time", "2", "--device", "cpu"})
            .code,
        0);
    const auto predict = [&](const std::vector<std::string>& more) {
        return chronnectCli(with({"predict", study, "--model", tuned.string(), "--output", table.string()}, more));
    };
    const Outcome fits = predict({"--repetition-time", "2", "--json"});
    ASSERT_EQ(fits.code, 0) << fits.err;
    EXPECT_EQ(fits.json()["passport_check"]["items"].size(), 8u);
    EXPECT_EQ(fits.json()["passport_check"]["light"].text(), "amber")
        << "regions that are only numbered cannot be told apart";
    const Outcome other = predict({"--repetition-time", "0.7"});
    EXPECT_EQ(other.code, 2);
    EXPECT_THAT(other.err, HasSubstr("--force"));
    const Outcome forced = predict({"--repetition-time", "0.7", "--force"});
    EXPECT_EQ(forced.code, 0) << forced.err;
    EXPECT_THAT(forced.err, HasSubstr("0.7 s"));
    const Outcome shown = chronnectCli({"inspect", study, "--model", tuned.string()});
    ASSERT_EQ(shown.code, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("repetition time"));
    EXPECT_THAT(chronnectCli({"inspect", tuned.string()}).out, HasSubstr("regions_hash"));
}

TEST(Learning, AnArrayOfOtherSizeIsRefusedWithTheAxisInMind) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path model = folder.path() / "ten.chm", series = folder.path() / "series.npy";
    ASSERT_EQ(chronnectCli(pretraining(model, {"--steps", "2"})).code, 0);
    const std::vector<std::size_t> shape{24, 12};
    writeNpy(series, shape, std::span<const double>(std::vector<double>(24 * 12, 1.0)));
    const Outcome refused = chronnectCli(
        {"reconstruct", series.string(), "--model", model.string(), "--output", (folder.path() / "o.npz").string()});
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("--time-axis"));
}

TEST(Learning, TheTerminateSignalEndsTrainingInAnOrderlyWay) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path checkpoints = folder.path() / "checkpoints";
    auto words = pretraining(folder.path() / "model.chm",
                             {"--steps", "100000", "--checkpoint-every", "5", "--checkpoints", checkpoints.string()});
    const Outcome stopped = chronnectCli(
        words, Interruption{[&] { return fs::exists(checkpoints) && !fs::is_empty(checkpoints); }, SIGTERM});
    EXPECT_EQ(stopped.code, 130);
    EXPECT_THAT(stopped.err, HasSubstr("--resume"));
    const fs::path folds = folder.path() / "folds";
    const Outcome tuning =
        chronnectCli({"finetune",          tinyCohort().string(),
                      "--target",          "group",
                      "--output",          (folder.path() / "t.chm").string(),
                      "--window",          "16",
                      "--stride",          "8",
                      "--hidden",          "8",
                      "--layers",          "1",
                      "--epochs",          "9999",
                      "--device",          "cpu",
                      "--repetition-time", "2",
                      "--checkpoints",     folds.string()},
                     Interruption{[&] { return fs::exists(folds) && !fs::is_empty(folds); }, SIGTERM});
    EXPECT_EQ(tuning.code, 130);
    EXPECT_THAT(tuning.err, HasSubstr("with --resume goes on from it"));
}

TEST(Learning, UnusableRequestsAreRefusedWithASentence) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const std::string output = (folder.path() / "x.chm").string(), study = tinyCohort().string();
    const Outcome column = chronnectCli({"finetune", study, "--target", "grup", "--output", output});
    EXPECT_EQ(column.code, 2);
    EXPECT_THAT(column.err, HasSubstr("did you mean 'group'? It has: "));
    const Outcome unknown = chronnectCli({"finetune", study, "--target", "zzzzzzzzzz", "--output", output});
    EXPECT_THAT(unknown.err, HasSubstr("no column 'zzzzzzzzzz'; it has: "));
    for (const std::string command : {"explain", "reconstruct"}) {
        const Outcome ending = chronnectCli({command, study, "--model", output, "--output", "e.txt"});
        EXPECT_EQ(ending.code, 3);
        EXPECT_THAT(ending.err, HasSubstr("--output must end in .npz, not '.txt'"));
    }
    const Outcome zip = chronnectCli({"export", output, "--output", "z.zip"});
    EXPECT_EQ(zip.code, 3);
    EXPECT_THAT(zip.err, HasSubstr("must end in .pt, .npz or .safetensors"));
    EXPECT_EQ(chronnectCli({"finetune", study, "--output", output}).code, 3);
    EXPECT_EQ(chronnectCli({"finetune", study, "--target", "group", "--mode", "full", "--output", output}).code, 3);
    EXPECT_EQ(chronnectCli({"finetune", study, "--target", "group", "--model", "missing.chm", "--output", output}).code,
              2);
    EXPECT_EQ(chronnectCli({"pretrain", study, "--output", output, "--resume"}).code, 3);
    EXPECT_EQ(
        chronnectCli({"predict", study, "--model", (tinyCohort() / "participants.tsv").string(), "--output", "x.tsv"})
            .code,
        2);
    const Outcome windows = chronnectCli({"pretrain", study, "--output", output, "--window", "500"});
    EXPECT_EQ(windows.code, 2) << windows.err;
}

TEST(Learning, DevicesNameTheProcessor) {
    CHRONNECT_NEEDS_LEARNING();
    const Outcome outcome = chronnectCli({"devices", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["devices"].items().front()["name"].text(), "cpu");
    EXPECT_THAT(outcome.json()["library"].text(), HasSubstr("LibTorch"));
}
