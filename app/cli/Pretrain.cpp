#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/base/NumberText.h"
#include "core/learning/Launch.h"

#include <chrono>

namespace chronnect::cli {

namespace {

class Pretrain : public Command {
public:
    std::string name() const override { return "pretrain"; }
    std::string summary() const override { return "Self-supervised pretraining on the dynamic graphs of a study"; }
    std::string details() const override {
        return "Objectives: st-mae rebuilds hidden regions and pairs, st-jema predicts the codes of hidden blocks by a slowly following "
               "copy of the encoder, graphmae rebuilds hidden regions from their neighbours. --spatial-weight 1 leaves out the "
               "temporal part, 0 the spatial one. Writes the model, and with --checkpoints the state of training, from which --resume "
               "goes on exactly. The score of the model on held-out people stands beside those of trivial answers to the same "
               "question. An interrupt keeps the last checkpoint; Ctrl+Z pauses and fg goes on. The model written has the weights of "
               "the best validation loss (--hand-out); half of the people held out choose them, the others are scored.";
    }
    std::string example() const override {
        return "chronnect-cli pretrain series --output model.chm --checkpoints checkpoints --steps 2000 --window 30";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Output");
        arguments.path("--output", "FILE", m_output, "Where the model is written (.chm); needed unless --dry-run");
        arguments.path("--checkpoints", "FOLDER", m_plan.folder, "Where the state of training is kept");
        arguments.flag("--resume", m_plan.resume, "Go on from the newest checkpoint in that folder");
        arguments.path(
            "--branch-from", "FOLDER", m_plan.branchFrom,
            "Start from another training's checkpoint with changed settings; what changed is noted in the model");
        arguments.setting(m_minutes, {"minutes", "", "minutes",
                                      "Stop after this time and hand out what was learned; 0 = no limit", 0, 1e6});
        arguments.flag("--dry-run", m_dryRun,
                       "Take two steps and tell what time, memory and disk all of it would need");
        arguments.path("--history", "FILE", m_history, "Where the training curves are written (.tsv)");
        arguments.spec(m_spec, "Training");
        arguments.alias("--window-length", "--window");
        arguments.alias("--window-step", "--stride");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        if (m_plan.resume && m_plan.folder.empty())
            throw UsageError("--resume needs the folder that holds the checkpoints: --checkpoints FOLDER");
        if (!m_dryRun && m_output.empty()) throw UsageError("Missing --output: where the model is written");
        const JobContext context = console.context();
        const auto engine = learningEngine();
        const Scans scans = loadScans(m_options, arguments, console, context.part(0, 0.05));
        if (m_dryRun) return forecast(scans, engine->forecast(*scans.source, m_spec, context.part(0.05, 1)), console);
        std::stop_source finish;
        m_plan.finish = finish.get_token();
        const auto started = std::chrono::steady_clock::now();
        // Of several processes that train together, the first one writes.
        const bool first = launchFromEnvironment().isFirst();
        HistoryFile history(first ? m_history : std::filesystem::path());
        PretrainResult result;
        bool alarmed = false;
        try {
            result = engine->pretrain(
                *scans.source, m_spec, m_plan,
                [&](const TrainingSnapshot& snapshot) {
                    history.add(snapshot);
                    if (!snapshot.alarm.empty() && !alarmed)
                        console.notice(
                            {Severity::Warning, "Step " + std::to_string(snapshot.step) + ": " + snapshot.alarm});
                    alarmed = !snapshot.alarm.empty();
                    const std::chrono::duration<double> run = std::chrono::steady_clock::now() - started;
                    if (m_minutes > 0 && run.count() > 60 * m_minutes) finish.request_stop();
                },
                context.part(0.05, 1));
        } catch (const Cancelled&) {
            history.write();
            sayHowToResume(m_plan.folder, console);
            throw;
        }
        if (!first) return Json::object().set("rank", launchFromEnvironment().rank);
        saveModel(m_output, result.model);
        history.replace(result.model.history);
        history.write();
        return tell(scans, result, console);
    }

private:
    Json forecast(const Scans& scans, const ResourceForecast& f, Console& console) const {
        const auto size = [](std::size_t bytes) { return numberText(static_cast<double>(bytes) / (1 << 20)) + " MiB"; };
        console.notices(f.notices);
        console.say(std::to_string(m_spec.steps) + " steps of " + std::to_string(m_spec.batch) + " scans (" +
                    std::to_string(f.scansAtATime) + " at a time, " + std::to_string(f.windowsPerScan) +
                    " windows each), " + std::to_string(f.parameters) + " weights:");
        console.say("  time    about " + durationText(f.seconds) + " (" + numberText(f.secondsPerStep) + " s a step)");
        console.say("  memory  " + (f.peakMemory ? "at most about " + size(f.peakMemory) : std::string("not known")));
        console.say("  disk    " + size(f.disk) + " (checkpoint " + size(f.checkpointSize) + ", model " +
                    size(f.modelSize) + ")");
        return Json::object()
            .set("input", scans.description)
            .set("settings", toJson(m_spec))
            .set("forecast", toJson(f));
    }

    Json tell(const Scans& scans, const PretrainResult& result, Console& console) const {
        console.notices(result.notices);
        console.say("Pretrained on " + result.model.passport["training_scans"].dump(-1) + " of " +
                    std::to_string(scans.source->count()) + " scans; the model is in " + m_output.string());
        if (!result.scores.empty())
            console.say("On " + countText(result.heldOut.size(), "held-out subject") +
                        (result.watched.empty() ? std::string(":")
                                                : " (" + countText(result.watched.size(), "other held-out subject") +
                                                      " chose the weights):"));
        say(console, result.scores, *scans.source);
        console.say("The weights are those after step " + std::to_string(result.handedOutStep) +
                    (result.handedOutLoss > 0 ? " (validation loss " + numberText(result.handedOutLoss) + ")" : ""));
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
    double m_minutes = 0;
    bool m_dryRun = false;
};

}  // namespace

std::unique_ptr<Command> makePretrain() { return std::make_unique<Pretrain>(); }

}  // namespace chronnect::cli
