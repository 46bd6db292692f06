#include "app/cli/Command.h"
#include "app/cli/PipelineInputs.h"
#include "core/base/Error.h"
#include "core/base/ParallelFor.h"
#include "core/store/CohortStore.h"

#include <algorithm>

namespace chronnect::cli {

namespace {

class Store : public Command {
public:
    std::string name() const override { return "store"; }
    std::string summary() const override {
        return "Put the cleaned series of a cohort of any size into one file for training";
    }
    std::string details() const override {
        return "Training reads the file scan by scan, so memory does not grow with the cohort. participants.tsv goes into it. A run that "
               "cannot be read is reported and left out.";
    }
    std::string example() const override { return "chronnect-cli store series --output cohort.chronnect-cohort"; }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Output");
        arguments.path("--output", "FILE", m_output, "The cohort file (.chronnect-cohort)", true);
    }

    Json run(const Arguments& arguments, Console& console) override {
        if (m_output.extension() != cohortExtension)
            throw UsageError("--output must end in " + std::string(cohortExtension) +
                             ", by which the other commands know a cohort");
        const JobContext context = console.context();
        const Study study = openInputs(m_options, context.part(0, 0.05));
        Notices notices = study.notices;
        const RunReader reader(study, m_options, effectiveCleaning(m_options, arguments, study, notices),
                               context.silent());
        notices.insert(notices.end(), reader.notices().begin(), reader.notices().end());
        console.notices(notices);
        writeAll(study, reader, context.part(0.05, 1));
        for (const auto& [run, problem] : m_problems)
            console.notice({Severity::Warning, run + " is left out: " + problem});
        console.say(std::to_string(m_stored) + " of " + std::to_string(study.runs.size()) + " scans in " +
                    m_output.string());
        Json leftOut = Json::array();
        for (const auto& [run, problem] : m_problems)
            leftOut.push(Json::object().set("run", run).set("problem", problem));
        return Json::object()
            .set("output", m_output.string())
            .set("stored", m_stored)
            .set("left_out", std::move(leftOut))
            .set("notices", toJson(notices));
    }

private:
    /// Reads a few runs at once and appends them in order, so that only those few are in memory.
    void writeAll(const Study& study, const RunReader& reader, const JobContext& context) {
        constexpr std::size_t together = 64;
        std::unique_ptr<CohortStoreWriter> writer;
        std::vector<std::string> regions;
        for (std::size_t from = 0; from < study.runs.size(); from += together) {
            const std::size_t count = std::min(together, study.runs.size() - from);
            std::vector<RunResult> results(count);
            parallelFor(count, context, [&](std::size_t i) {
                try {
                    results[i] = reader.read(study.runs[from + i], context.silent());
                } catch (const Error& error) {
                    results[i].problem = error.what();
                }
            });
            for (std::size_t i = 0; i < count; ++i)
                append(study, study.runs[from + i], results[i], reader, writer, regions);
            context.report(static_cast<double>(from + count) / static_cast<double>(study.runs.size()),
                           study.runs[from].id());
        }
        if (!writer)
            throw Error(ErrorKind::BadInput, "No run could be read; the first, " + m_problems.front().first + ": " +
                                                 m_problems.front().second);
        if (!study.participants.columns.empty()) writer->setPhenotypes(study.participants);
        writer->setCleaning(cleaningText(study, reader.cleaning()));
        writer->finish();
    }

    void append(const Study& study, const RunInput& run, const RunResult& result, const RunReader& reader,
                std::unique_ptr<CohortStoreWriter>& writer, std::vector<std::string>& regions) {
        if (!result.cleaned) {
            m_problems.emplace_back(run.id(), result.problem);
            return;
        }
        const TimeSeries& series = result.cleaned->series;
        if (!writer) {
            regions = series.regions;
            writer = std::make_unique<CohortStoreWriter>(
                m_output, regions, networksOf(reader.parcellation().get(), series), series.repetitionTime);
        }
        if (series.regions != regions)
            throw Error(ErrorKind::BadInput,
                        run.id() + " has other regions than the runs before it; all runs must be made with one atlas");
        const std::vector<float> values(series.values.begin(), series.values.end());
        writer->append(trainingInfoOf(study, run, series.volumeCount()), values);
        ++m_stored;
    }

    InputOptions m_options;
    std::filesystem::path m_output;
    std::vector<std::pair<std::string, std::string>> m_problems;
    std::size_t m_stored = 0;
};

}  // namespace

std::unique_ptr<Command> makeStore() { return std::make_unique<Store>(); }

}  // namespace chronnect::cli
