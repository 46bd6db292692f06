#include "app/cli/Arguments.h"
#include "app/cli/Console.h"
#include "app/cli/Manual.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/Specs.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

using namespace chronnect;
using namespace chronnect::cli;
using testing::HasSubstr;
using Words = std::vector<std::string>;

namespace {

/// What the parser says against a line; empty when it accepts it.
std::string complaint(Arguments& arguments, const Words& words) {
    try {
        arguments.parse(words);
        return {};
    } catch (const UsageError& error) {
        return error.what();
    }
}

struct TrainingLine {
    PretrainSpec spec;
    std::vector<std::filesystem::path> inputs;
    Arguments arguments;
    TrainingLine() {
        arguments.positional("INPUT", "what is read", inputs, 1, 3);
        arguments.spec(spec, "Training");
        arguments.alias("--window-length", "--window");
    }
};

}  // namespace

TEST(Arguments, ReadsEveryKindOfSetting) {
    TrainingLine line;
    line.arguments.parse({"a.npy", "--window-length", "20", "--learning-rate=1e-3", "--readout", "garo", "--objective",
                          "graphmae", "b.npy"});
    EXPECT_EQ(line.spec.graph.windowLength, 20);
    EXPECT_EQ(line.spec.learningRate, 1e-3);
    EXPECT_EQ(line.spec.network.readout, Readout::Garo);
    EXPECT_EQ(line.spec.objective, "graphmae");
    EXPECT_EQ(line.inputs, (std::vector<std::filesystem::path>{"a.npy", "b.npy"}));
    EXPECT_TRUE(line.arguments.given("--learning-rate"));
    EXPECT_FALSE(line.arguments.given("--steps"));
    EXPECT_TRUE(line.arguments.anyGivenIn("Training"));
    EXPECT_FALSE(line.arguments.anyGivenIn("Cleaning"));
}

TEST(Arguments, KeepsDefaultsOfWhatIsNotGiven) {
    TrainingLine line;
    line.arguments.parse({"a.npy"});
    EXPECT_EQ(line.spec, PretrainSpec());
}

TEST(Arguments, SecondNamesMeanTheSameOption) {
    TrainingLine line;
    line.arguments.parse({"--window", "33", "a.npy"});
    EXPECT_EQ(line.spec.graph.windowLength, 33);
    EXPECT_TRUE(line.arguments.given("--window-length"));
}

TEST(Arguments, TruthValuesStandAloneFollowedOrNegated) {
    for (const auto& [words, expected] :
         std::vector<std::pair<Words, bool>>{{{"--baselines"}, true},
                                             {{"--baselines", "false"}, false},
                                             {{"--baselines=off"}, false},
                                             {{"--no-baselines"}, false},
                                             {{"--no-baselines", "--baselines", "yes"}, true}}) {
        FinetuneSpec spec;
        Arguments arguments;
        arguments.spec(spec, "Training");
        arguments.parse(words);
        EXPECT_EQ(spec.baselines, expected) << words.front();
    }
    FinetuneSpec spec;
    std::vector<std::filesystem::path> inputs;
    Arguments arguments;
    arguments.positional("INPUT", "", inputs);
    arguments.spec(spec, "Training");
    arguments.parse({"--baselines", "study"});
    EXPECT_EQ(inputs.size(), 1u) << "a switch must not eat the file that follows it";
}

TEST(Arguments, UnknownNamesAreAnsweredByTheNearest) {
    TrainingLine line;
    EXPECT_THAT(complaint(line.arguments, {"a", "--windw-length", "3"}), HasSubstr("did you mean --window-length?"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--zzzzzzzzzzzzzzzzzzzz", "3"}), HasSubstr("--help lists them all"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--readout", "gero"}), HasSubstr("did you mean 'sero'?"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--no-steps"}), HasSubstr("There is no option --no-steps"));
}

TEST(Arguments, RefusesValuesThatDoNotFit) {
    TrainingLine line;
    EXPECT_THAT(complaint(line.arguments, {"a", "--steps", "ten"}), HasSubstr("--steps takes a number, not 'ten'"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--steps", "2.5"}), HasSubstr("whole number"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--steps", "0"}), HasSubstr("1 to"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--steps", "1e99"}), HasSubstr("1 to"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--steps", "1e99"}), testing::Not(HasSubstr("e+")));
    EXPECT_THAT(complaint(line.arguments, {"a", "--steps", "nan"}), HasSubstr("takes a number"));
    EXPECT_THAT(complaint(line.arguments, {"a", "--steps"}), HasSubstr("--steps needs a value"));
    EXPECT_THAT(complaint(line.arguments, {}), HasSubstr("Missing INPUT"));
    EXPECT_THAT(complaint(line.arguments, {"a", "b", "c", "d"}), HasSubstr("one argument too many"));
    line.arguments.require("--seed");
    EXPECT_THAT(complaint(line.arguments, {"a"}), HasSubstr("Missing --seed"));
}

TEST(Arguments, DoubleDashEndsTheOptions) {
    TrainingLine line;
    line.arguments.parse({"--", "--odd-file-name"});
    EXPECT_EQ(line.inputs.front(), "--odd-file-name");
}

TEST(Arguments, SettingsOfAnEarlierCallAreTakenAndTheLineWins) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "earlier.json";
    PretrainSpec earlier;
    earlier.steps = 77;
    earlier.graph.windowLength = 21;
    earlier.network.readout = Readout::Garo;
    earlier.learningRate = 3e-4;
    writeFileAtomically(file, Json::object().set("settings", toJson(earlier)).dump());
    TrainingLine line;
    line.arguments.settingsFile();
    line.arguments.parse({"--steps", "5", "a", "--settings", file.string()});
    earlier.steps = 5;
    EXPECT_EQ(line.spec, earlier);
    writeFileAtomically(file, R"({"stepps": 3})");
    EXPECT_THAT(complaint(line.arguments, {"a", "--settings=" + file.string()}), HasSubstr("did you mean --steps?"));
    writeFileAtomically(file, "{");
    EXPECT_THROW(line.arguments.parse({"a", "--settings", file.string()}), Error);
}

TEST(Arguments, NearestCountsLetters) {
    EXPECT_EQ(nearest("pretain", {"predict", "pretrain", "report"}), "pretrain");
    EXPECT_EQ(nearest("xyz", {"predict", "pretrain"}), "");
    EXPECT_EQ(nearest("conn", {"extract", "connectivity"}), "connectivity");
}

TEST(Console, TextsOfNumbersAndTimes) {
    EXPECT_EQ(durationText(12.4), "12 s");
    EXPECT_EQ(durationText(200), "3 min 20 s");
    EXPECT_EQ(durationText(3900), "1 h 05 min");
    EXPECT_EQ(numberText(0.123456), "0.123");
    EXPECT_EQ(numberText(std::nan("")), "n/a");
}

TEST(Commands, DeclareEveryOptionOnceAndExplainIt) {
    std::set<std::string> names;
    for (const auto& command : allCommands()) {
        Arguments arguments;
        ASSERT_NO_THROW(command->declare(arguments)) << command->name();
        EXPECT_TRUE(names.insert(command->name()).second);
        EXPECT_FALSE(command->summary().empty());
        for (const auto& option : arguments.options()) {
            EXPECT_FALSE(option.help.empty()) << command->name() << " " << option.name;
            EXPECT_EQ(option.name.find('_'), std::string::npos) << option.name;
        }
        const std::string help = helpText(*command);
        for (const auto& option : arguments.options()) EXPECT_THAT(help, HasSubstr(option.name));
    }
    for (const char* name : {"simulate", "inspect", "extract", "connectivity", "pretrain", "finetune", "predict",
                             "explain", "report", "render"})
        EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Commands, HelpLinesFitATerminal) {
    for (const auto& command : allCommands()) {
        std::istringstream text(helpText(*command));
        for (std::string line; std::getline(text, line);)
            if (!line.starts_with("  chronnect-cli") && !line.starts_with("Usage:")) {
                EXPECT_LE(line.size(), 120u) << line;
            }
    }
}
