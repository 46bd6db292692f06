#include "core/pipeline/Parity.h"

#include "core/base/Json.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/graph/Measures.h"
#include "core/graph/Thresholding.h"
#include "core/pipeline/VerificationData.h"
#include "core/signal/Censoring.h"
#include "core/signal/Clean.h"
#include "core/signal/FramewiseDisplacement.h"
#include "core/signal/TemporalFilter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace chronnect {

namespace {

using Numbers = std::vector<double>;

constexpr std::size_t regions = 8;
/// Closed forms; filters and regressions, whose rounding grows with their steps.
constexpr double exact = 1e-12, iterated = 1e-9;

Numbers numbersIn(std::string_view text) {
    Numbers numbers;
    std::istringstream stream{std::string(text)};
    stream.imbue(std::locale::classic());
    for (double value = 0; stream >> value;) numbers.push_back(value);
    return numbers;
}

/// All numbers of a list of numbers or of lists, in order.
Numbers flat(const Json& json) {
    if (json.isNumber()) return {json.number()};
    Numbers numbers;
    for (const Json& item : json.items()) {
        const Numbers inside = flat(item);
        numbers.insert(numbers.end(), inside.begin(), inside.end());
    }
    return numbers;
}

/// The pairs above the diagonal of a square matrix, in the order of edgeIndex.
Numbers pairsOf(const Json& matrix) {
    const Numbers all = flat(matrix);
    Numbers pairs;
    for (std::size_t a = 0; a < regions; ++a)
        for (std::size_t b = a + 1; b < regions; ++b) pairs.push_back(all[a * regions + b]);
    return pairs;
}

class Comparison {
public:
    Comparison() : m_reference(Json::parse(detail::verificationReference())) {
        m_series.repetitionTime = 2.0;
        m_series.values = numbersIn(detail::verificationSeries());
        for (std::size_t r = 0; r < regions; ++r) m_series.regions.push_back("R" + std::to_string(r + 1));
        m_confounds.values = numbersIn(detail::verificationConfounds());
        const std::size_t columns = m_confounds.values.size() / m_series.volumeCount();
        for (std::size_t c = 0; c < columns; ++c) m_confounds.names.push_back("c" + std::to_string(c + 1));
    }

    ParityTable table(const JobContext& context) {
        compareSignals();
        context.throwIfCancelled();
        compareConnectivity();
        compareGraphs();
        for (const auto& name : m_reference["versions"].keys())
            m_table.versions.emplace_back(name, m_reference["versions"][name].text());
        for (const auto& name : m_reference["not_compared"].items()) m_table.notCompared.push_back(name.text());
        return std::move(m_table);
    }

private:
    void compare(std::string quantity, std::string reference, const Numbers& ours, const Numbers& theirs,
                 double tolerance) {
        ParityRow row{std::move(quantity), std::move(reference), theirs.size(), 0, 0, 0, tolerance, false};
        if (ours.size() != theirs.size() || theirs.empty()) {
            row.ours = static_cast<double>(ours.size());
            row.theirs = static_cast<double>(theirs.size());
            row.difference = std::numeric_limits<double>::infinity();  // another number of values
            m_table.rows.push_back(std::move(row));
            return;
        }
        row.ours = ours.front();
        row.theirs = theirs.front();
        for (std::size_t i = 0; i < ours.size(); ++i) {
            const double difference = std::abs(ours[i] - theirs[i]) / std::max(1.0, std::abs(theirs[i]));
            if (difference <= row.difference) continue;  // not for NaN
            row.difference = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
            row.ours = ours[i];
            row.theirs = theirs[i];
        }
        row.passes = row.difference <= tolerance;
        m_table.rows.push_back(std::move(row));
    }
    void compare(std::string quantity, std::string reference, double ours, const Json& theirs, double tolerance) {
        compare(std::move(quantity), std::move(reference), Numbers{ours}, Numbers{theirs.number()}, tolerance);
    }

    Numbers firstRegion(const TimeSeries& series) const {
        Numbers values;
        for (std::size_t v = 0; v < series.volumeCount(); ++v) values.push_back(series.at(v, 0));
        return values;
    }

    Numbers cleaned(TemporalFilter filter) const {
        CleanSpec spec;
        spec.confounds = ConfoundStrategy::Custom;
        spec.confoundPattern = ".*";
        spec.filter = filter;
        spec.highPassHz = 0.01;
        spec.lowPassHz = 0.1;
        spec.filterOrder = 5;
        return firstRegion(clean(m_series, &m_confounds, spec).series);
    }

    void compareSignals() {
        Numbers signal = firstRegion(m_series);
        detrendLinear(signal);
        compare("linear detrend", "nilearn.signal", signal, flat(m_reference["detrend_linear_col0"]), exact);
        Numbers coefficients;
        for (const auto& section : butterworth(5, 0.01, 0.1, 0.5))
            coefficients.insert(coefficients.end(), section.begin(), section.end());
        compare("Butterworth coefficients, order 5", "scipy.signal.butter", coefficients,
                flat(m_reference["sos_order5_0.01_0.1_fs0.5"]), exact);
        signal = firstRegion(m_series);
        filterZeroPhase(signal, butterworth(5, 0.01, 0.1, 0.5));
        compare("zero-phase band-pass 0.01-0.1 Hz", "scipy.signal.sosfiltfilt", signal,
                flat(m_reference["butter_order5_0.01_0.1_TR2_sosfiltfilt_col0"]), iterated);
        signal = firstRegion(m_series);
        filterZeroPhase(signal, butterworth(2, 0.01, 0.08, 0.5), FilterPadding::Constant,
                        static_cast<int>(signal.size()) - 1);
        compare("band-pass 0.01-0.08 Hz, constant padding", "scipy.signal.sosfiltfilt (XCP-D)", signal,
                flat(m_reference["butter_order2_constant_pad_Tm1_col0 (XCP-D style)"]), iterated);
        compare("clean: detrend, confounds, z-score", "nilearn.signal.clean", cleaned(TemporalFilter::None),
                flat(m_reference["clean_detrend_conf_zscore_col0"]), iterated);
        compare("clean: detrend, band-pass, confounds, z-score", "nilearn.signal.clean",
                cleaned(TemporalFilter::Butterworth), flat(m_reference["clean_detrend_butter_conf_zscore_col0"]),
                iterated);
        compare("cosine drift regressors, 0.008 Hz", "nilearn create_cosine_drift",
                static_cast<double>(cosineDrift(m_series.volumeCount(), 2.0, 0.008).signals),
                m_reference["cosine_drift_0.008Hz_ncols(without constant)"], 0);
        compare("censored volumes, shortest stretch 5", "nilearn scrubbing", scrubbed(),
                flat(m_reference["optimize_scrub_out(min 5,n=120)"]), 0);
        compare("framewise displacement", "Power 2012 (NumPy)",
                framewiseDisplacement(
                    std::span<const double>(flat(m_reference["fd_power_motion(trans mm x3, rot rad x3)"]))),
                flat(m_reference["fd_power"]), exact);
    }

    Numbers scrubbed() const {
        std::vector<bool> keep(m_series.volumeCount(), true);
        for (const double volume : flat(m_reference["optimize_scrub_in"]))
            keep.at(static_cast<std::size_t>(volume)) = false;
        keep = withoutShortSegments(keep, 5);
        Numbers censored;
        for (std::size_t v = 0; v < keep.size(); ++v)
            if (!keep[v]) censored.push_back(static_cast<double>(v));
        return censored;
    }

    void compareConnectivity() {
        const ConnectivityMatrix matrix = staticConnectivity(m_series);
        compare("Pearson correlation", "numpy.corrcoef", matrix.edges, pairsOf(m_reference["pearson"]), exact);
        compare("Pearson correlation", "nilearn ConnectivityMeasure, empirical", matrix.edges,
                pairsOf(m_reference["nilearn_correlation_empirical"]), exact);
        Numbers z;
        for (const double r : matrix.edges) z.push_back(fisherZ(r));
        compare("Fisher z", "numpy.arctanh", z, pairsOf(m_reference["fisher_z_offdiag"]), exact);
        SlidingWindowSpec spec;
        spec.step = 1;
        const DynamicConnectivity dynamic = slidingWindowConnectivity(m_series, spec);
        compare("sliding windows of 30: count", "NumPy", static_cast<double>(dynamic.windowCount()),
                m_reference["sw_rect_W30_n"], 0);
        compare("sliding window, first", "numpy.corrcoef", windowCorrelation(m_series, 0, windowWeights(spec)),
                pairsOf(m_reference["sw_rect_W30_first"]), exact);
        compare("sliding window, last", "numpy.corrcoef", windowCorrelation(m_series, 90, windowWeights(spec)),
                pairsOf(m_reference["sw_rect_W30_last"]), exact);
        double sum = 0, squares = 0;
        const auto windows = static_cast<double>(dynamic.windowCount());
        for (std::size_t w = 0; w < dynamic.windowCount(); ++w) {
            const double r = windowCorrelation(m_series, w, windowWeights(spec))[0];
            sum += r / windows;
            squares += r * r / windows;
        }
        compare("standard deviation over windows, one pair", "NumPy", std::sqrt(squares - sum * sum),
                m_reference["sw_std_over_windows_ddof0_01"], exact);
        spec.taper = WindowTaper::Gaussian;
        spec.taperSigma = 5;
        compare("Gaussian window, weighted Pearson", "weighted formula (NumPy)",
                windowCorrelation(m_series, 0, windowWeights(spec)),
                pairsOf(m_reference["sw_gauss_weightedpearson_W30_sigma5_first"]), exact);
    }

    void compareThreshold() {
        DynamicConnectivity one;
        one.regions = m_series.regions;
        one.windowStarts = {0};
        one.windowLength = 120;
        for (const double r : pairsOf(m_reference["pearson"])) one.edges.push_back(static_cast<float>(r));
        ThresholdSpec half;
        half.rule = ThresholdRule::ProportionalAbsolute;
        half.percent = 50;
        const auto found = degrees(thresholdGraphs(one, half), 0);
        compare("proportional threshold 50 % of |r|: degrees", "bctpy threshold_proportional",
                {found.begin(), found.end()}, flat(m_reference["graph"]["degree"]), 0);
    }

    void compareGraphs() {
        compareThreshold();
        const Json& graph = m_reference["graph"];
        const Network weighted(pairsOf(m_reference["graph_W (|r|, proportional 0.5)"]), regions),
            binary = weighted.binary();
        std::vector<int> modules;
        for (const double module : flat(graph["partition"])) modules.push_back(static_cast<int>(module));
        const auto cores = coreness(weighted), parts = components(weighted);
        const auto list = [&](const char* name) { return flat(graph[name]); };
        compare("degree", "bctpy degrees_und", strengths(binary), list("degree"), 0);
        compare("strength", "bctpy strengths_und", strengths(weighted), list("strength"), exact);
        compare("density", "bctpy density_und", density(weighted), graph["density"], exact);
        compare("clustering, binary", "bctpy clustering_coef_bu", clustering(binary), list("clustering_bu"), exact);
        compare("clustering, weighted (Onnela)", "bctpy clustering_coef_wu", clustering(weighted),
                list("clustering_wu_onnela_unscaled"), exact);
        compare("transitivity", "bctpy transitivity_bu", transitivity(weighted), graph["transitivity_bu"], exact);
        compare("global efficiency, binary", "bctpy efficiency_bin", globalEfficiency(binary), graph["eglob_bin"],
                exact);
        compare("global efficiency, weighted", "bctpy efficiency_wei", globalEfficiency(weighted), graph["eglob_wei"],
                exact);
        compare("local efficiency, binary", "bctpy efficiency_bin", localEfficiency(binary), list("eloc_bin"), exact);
        compare("local efficiency, weighted (Wang 2016)", "bctpy efficiency_wei", localEfficiency(weighted),
                list("eloc_wei_wang2016"), exact);
        compare("characteristic path length", "bctpy charpath", characteristicPathLength(weighted),
                graph["charpath_wei"], exact);
        compare("betweenness, binary", "bctpy betweenness_bin", betweenness(binary), list("betweenness_bin_bct"),
                exact);
        compare("betweenness, weighted", "bctpy betweenness_wei", betweenness(weighted), list("betweenness_wei_bct"),
                iterated);
        compare("eigenvector centrality", "bctpy eigenvector_centrality_und", eigenvectorCentrality(weighted),
                list("eigenvector"), iterated);
        compare("PageRank 0.85", "bctpy pagerank_centrality", pageRank(weighted), list("pagerank_0_85"), iterated);
        compare("modularity of a fixed partition", "networkx modularity", modularity(weighted, modules),
                graph["modularity_Q_fixed_partition"], exact);
        compare("participation", "bctpy participation_coef", participation(weighted, modules), list("participation"),
                exact);
        compare("within-module z", "bctpy module_degree_zscore", withinModuleZ(weighted, modules),
                list("within_module_z_ddof0"), iterated);
        compare("assortativity", "bctpy assortativity_bin", assortativity(weighted), graph["assortativity_bin"], exact);
        compare("coreness", "networkx core_number", {cores.begin(), cores.end()}, list("kcore"), 0);
        compare("connected components", "networkx",
                static_cast<double>(parts.empty() ? 0 : *std::max_element(parts.begin(), parts.end()) + 1),
                graph["n_components"], 0);
    }

    Json m_reference;
    TimeSeries m_series;
    Confounds m_confounds;
    ParityTable m_table;
};

}  // namespace

bool ParityTable::passes() const {
    return !rows.empty() && std::all_of(rows.begin(), rows.end(), [](const ParityRow& row) { return row.passes; });
}

ParityTable compareWithReferences(const JobContext& context) { return Comparison().table(context); }

}  // namespace chronnect
