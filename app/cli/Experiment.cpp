#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/base/Files.h"
#include "core/io/Tables.h"
#include "core/learning/Experiment.h"

namespace chronnect::cli {

namespace {

namespace fs = std::filesystem;

/// Lengths that a study of some dozen people finishes on two cores in about a quarter of an hour.
ExperimentSpec standardExperiment() {
    ExperimentSpec spec;
    PretrainSpec& pretrain = spec.pretrain;
    pretrain.graph.windowLength = 30;
    pretrain.graph.windowStep = 8;
    pretrain.network.hidden = 32;
    pretrain.network.layers = 2;
    pretrain.steps = 80;
    pretrain.batch = 8;
    pretrain.targetsPerScan = 2;
    pretrain.learningRate = 2e-3;
    pretrain.evaluateEvery = pretrain.checkpointEvery = 40;
    FinetuneSpec& finetune = spec.finetune;
    finetune.graph = pretrain.graph;
    finetune.network = pretrain.network;
    finetune.epochs = 10;
    finetune.orthogonality = 0;  // costs as much as the network itself and weighs next to nothing
    finetune.learningRate = 2e-3;
    finetune.maxLearningRate = 4e-3;
    finetune.batch = 8;
    finetune.permutations = 1;
    finetune.fromScratch = finetune.linearProbe = true;
    return spec;
}

std::vector<std::string> namesIn(const std::string& list) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at < list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        if (end > at) names.push_back(list.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

class Experiment : public Command {
public:
    std::string name() const override { return "experiment"; }
    std::string summary() const override {
        return "Pretraining and fine-tuning over several seeds against all baselines, as one table";
    }
    std::string details() const override {
        return "For every seed: folds by person, written down first; pretraining on everybody whom a fold does not test; "
               "fine-tuning, the same network from scratch, a linear probe, static connectivity, tangent space, the constant "
               "guess and shuffled labels, all on the same folds. Prints every seed, mean, spread, paired intervals over "
               "people and a verdict, and leaves results.md, results.tsv and results.json in the folder. Finished seeds are "
               "kept: after an interrupt the same command goes on, and with --only-seed several processes share the work. The default lengths suit two cores.";
    }
    std::string example() const override {
        return "chronnect-cli experiment series --targets group,age --seeds 5 --output experiment";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Experiment");
        arguments.text("--targets", "COLUMNS", m_targets,
                       "Columns of participants.tsv, separated by commas; folds follow the first");
        arguments.path("--output", "FOLDER", m_output, "Where everything is kept", true);
        arguments.spec(m_spec, "Experiment");
        arguments.spec(m_spec.pretrain, "Pretraining", "pretrain");
        arguments.spec(m_spec.finetune, "Fine-tuning", "finetune");
        arguments.require("--targets");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        const JobContext context = console.context();
        const auto engine = learningEngine();
        const Scans scans = loadScans(m_options, arguments, console, context.part(0, 0.02));
        std::vector<ExperimentTarget> targets;
        for (const std::string& name : namesIn(m_targets)) targets.push_back({name, targetsOf(scans, name)});
        ExperimentResult result;
        try {
            result = runExperiment(*engine, *scans.source, targets, m_spec, m_output, context.part(0.02, 1));
        } catch (const Cancelled&) {
            console.notice({Severity::Information,
                            "What is finished is in " + m_output.string() + "; the same command goes on from it"});
            throw;
        }
        console.notices(result.notices);
        if (result.targets.size() < targets.size()) {
            console.say("Seed " + std::to_string(m_spec.onlySeed) + " is in " + m_output.string() +
                        "; the table follows when all seeds are there");
            return Json::object().set("output", m_output.string()).set("seed", m_spec.onlySeed);
        }
        const std::string text = experimentText(result);
        const Json json = toJson(result);
        writeFileAtomically(m_output / "results.md", text);
        writeFileAtomically(m_output / "results.json", json.dump());
        writeTable(m_output / "results.tsv", experimentTable(result));
        console.say(text);
        console.say("The tables are in " + m_output.string());
        return Json::object().set("output", m_output.string()).set("input", scans.description).set("result", json);
    }

private:
    InputOptions m_options;
    ExperimentSpec m_spec = standardExperiment();
    std::string m_targets;
    fs::path m_output;
};

}  // namespace

std::unique_ptr<Command> makeExperiment() { return std::make_unique<Experiment>(); }

}  // namespace chronnect::cli
