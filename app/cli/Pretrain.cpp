#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/learning/Launch.h"

namespace chronnect::cli {

namespace {

class Pretrain : public Command {
public:
    std::string name() const override { return "pretrain"; }
    std::string summary() const override { return "Self-supervised pretraining on the dynamic graphs of a study"; }
    std::string details() const override {
        return "Writes the model, and with --checkpoints the state of training, from which --resume goes on exactly. The score of the "
               "model on held-out people stands beside those of trivial answers to the same question. An interrupt keeps "
               "the last checkpoint.";
    }
    std::string example() const override {
        return "chronnect-cli pretrain series --output model.chm --checkpoints checkpoints --steps 2000 --window 30";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Output");
        arguments.path("--output", "FILE", m_output, "Where the model is written (.chm)", true);
        arguments.path("--checkpoints", "FOLDER", m_plan.folder, "Where the state of training is kept");
        arguments.flag("--resume", m_plan.resume, "Go on from the newest checkpoint in that folder");
        arguments.path("--history", "FILE", m_history, "Where the training curves are written (.tsv)");
        arguments.spec(m_spec, "Training");
        arguments.alias("--window-length", "--window");
        arguments.alias("--window-step", "--stride");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        if (m_plan.resume && m_plan.folder.empty()) throw UsageError("--resume needs the folder that holds the checkpoints: --checkpoints FOLDER");
        const JobContext context = console.context();
        const auto engine = learningEngine();
        const Scans scans = loadScans(m_options, arguments, console, context.part(0, 0.05));
        // Of several processes that train together, the first one writes.
        const bool first = launchFromEnvironment().isFirst();
        HistoryFile history(first ? m_history : std::filesystem::path());
        PretrainResult result;
        try {
            result = engine->pretrain(*scans.source, m_spec, m_plan,
                                      [&](const TrainingSnapshot& snapshot) { history.add(snapshot); }, context.part(0.05, 1));
        } catch (const Cancelled&) {
            history.write();
            if (!m_plan.folder.empty())
                console.notice({Severity::Information, "The last checkpoint is in " + m_plan.folder.string() +
                                                           "; the same command with --resume goes on from it"});
            throw;
        }
        if (!first) return Json::object().set("rank", launchFromEnvironment().rank);
        saveModel(m_output, result.model);
        history.replace(result.model.history);
        history.write();
        return tell(scans, result, console);
    }

private:
    Json tell(const Scans& scans, const PretrainResult& result, Console& console) const {
        console.notices(result.notices);
        console.say("Pretrained on " + std::to_string(scans.source->count()) + " scans; the model is in " + m_output.string());
        if (!result.scores.empty()) console.say("On " + std::to_string(result.heldOut.size()) + " held-out people:");
        for (const auto& score : result.scores) say(console, score);
        console.say("Effective rank of the codes: " + numberText(result.effectiveRank));
        return Json::object()
            .set("output", m_output.string())
            .set("input", scans.description)
            .set("settings", toJson(m_spec))
            .set("result", toJson(result));
    }

    InputOptions m_options;
    PretrainSpec m_spec;
    CheckpointPlan m_plan;
    std::filesystem::path m_output, m_history;
};

}  // namespace

std::unique_ptr<Command> makePretrain() { return std::make_unique<Pretrain>(); }

}  // namespace chronnect::cli
