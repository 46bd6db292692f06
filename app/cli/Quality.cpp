#include "app/cli/Command.h"
#include "app/cli/PipelineInputs.h"
#include "core/base/SpecJson.h"
#include "core/base/Error.h"
#include "core/io/Tables.h"
#include "core/pipeline/Quality.h"

#include <cmath>

namespace chronnect::cli {

namespace {

class Quality : public Command {
public:
    std::string name() const override { return "quality"; }
    std::string summary() const override {
        return "Motion, coverage and signal quality of every run, with what is unusual";
    }
    std::string details() const override {
        return "One row per run: volumes kept, framewise displacement, DVARS, tSNR, coverage, degrees of freedom left, flags. With five runs "
               "or more also how much motion is left in connectivity (QC-FC) and whether that depends on distance.";
    }
    std::string example() const override { return "chronnect-cli quality demo-study --output quality.tsv"; }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.spec(m_spec, "Flags", "flag");
        arguments.group("Output");
        arguments.path("--output", "FILE", m_output, "Where the table is written (.tsv)", true);
    }

    std::string missing() const override {
#ifdef CHRONNECT_HAS_PIPELINE
        return {};
#else
        return "This build measures no quality: configure it with -DCHRONNECT_IMAGING=ON.";
#endif
    }

    Json run(const Arguments& arguments, Console& console) override {
#ifdef CHRONNECT_HAS_PIPELINE
        const JobContext context = console.context();
        const Cohort cohort = loadCohort(m_options, arguments, console, context.part(0, 0.7));
        const StudyResult result{cohort.parcellation, cohort.results, cohort.notices};
        const auto runs = cohortQuality(cohort.study, result, m_spec, context.part(0.7, 0.9));
        writeTable(m_output, qualityTable(runs));
        Json list = Json::array();
        for (const auto& each : runs) {
            std::string line = each.run + "  " + std::to_string(each.volumesKept) + " of " +
                               std::to_string(each.volumes) + " volumes, mean FD " + numberText(each.meanFd) +
                               " mm, tSNR " + numberText(each.tsnr);
            for (const auto& flag : each.flags) line += "; " + flag;
            console.say(each.problem.empty() ? line : each.run + "  " + each.problem);
            list.push(Json::object()
                          .set("run", each.run)
                          .set("mean_fd", each.meanFd)
                          .set("tsnr", each.tsnr)
                          .set("coverage", each.coverage)
                          .set("volumes", each.volumes)
                          .set("kept", each.volumesKept)
                          .set("flags", Json(each.flags))
                          .set("problem", each.problem));
        }
        console.say("The table is in " + m_output.string());
        Json answer =
            Json::object().set("output", m_output.string()).set("input", toJson(cohort)).set("runs", std::move(list));
        answer.set("settings", toJson(m_spec));
        return keptBeside(m_output, answer.set("qc_fc", motionLeft(result, runs, console, context.part(0.9, 1))));
#else
        static_cast<void>(arguments), static_cast<void>(console);
        return {};
#endif
    }

private:
#ifdef CHRONNECT_HAS_PIPELINE
    /// Null where there are too few runs with motion.
    static Json motionLeft(const StudyResult& result, const std::vector<RunQuality>& runs, Console& console,
                           const JobContext& context) {
        std::size_t known = 0;
        for (const auto& each : runs) known += each.problem.empty() && std::isfinite(each.meanFd);
        if (known < 5) return {};
        const QcFc left = qcFc(result, runs, context);
        console.say("QC-FC over " + std::to_string(left.runs) + " runs: median |r| " + numberText(left.medianAbsolute) +
                    ", " + numberText(100 * left.significantShare) + " % of pairs with p < 0.05, distance dependence " +
                    numberText(left.distanceDependence));
        return Json::object()
            .set("runs", left.runs)
            .set("median_absolute", left.medianAbsolute)
            .set("significant_share", left.significantShare)
            .set("distance_dependence", left.distanceDependence)
            .set("how_computed", left.howComputed);
    }
#endif

    InputOptions m_options;
    QualitySpec m_spec;
    std::filesystem::path m_output;
};

}  // namespace

std::unique_ptr<Command> makeQuality() { return std::make_unique<Quality>(); }

}  // namespace chronnect::cli
