#include "app/cli/Command.h"
#include "app/cli/Pictures.h"
#include "app/cli/PipelineInputs.h"
#include "core/base/Error.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/data/RegionMatch.h"
#include "core/io/Tables.h"
#ifdef CHRONNECT_HAS_PIPELINE
#include "core/imaging/Cifti.h"
#include "core/pipeline/Analysis.h"
#endif

#include <array>

namespace chronnect::cli {

enum class PictureOf { Connectome, Matrix };

}  // namespace chronnect::cli

namespace chronnect {
template <>
struct EnumNames<cli::PictureOf> {
    static constexpr std::array<std::string_view, 2> names{"connectome", "matrix"};
};
}  // namespace chronnect

namespace chronnect::cli {

namespace {

class Render : public Command {
public:
    std::string name() const override { return "render"; }
    std::string summary() const override { return "A picture of a run's connectivity, as a 3D connectome or a matrix"; }
    std::string details() const override {
        return "Draws the static connectivity of a run, or one window of it with --at-window. The connectome needs the regions' centres, from the "
               "atlas or its table. Without a display run it under xvfb-run. A matrix has networks (or regions) named beside it and a colour bar; it needs no display. A .pconn.nii is drawn as it is, with the rows of --atlas-table found by their names.";
    }
    std::string example() const override {
        return "chronnect-cli render demo-study --scan sub-01 --view top --output sub-01.png";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.spec(m_spec, "Windows");
        arguments.alias("--length", "--window");
        arguments.alias("--step", "--stride");
        arguments.group("Picture");
        arguments.path("--output", "FILE", m_output, "Where the picture is written (.png)", true);
        arguments.setting(m_kind, {"kind", "", "", "What is drawn"});
        arguments.text("--scan", "ID", m_scan, "Which run, by its id or a part of it; the first when not given");
        arguments.setting(m_window,
                          {"at_window", "", "index", "Which window, counted from 0; -1 = over the whole run", -1, 1e9});
        arguments.setting(m_picture.view, {"view", "", "", "From where the brain is seen"});
        arguments.setting(m_picture.percent, {"edges_percent", "", "%", "Share of the strongest pairs drawn", 0, 100});
        arguments.setting(m_picture.width, {"width", "", "pixels", "Width", 16, 8192});
        arguments.setting(m_picture.height, {"height", "", "pixels", "Height", 16, 8192});
        arguments.flag("--dark", m_picture.dark, "Dark background");
        arguments.flag("--labels", m_picture.labels, "Write the regions' names");
    }

    std::string missing() const override { return missingPictures(); }

    Json run(const Arguments& arguments, Console& console) override {
        const JobContext context = console.context();
#ifdef CHRONNECT_HAS_PIPELINE
        if (m_options.inputs.size() == 1 && isCiftiConnectivity(m_options.inputs.front()))
            return drawFinished(m_options.inputs.front(), console);
#endif
        keepOneRun(context);
        const Cohort cohort = loadCohort(m_options, arguments, console, context.part(0, 0.7));
        const std::vector<float> weights = weightsOf(*cohort.series.front(), context.part(0.7, 0.8));
        draw(*cohort.parcellation, weights, titleOf(cohort.runs.front().id()), lookOfSeries());
        context.report(1);
        console.say(cohort.runs.front().id() + " drawn in " + m_output.string());
        return Json::object().set("output", m_output.string()).set("run", cohort.runs.front().id());
    }

private:
    void draw(const Parcellation& parcellation, const std::vector<float>& weights, const std::string& title,
              const PictureSpec& look) const {
        if (m_kind == PictureOf::Matrix)
            writeMatrixPng(m_output, parcellation, weights, title, look);
        else
            writeConnectomePng(m_output, parcellation, weights, look);
    }

#ifdef CHRONNECT_HAS_PIPELINE
    /// A matrix that another program computed. Its file has names and no centres: those come from the atlas' table.
    Json drawFinished(const std::filesystem::path& file, Console& console) const {
        if (m_window >= 0)
            throw Error(ErrorKind::BadInput,
                        file.string() + " is a finished matrix without a series over time, so it has no windows");
        const ConnectivityMatrix matrix = readCiftiConnectivity(file);
        const Parcellation parcellation = m_options.atlasTable.empty()
                                              ? parcellationOf(TimeSeries{matrix.regions, 0, {}, {}})
                                              : rowsFor(matrix.regions, readRegionTable(m_options.atlasTable), console);
        PictureSpec look = m_picture;
        look.measure = "as in the file";
        draw(parcellation, {matrix.edges.begin(), matrix.edges.end()}, file.filename().string(), look);
        console.say(file.filename().string() + " drawn in " + m_output.string());
        return Json::object().set("output", m_output.string()).set("run", file.filename().string());
    }

    /// The table's rows for these regions: its order says nothing about the order of a matrix.
    Parcellation rowsFor(const std::vector<std::string>& names, const Parcellation& table, Console& console) const {
        RegionMatch match = matchRegions(table, names);
        if (!match.parcellation) throw Error(ErrorKind::BadInput, match.notices.front().text);
        for (const Notice& notice : match.notices) console.notice(notice);
        return std::move(*match.parcellation);
    }
#endif

    /// How the numbers were made, for the colour bar.
    PictureSpec lookOfSeries() const {
        PictureSpec look = m_picture;
        if (m_window < 0) return look;
        look.measure = m_spec.taper == WindowTaper::Rectangular ? "Pearson r" : "weighted Pearson r";
        if (m_spec.fisherZ) look.measure = "artanh(" + look.measure + ")";
        return look;
    }

    std::string titleOf(const std::string& run) const {
        if (m_window < 0) return run + ", whole run";
        return run + ", window " + std::to_string(m_window) + " (" + std::to_string(m_spec.length) + " volumes)";
    }

    /// Leaves only the run that was asked for, so that the others are not read.
    void keepOneRun(const JobContext& context) {
        m_options.onlyRun = m_scan.empty() ? openInputs(m_options, context.silent()).runs.front().id() : m_scan;
    }

#ifdef CHRONNECT_HAS_CONNECTIVITY
    DynamicConnectivity windowsOf(const TimeSeries& series, const JobContext& context) const {
        try {
            return slidingWindowConnectivity(series, m_spec, context);
        } catch (const Error& error) {
            throw Error("Cannot draw " + m_options.onlyRun, error);
        }
    }
#endif

    std::vector<float> weightsOf([[maybe_unused]] const TimeSeries& series,
                                 [[maybe_unused]] const JobContext& context) const {
#ifdef CHRONNECT_HAS_CONNECTIVITY
        if (m_window < 0) {
            const ConnectivityMatrix matrix = staticConnectivity(series);
            return {matrix.edges.begin(), matrix.edges.end()};
        }
        const DynamicConnectivity dynamic = windowsOf(series, context);
        if (static_cast<std::size_t>(m_window) >= dynamic.windowCount())
            throw Error(ErrorKind::BadInput, "There is no window " + std::to_string(m_window) + "; the run has " +
                                                 std::to_string(dynamic.windowCount()));
        const auto window = dynamic.window(static_cast<std::size_t>(m_window));
        return {window.begin(), window.end()};
#else
        throw Error(ErrorKind::Unsupported, missing());
#endif
    }

    InputOptions m_options;
    SlidingWindowSpec m_spec;
    std::filesystem::path m_output;
    PictureOf m_kind = PictureOf::Connectome;
    PictureSpec m_picture;
    std::string m_scan;
    int m_window = -1;
};

}  // namespace

std::unique_ptr<Command> makeRender() { return std::make_unique<Render>(); }

}  // namespace chronnect::cli
