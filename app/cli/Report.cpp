#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "app/cli/Pictures.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/NumberText.h"

#ifdef CHRONNECT_HAS_PIPELINE
#include "core/connectivity/SlidingWindow.h"
#include "core/pipeline/Report.h"
#endif

#include <cmath>
#include <optional>

namespace chronnect::cli {

namespace {

namespace fs = std::filesystem;

/// Settings of a training that shows on two cores in minutes what the program does; a study wants more steps.
PretrainSpec shortPretraining() {
    PretrainSpec spec;
    spec.steps = 60;
    spec.batch = 4;
    spec.cropVolumes = 120;
    spec.graph.windowLength = 30;
    spec.graph.windowStep = 6;
    spec.network.hidden = 32;
    spec.network.layers = 2;
    spec.targetsPerScan = 2;
    spec.evaluateEvery = spec.checkpointEvery = 60;
    return spec;
}

FinetuneSpec shortFinetuning() {
    FinetuneSpec spec;
    spec.folds = 3;
    spec.epochs = 4;
    spec.batch = 8;
    spec.cropVolumes = 120;
    spec.labelPermutation = false;
    spec.graph = shortPretraining().graph;
    spec.network = shortPretraining().network;
    return spec;
}

class Report : public Command {
public:
    std::string name() const override { return "report"; }
    std::string summary() const override { return "The whole pipeline on a study, as one page (report.html) and JSON"; }
    std::string details() const override {
        return "Extracts, cleans, computes dynamic connectivity, pretrains a small model (or takes --model), fine-tunes it on --target and "
               "writes report.html, report.json, the models and, where a picture can be drawn, PNG files. Without --target the column "
               "'group' is used where participants.tsv has one. The default training is short: it shows what the program does, not "
               "what the method can do.";
    }
    std::string example() const override { return "chronnect-cli report demo-study --output out --target group"; }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Output");
        arguments.path("--output", "FOLDER", m_output, "Where report.html and report.json are written", true);
        arguments.flag("--no-learning", m_noLearning, "Analysis only, no models");
        arguments.path("--model", "FILE", m_model, "A pretrained model instead of the short pretraining");
        arguments.spec(m_analysis.window, "Windows");
        arguments.spec(m_analysis.threshold, "Graphs");
        arguments.spec(m_pretrain, "Pretraining", "pretrain");
        arguments.spec(m_finetune, "Fine-tuning", "finetune");
        arguments.alias("--finetune-target", "--target");
    }

    std::string missing() const override {
#ifdef CHRONNECT_HAS_PIPELINE
        return {};
#else
        return "This build writes no reports: configure it with -DCHRONNECT_IMAGING=ON.";
#endif
    }

    Json run(const Arguments& arguments, Console& console) override {
#ifdef CHRONNECT_HAS_PIPELINE
        const JobContext context = console.context();
        const Cohort cohort = loadCohort(m_options, arguments, console, context.part(0, 0.3));
        fs::create_directories(m_output);
        ReportContent content;
        content.study = cohort.study;
        content.spec = m_analysis;
        content.spec.extraction = m_options.extraction;
        content.spec.clean = cohort.cleaning;
        content.result =
            std::make_shared<const StudyResult>(StudyResult{cohort.parcellation, cohort.results, cohort.notices});
        if (!m_noLearning) content.learning = learn(cohort, arguments, console, context.part(0.3, 0.9));
        content.pictures = pictures(cohort, console);
        const fs::path page = writeReport(m_output, content, context.part(0.9, 1));
        Json result = Json::object()
                          .set("report", page.string())
                          .set("input", toJson(cohort))
                          .set("settings", toJson(content.spec));
        result.set("learning", content.learning);
        Json drawn = Json::array();
        for (const auto& picture : content.pictures) drawn.push(picture.file.string());
        result.set("pictures", std::move(drawn));
        writeFileAtomically(m_output / "report.json", result.dump());
        console.say(std::to_string(cohort.runs.size()) + " runs; the report is " + page.string());
        return result;
#else
        static_cast<void>(arguments), static_cast<void>(console);
        return {};
#endif
    }

private:
#ifdef CHRONNECT_HAS_PIPELINE
    /// Pretraining (or the given model) and fine-tuning, as the report takes them.
    Json learn(const Cohort& cohort, const Arguments& arguments, Console& console, const JobContext& context) {
        Json learning = Json::object();
        if (!missingLearning().empty()) {
            console.notice({Severity::Information, missingLearning()});
            return learning;
        }
        const auto engine = learningEngine();
        const Scans scans = scansOf(cohort);
        Model model;
        if (!m_model.empty()) {
            model = loadModel(m_model);
        } else {
            // The default crop suits runs of usual length; a shorter run is taken whole.
            for (std::size_t i = 0; i < scans.source->count(); ++i)
                if (scans.source->info(i).volumes <= static_cast<std::size_t>(m_pretrain.cropVolumes))
                    m_pretrain.cropVolumes = 0;
            const PretrainResult pretrained = engine->pretrain(*scans.source, m_pretrain, {}, {}, context.part(0, 0.5));
            console.notices(pretrained.notices);
            console.say("Pretrained for " + std::to_string(m_pretrain.steps) + " steps:");
            say(console, pretrained.scores, *scans.source);
            learning.set("pretrain", toJson(pretrained));
            model = pretrained.model;
            saveModel(m_output / "pretrained.chm", model);
        }
        if (!chooseTarget(cohort.study, arguments, console)) return learning;
        const FinetuneResult finetuned = engine->finetune(*scans.source, targetsOf(scans, m_finetune.target), &model,
                                                          m_finetune, {}, {}, context.part(0.5, 1));
        console.notices(finetuned.notices);
        console.say("'" + m_finetune.target + "', " + countText(foldsIn(finetuned), "fold") + " by person:");
        for (const auto& score : finetuned.scores) say(console, score);
        console.say(finetuned.verdict);
        learning.set("finetune", toJson(finetuned));
        saveModel(m_output / "finetuned.chm", finetuned.model);
        return learning;
    }

    bool chooseTarget(const Study& study, const Arguments& arguments, Console& console) {
        if (arguments.given("--finetune-target")) return true;
        if (study.participants.column("group")) {
            m_finetune.target = "group";
            return true;
        }
        console.notice(
            {Severity::Information,
             "No target was named, so nothing is fine-tuned; name a column of participants.tsv with --target"});
        return false;
    }

    /// Mean static connectivity over the cohort, drawn where this build and this machine can.
    std::vector<ReportPicture> pictures(const Cohort& cohort, Console& console) const {
        if (!missingPictures().empty()) return {};
        std::vector<double> sums(edgeCountOf(cohort.series.front()->regionCount()), 0.0);
        std::vector<int> counts(sums.size(), 0);
        for (const auto& series : cohort.series) {
            const ConnectivityMatrix matrix = staticConnectivity(*series);
            for (std::size_t edge = 0; edge < sums.size(); ++edge)
                if (std::isfinite(matrix.edges[edge])) {
                    sums[edge] += matrix.edges[edge];
                    ++counts[edge];
                }
        }
        std::vector<float> mean(sums.size());
        for (std::size_t edge = 0; edge < sums.size(); ++edge)
            mean[edge] = counts[edge] ? static_cast<float>(sums[edge] / counts[edge]) : std::nanf("");
        std::vector<ReportPicture> result;
        try {
            PictureSpec square;
            square.width = 900;
            square.height = 700;
            const fs::path matrix = m_output / "matrix.png", brain = m_output / "connectome.png";
            const std::string title = "Mean static connectivity over " + countText(cohort.series.size(), "run");
            writeMatrixPng(matrix, *cohort.parcellation, mean, title, square);
            result.push_back({matrix, title + ", regions ordered by network"});
            writeConnectomePng(brain, *cohort.parcellation, mean, {});
            result.push_back({brain, "The strongest 3 % of the mean connections"});
        } catch (const Error& error) {
            console.notice(
                {Severity::Information, std::string("A picture is missing from the report: ") + error.what()});
        }
        return result;
    }
#endif

    InputOptions m_options;
    AnalysisSpec m_analysis;
    PretrainSpec m_pretrain = shortPretraining();
    FinetuneSpec m_finetune = shortFinetuning();
    fs::path m_output, m_model;
    bool m_noLearning = false;
};

}  // namespace

std::unique_ptr<Command> makeReport() { return std::make_unique<Report>(); }

}  // namespace chronnect::cli
