#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/base/NumberText.h"
#include "core/io/Tables.h"
#include "core/learning/Application.h"
#include "core/learning/Experiment.h"

#include <optional>

namespace chronnect::cli {

namespace {

class Finetune : public Command {
public:
    std::string name() const override { return "finetune"; }
    std::string summary() const override {
        return "Predict a phenotype, cross-validated by person, beside simple baselines";
    }
    std::string details() const override {
        return "The target is a column of participants.tsv: a class or a number. Folds are fixed by person before anything is fitted; "
               "static connectivity and tangent space with linear models, motion alone and shuffled labels are scored on the same "
               "folds, and every learned method is compared with the strongest of them, paired over people. Without --model the "
               "network is trained from scratch. --label-shares 10,20,50,100 draws few-label curves, --missing-shares 30,50,70,90 "
               "drops windows at test, --fold-by site leaves one site out at a time.";
    }
    std::string example() const override {
        return "chronnect-cli finetune series --target group --model model.chm --output group.chm --predictions group.tsv";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Output");
        arguments.path("--model", "FILE", m_model, "The pretrained model to start from");
        arguments.path("--output", "FILE", m_output, "Where the fine-tuned model is written (.chm)", true);
        arguments.path("--predictions", "FILE", m_predictions, "Where the out-of-fold predictions are written (.tsv)");
        arguments.path("--results", "FILE", m_results,
                       "Where all scores are written (.tsv); a .json beside it holds what is needed to repeat them");
        arguments.path("--checkpoints", "FOLDER", m_plan.folder, "Where the state of training is kept");
        arguments.flag("--resume", m_plan.resume, "Go on from the newest checkpoint in that folder");
        arguments.path("--history", "FILE", m_history, "Where the training curves are written (.tsv)");
        arguments.flag("--force", m_force, "Go on although the pretrained model's passport does not fit the data");
        arguments.spec(m_spec, "Training");
        arguments.require("--target");
        arguments.alias("--window-length", "--window");
        arguments.alias("--window-step", "--stride");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        if (m_plan.resume && m_plan.folder.empty())
            throw UsageError("--resume needs the folder that holds the checkpoints: --checkpoints FOLDER");
        if (m_model.empty() && !arguments.given("--mode")) m_spec.mode = FinetuneMode::FromScratch;
        if (m_model.empty() && m_spec.mode != FinetuneMode::FromScratch)
            throw UsageError("--mode " + std::string(nameOf(m_spec.mode)) + " needs a pretrained model: --model FILE");
        const JobContext context = console.context();
        const auto engine = learningEngine();
        std::optional<Model> pretrained;
        if (!m_model.empty()) pretrained = openModel(m_model, m_spec.graph, *engine);
        if (pretrained) m_options.reading.expectedRegions = pretrained->regions.size();
        const Scans scans = loadScans(m_options, arguments, console, context.part(0, 0.05));
        if (pretrained) requireFit(*pretrained, *scans.source, m_force);
        const auto targets = targetsOf(scans, m_spec.target);
        HistoryFile history(m_history);
        FinetuneResult result;
        try {
            result = engine->finetune(
                *scans.source, targets, pretrained ? &*pretrained : nullptr, m_spec, m_plan,
                [&](const TrainingSnapshot& snapshot) { history.add(snapshot); }, context.part(0.05, 1));
        } catch (const Cancelled&) {
            history.write();
            sayHowToResume(m_plan.folder, console);
            throw;
        }
        saveModel(m_output, result.model);
        history.write();
        writeResults(result);
        if (!m_predictions.empty()) writePredictions(scans, result);
        return tell(scans, result, console);
    }

private:
    void writeResults(const FinetuneResult& result) const {
        if (m_results.empty()) return;
        writeTable(m_results, resultTable(result));
        keptBeside(m_results, toJson(result));
    }

    void writePredictions(const Scans& scans, const FinetuneResult& result) const {
        writeTable(m_predictions, predictionTable(result.predictions, result.model.classes, true));
        keptBeside(m_predictions, Json::object()
                                      .set("output", m_predictions.string())
                                      .set("input", scans.description)
                                      .set("settings", toJson(m_spec))
                                      .set("record", result.record)
                                      .set("verdict", result.verdict));
    }

    Json tell(const Scans& scans, const FinetuneResult& result, Console& console) const {
        console.notices(result.notices);
        console.say("'" + m_spec.target + "' from " + countText(result.predictions.size(), "scan") + ", " +
                    countText(foldsIn(result), "fold") + " by " + std::string(nameOf(m_spec.foldBy)) + ":");
        for (const auto& score : result.scores) say(console, score);
        for (const auto& gain : result.gains)
            if (gain.metric == result.gains.front().metric)
                console.say("  " + gain.method + " minus " + gain.against + ": " + gain.metric + " " +
                            numberText(gain.gain) + " [" + numberText(gain.low) + ", " + numberText(gain.high) +
                            "], positive is better");
        for (const auto& point : result.curves)
            console.say("  " + point.curve + " " + numberText(point.share) + " %: " + point.score.method + " " +
                        point.score.metric + " " + numberText(point.score.pooled) + " [" + numberText(point.score.low) +
                        ", " + numberText(point.score.high) + "]");
        for (const auto& score : result.sites) say(console, score);
        if (!result.verdict.empty()) console.say(result.verdict);
        console.say("The model is in " + m_output.string());
        return Json::object()
            .set("output", m_output.string())
            .set("input", scans.description)
            .set("settings", toJson(m_spec))
            .set("result", toJson(result));
    }

    InputOptions m_options;
    FinetuneSpec m_spec;
    CheckpointPlan m_plan;
    std::filesystem::path m_model, m_output, m_predictions, m_results, m_history;
    bool m_force = false;
};

}  // namespace

std::unique_ptr<Command> makeFinetune() { return std::make_unique<Finetune>(); }

}  // namespace chronnect::cli
