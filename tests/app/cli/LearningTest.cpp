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
    std::vector<std::string> words{"pretrain", tinyCohort().string(), "--output", output.string(), "--window", "16", "--stride", "8",
                                   "--hidden", "8", "--layers", "1", "--batch", "4", "--targets-per-scan", "1", "--repetition-time", "2",
                                   "--device", "cpu", "--validation-share", "0.25"};
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

/// Runs a line of Python 3 with NumPy; false where there is none.
bool python(const std::string& script) {
    return std::system(("/usr/bin/env python3 -c '" + script + "' 2>/dev/null").c_str()) == 0;
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
    const Outcome finetuned =
        chronnectCli({"finetune", tinyCohort().string(), "--target", "group", "--model", model.string(), "--output", tuned.string(), "--folds",
                      "3", "--epochs", "2", "--batch", "4", "--predictions", predictions.string(), "--repetition-time", "2", "--device", "cpu", "--json"});
    ASSERT_EQ(finetuned.code, 0) << finetuned.err;
    EXPECT_EQ(finetuned.json()["result"]["predictions"].size(), 12u);
    EXPECT_FALSE(finetuned.json()["result"]["verdict"].text().empty());
    EXPECT_EQ(columnOf(predictions, "scan").size(), 12u);
    for (const auto& truth : columnOf(predictions, "truth")) EXPECT_TRUE(truth == "control" || truth == "patient") << truth;

    const fs::path table = folder.path() / "applied.tsv", arrays = folder.path() / "applied.npz", maps = folder.path() / "maps.npz";
    const Outcome applied = chronnectCli({"predict", tinyCohort().string(), "--model", tuned.string(), "--output", table.string(), "--json"});
    ASSERT_EQ(applied.code, 0) << applied.err;
    const auto patient = columnOf(table, "p_patient"), control = columnOf(table, "p_control");
    for (std::size_t scan = 0; scan < patient.size(); ++scan) EXPECT_NEAR(std::stod(patient[scan]) + std::stod(control[scan]), 1, 1e-5);
    EXPECT_EQ(chronnectCli({"predict", tinyCohort().string(), "--model", tuned.string(), "--output", arrays.string()}).code, 0);
    EXPECT_TRUE(fs::exists(arrays));

    const Outcome explained =
        chronnectCli({"explain", tinyCohort().string(), "--model", tuned.string(), "--scan", "sub-13", "--output", maps.string(), "--json"});
    ASSERT_EQ(explained.code, 0) << explained.err;
    EXPECT_EQ(explained.json()["result"]["scan"].text(), "sub-13_task-rest");
    EXPECT_GT(explained.json()["result"]["checks"].size(), 0u);

    const fs::path rebuilt = folder.path() / "rebuilt.npz";
    const Outcome reconstructed = chronnectCli({"reconstruct", tinyCohort().string(), "--model", model.string(), "--at-window", "1", "--regions",
                                                "R2,4", "--output", rebuilt.string(), "--json"});
    ASSERT_EQ(reconstructed.code, 0) << reconstructed.err;
    EXPECT_EQ(reconstructed.json()["window"].number(), 1);
}

TEST(Learning, InterruptedAndResumedTrainingHasTheLossesOfTheUnbroken) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path whole = folder.path() / "whole.tsv", resumed = folder.path() / "resumed.tsv", checkpoints = folder.path() / "checkpoints";
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

TEST(Learning, TheTerminateSignalEndsTrainingInAnOrderlyWay) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const fs::path checkpoints = folder.path() / "checkpoints";
    auto words = pretraining(folder.path() / "model.chm", {"--steps", "100000", "--checkpoint-every", "5", "--checkpoints", checkpoints.string()});
    const Outcome stopped = chronnectCli(words, Interruption{[&] { return fs::exists(checkpoints) && !fs::is_empty(checkpoints); }, SIGTERM});
    EXPECT_EQ(stopped.code, 130);
}

TEST(Learning, UnusableRequestsAreRefusedWithASentence) {
    CHRONNECT_NEEDS_LEARNING();
    const TemporaryFolder folder;
    const std::string output = (folder.path() / "x.chm").string(), study = tinyCohort().string();
    const Outcome column = chronnectCli({"finetune", study, "--target", "grup", "--output", output});
    EXPECT_EQ(column.code, 2);
    EXPECT_THAT(column.err, HasSubstr("did you mean 'group'?"));
    EXPECT_EQ(chronnectCli({"finetune", study, "--output", output}).code, 3);
    EXPECT_EQ(chronnectCli({"finetune", study, "--target", "group", "--mode", "full", "--output", output}).code, 3);
    EXPECT_EQ(chronnectCli({"finetune", study, "--target", "group", "--model", "missing.chm", "--output", output}).code, 2);
    EXPECT_EQ(chronnectCli({"pretrain", study, "--output", output, "--resume"}).code, 3);
    EXPECT_EQ(chronnectCli({"predict", study, "--model", (tinyCohort() / "participants.tsv").string(), "--output", "x.tsv"}).code, 2);
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

TEST(Learning, PublicCheckpointsGiveTheirOwnOutputs) {
    CHRONNECT_NEEDS_LEARNING();
    CHRONNECT_NEEDS_SHARED();
    if (!python("import numpy")) GTEST_SKIP() << "python3 with NumPy is needed to compare the arrays";
    const fs::path reference = sharedFolder() / "reference" / "stagin";
    const TemporaryFolder folder;
    // A checkpoint does not say whether time was summed or averaged; the sum, the public default, is assumed, so the
    // averaged sample (garo_mean) has no place here until the command takes the pooling as an option.
    for (const std::string name : {"sero_sum", "sero_param"}) {
        const std::string expected = (reference / ("expected_" + name + ".npz")).string(), series = (folder.path() / "series.npy").string(),
                          output = (folder.path() / "out.npz").string();
        ASSERT_TRUE(python("import numpy as n; n.save(\"" + series + "\", n.load(\"" + expected + "\")[\"timeseries\"])"));
        const Outcome outcome = chronnectCli({"predict", "--model", (reference / ("model_" + name + ".pth")).string(), "--series", series, "--window",
                                              "20", "--stride", "3", "--output", output, "--json"});
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_EQ(outcome.json()["windows"].number(), 40);
        EXPECT_TRUE(python("import numpy as n; a=n.load(\"" + output + "\"); e=n.load(\"" + expected +
                           "\"); [n.testing.assert_allclose(a[k], e[k], atol=1e-5, rtol=1e-5) for k in "
                           "(\"logits\",\"node_attention\",\"time_attention\")]; "
                           "n.testing.assert_allclose(a[\"latent\"], e[\"latent\"], rtol=0, atol=1e-6*abs(e[\"latent\"]).max())"))
            << name;
    }
}

TEST(Report, OfASimulatedStudyIsOnePage) {
    CHRONNECT_NEEDS_LEARNING();
    if (chronnectCli({"report", "x", "--output", "y"}).err.find("This build") != std::string::npos) GTEST_SKIP() << "this build has no report";
    const TemporaryFolder folder;
    const Outcome outcome =
        chronnectCli({"report", smallStudy().string(), "--output", folder.path().string(), "--pretrain-steps", "4", "--pretrain-hidden", "8",
                      "--pretrain-layers", "1", "--pretrain-batch", "2", "--finetune-epochs", "1", "--finetune-folds", "2", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string page = readFile(folder.path() / "report.html");
    EXPECT_THAT(page, HasSubstr("<html"));
    EXPECT_THAT(page, HasSubstr("sub-01"));
    const Json json = Json::parse(readFile(folder.path() / "report.json"));
    EXPECT_EQ(json["input"]["runs"].size(), 8u);
    EXPECT_TRUE(json["learning"]["pretrain"].isObject());
    EXPECT_TRUE(json["learning"]["finetune"].isObject());
}
