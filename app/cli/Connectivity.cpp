#include "app/cli/Command.h"
#include "app/cli/PipelineInputs.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/io/Tables.h"
#ifdef CHRONNECT_HAS_PIPELINE
#include "core/imaging/Cifti.h"
#endif

#include <algorithm>
#include <array>
#include <cmath>

namespace chronnect::cli {

enum class MatrixFormat { Npy, Tsv, Relmat, Csv, Mat };

}  // namespace chronnect::cli

namespace chronnect {
template <>
struct EnumNames<cli::MatrixFormat> {
    static constexpr std::array<std::string_view, 5> names{"npy", "tsv", "relmat", "csv", "mat"};
};
}  // namespace chronnect

namespace chronnect::cli {

namespace {

namespace fs = std::filesystem;

std::string cellOf(double value) { return std::isfinite(value) ? Json(value).dump(-1) : std::string("n/a"); }

/// Symmetric matrix as a table with names on both axes (relmat) or bare with a header.
template <class At>
Table matrixTable(const std::vector<std::string>& regions, bool named, At&& at) {
    Table table;
    if (named) table.columns.emplace_back("Node");
    table.columns.insert(table.columns.end(), regions.begin(), regions.end());
    for (std::size_t a = 0; a < regions.size(); ++a) {
        std::vector<std::string> row;
        if (named) row.push_back(regions[a]);
        for (std::size_t b = 0; b < regions.size(); ++b) row.push_back(cellOf(at(a, b)));
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// Every cell of the header in quotation marks, since names of regions may hold commas.
std::string csvOf(const Table& table) {
    std::string text;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        std::string name = "\"";
        for (const char letter : table.columns[c]) name += letter == '"' ? "\"\"" : std::string(1, letter);
        text += (c ? "," : "") + name + "\"";
    }
    for (const auto& row : table.rows) {
        text += '\n';
        for (std::size_t c = 0; c < row.size(); ++c) text += (c ? "," : "") + row[c];
    }
    return text + '\n';
}

/// artanh of the diagonal's 1 is infinite, so a Fisher z matrix has none.
double diagonalOf(const SlidingWindowSpec& spec) { return spec.fisherZ ? std::nan("") : 1.0; }

class Connectivity : public Command {
public:
    std::string name() const override { return "connectivity"; }
    std::string summary() const override { return "Sliding-window or static connectivity of every run"; }
    std::string details() const override {
        return "npy and mat write one array per run (windows x regions x regions, or regions x regions with --static); relmat writes one "
               "table per window with region names on both axes, tsv the same without the first column, csv the same with commas. A "
               "JSON file beside them says how they were computed and when each window starts. A .pconn.nii is a finished matrix: with --static it "
               "is written in these forms.";
    }
    std::string example() const override {
        return "chronnect-cli connectivity series --output connectivity --length 30 --step 2";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.spec(m_spec, "Windows");
        arguments.alias("--length", "--window");
        arguments.alias("--step", "--stride");
        arguments.group("Output");
        arguments.path("--output", "FOLDER", m_output, "Where the matrices are written", true);
        arguments.setting(m_format, {"format", "", "", "How matrices are written"});
        arguments.flag("--static", m_static, "One matrix over the whole run instead of windows");
    }

    std::string missing() const override {
#ifdef CHRONNECT_HAS_CONNECTIVITY
        return {};
#else
        return "This build computes no connectivity outside training: install Eigen and configure it again.";
#endif
    }

    Json run(const Arguments& arguments, Console& console) override {
        const JobContext context = console.context();
#ifdef CHRONNECT_HAS_PIPELINE
        if (m_options.inputs.size() == 1 && isCiftiConnectivity(m_options.inputs.front()))
            return writeFinished(m_options.inputs.front(), console);
#endif
        const Cohort cohort = loadCohort(m_options, arguments, console, context.part(0, 0.4));
        fs::create_directories(m_output);
        Json runs = Json::array();
        for (std::size_t i = 0; i < cohort.runs.size(); ++i) {
            const double from = 0.4 + 0.6 * static_cast<double>(i) / static_cast<double>(cohort.runs.size());
            const double to = 0.4 + 0.6 * static_cast<double>(i + 1) / static_cast<double>(cohort.runs.size());
            runs.push(writeOrLeaveOut(cohort.runs[i].id(), *cohort.series[i], console, context.part(from, to)));
        }
        const auto wasLeftOut = [](const Json& run) { return run.contains("problem"); };
        if (std::all_of(runs.items().begin(), runs.items().end(), wasLeftOut))
            throw Error(ErrorKind::BadInput, "No run gave connectivity; the first, " + runs.items()[0]["run"].text() +
                                                 ": " + runs.items()[0]["problem"].text());
        return Json::object()
            .set("output", m_output.string())
            .set("input", toJson(cohort))
            .set("runs", std::move(runs));
    }

private:
#ifdef CHRONNECT_HAS_PIPELINE
    /// A matrix that another program computed: written in the form asked for, with nothing to cut into windows.
    Json writeFinished(const fs::path& file, Console& console) const {
        if (!m_static)
            throw Error(ErrorKind::BadInput,
                        file.string() +
                            " is a finished matrix without a series over time: give --static to write it "
                            "in another form, or the .ptseries.nii that it was computed from");
        const ConnectivityMatrix matrix = readCiftiConnectivity(file);
        const std::string name = file.filename().string(), id = name.substr(0, name.size() - 10);
        fs::create_directories(m_output);
        writeMatrix(m_output / (id + "_relmat"), matrix.regions,
                    [&](std::size_t a, std::size_t b) { return a == b ? 1.0 : matrix.at(a, b); });
        writeDescription(m_output / (id + "_relmat.json"), matrix);
        console.say(id + "  " + matrix.kind + ", " + std::to_string(matrix.regionCount()) + " parcels");
        Json runs = Json::array();
        runs.push(Json::object().set("run", id).set("kind", matrix.kind).set("regions", matrix.regionCount()));
        return Json::object().set("output", m_output.string()).set("runs", std::move(runs));
    }
#endif

    /// A run that is too short must not cost the others theirs.
    Json writeOrLeaveOut(const std::string& id, const TimeSeries& series, Console& console,
                         const JobContext& context) const {
        try {
            return writeRun(id, series, console, context);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::BadInput) throw;
            console.notice({Severity::Warning, id + " is left out: " + error.what()});
            return Json::object().set("run", id).set("problem", error.what());
        }
    }

    Json writeRun(const std::string& id, const TimeSeries& series, Console& console, const JobContext& context) const {
#ifdef CHRONNECT_HAS_CONNECTIVITY
        if (!m_static) return writeWindows(id, slidingWindowConnectivity(series, m_spec, context), console, context);
        context.throwIfCancelled();
        const ConnectivityMatrix matrix = staticConnectivity(series);
        const fs::path base = m_output / (id + "_stat-pearsoncorrelation_relmat");
        writeMatrix(base, matrix.regions, [&](std::size_t a, std::size_t b) { return matrix.at(a, b); });
        writeDescription(base.string() + ".json", matrix);
        context.report(1, id);
        console.say(id + "  " + matrix.kind + " over " + std::to_string(series.volumeCount()) + " volumes");
        return Json::object().set("run", id).set("kind", matrix.kind).set("regions", matrix.regionCount());
#else
        static_cast<void>(id), static_cast<void>(series), static_cast<void>(console), static_cast<void>(context);
        return {};
#endif
    }

    /// What an array does not say: the names of its rows, and how it was computed.
    static void writeDescription(const fs::path& path, const ConnectivityMatrix& matrix) {
        const Json json = Json::object()
                              .set("Description", matrix.kind)
                              .set("Regions", Json(matrix.regions))
                              .set("SoftwareVersion", versionText());
        writeFileAtomically(path, json.dump());
    }

    template <class At>
    void writeMatrix(const fs::path& base, const std::vector<std::string>& regions, At&& at) const {
        if (isArray()) {
            std::vector<float> values;
            for (std::size_t a = 0; a < regions.size(); ++a)
                for (std::size_t b = 0; b < regions.size(); ++b) values.push_back(static_cast<float>(at(a, b)));
            writeArray(base.string(), {regions.size(), regions.size()}, std::move(values));
        } else if (m_format == MatrixFormat::Csv) {
            writeFileAtomically(base.string() + ".csv", csvOf(matrixTable(regions, false, at)));
        } else {
            writeTable(base.string() + ".tsv", matrixTable(regions, m_format == MatrixFormat::Relmat, at));
        }
    }

    bool isArray() const { return m_format == MatrixFormat::Npy || m_format == MatrixFormat::Mat; }

    void writeArray(const std::string& base, std::vector<std::size_t> shape, std::vector<float> values) const {
        if (m_format == MatrixFormat::Npy) return writeNpy(base + ".npy", shape, std::span<const float>(values));
        const std::array<NamedArray, 1> arrays{{{"connectivity", std::move(shape), std::move(values)}}};
        writeMat(base + ".mat", arrays);
    }

    Json writeWindows(const std::string& id, const DynamicConnectivity& dynamic, Console& console,
                      const JobContext& context) const {
        const std::size_t regions = dynamic.regionCount(), windows = dynamic.windowCount();
        const auto valueAt = [&](std::size_t w, std::size_t a, std::size_t b) -> double {
            if (a == b) return diagonalOf(m_spec);
            return dynamic.window(w)[edgeIndex(std::min(a, b), std::max(a, b), regions)];
        };
        const std::string stem = id + "_stat-pearsoncorrelation";
        if (isArray()) {
            std::vector<float> values;
            values.reserve(windows * regions * regions);
            for (std::size_t w = 0; w < windows; ++w) {
                context.throwIfCancelled();
                for (std::size_t a = 0; a < regions; ++a)
                    for (std::size_t b = 0; b < regions; ++b) values.push_back(static_cast<float>(valueAt(w, a, b)));
            }
            writeArray((m_output / (stem + "_dynamic")).string(), {windows, regions, regions}, std::move(values));
        } else {
            for (std::size_t w = 0; w < windows; ++w) {
                context.throwIfCancelled();
                std::string number = std::to_string(w);
                number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
                writeMatrix(m_output / (stem + "_window-" + number + "_relmat"), dynamic.regions,
                            [&](std::size_t a, std::size_t b) { return valueAt(w, a, b); });
            }
        }
        writeFileAtomically(m_output / (stem + "_dynamic.json"), description(dynamic).dump());
        context.report(1, id);
        console.say(id + "  " + std::to_string(windows) + " windows of " + std::to_string(dynamic.windowLength) +
                    " volumes, " + std::to_string(regions) + " regions");
        return Json::object().set("run", id).set("windows", windows).set("regions", regions);
    }

    Json description(const DynamicConnectivity& dynamic) const {
        return Json::object()
            .set("Description", dynamic.howComputed)
            .set("RepetitionTime", dynamic.repetitionTime > 0 ? Json(dynamic.repetitionTime) : Json())
            .set("WindowLength", dynamic.windowLength)
            .set("WindowStarts", Json(dynamic.windowStarts))
            .set("WindowCentres", Json(dynamic.windowCentres))
            .set("Regions", Json(dynamic.regions))
            .set("Settings", toJson(m_spec))
            .set("SoftwareVersion", versionText());
    }

    InputOptions m_options;
    SlidingWindowSpec m_spec;
    fs::path m_output;
    MatrixFormat m_format = MatrixFormat::Npy;
    bool m_static = false;
};

}  // namespace

std::unique_ptr<Command> makeConnectivity() { return std::make_unique<Connectivity>(); }

}  // namespace chronnect::cli
