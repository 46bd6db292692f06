#include "core/simulation/SimulationParts.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

namespace chronnect::simulation {

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t compCorCount = 6;

using Column = std::vector<double>;

/// Columns collected one by one, then written row by row.
class ColumnCollector {
public:
    void add(const std::string& name, Column values) {
        m_names.push_back(name);
        m_columns.push_back(std::move(values));
    }

    /// The column, its backward difference (n/a in the first volume) and the squares of both.
    void addExpanded(const std::string& name, const Column& values) {
        Column difference(values.size(), notANumber), square(values.size()),
            squaredDifference(values.size(), notANumber);
        for (std::size_t v = 0; v < values.size(); ++v) {
            square[v] = values[v] * values[v];
            if (v == 0) continue;
            difference[v] = values[v] - values[v - 1];
            squaredDifference[v] = difference[v] * difference[v];
        }
        add(name, values);
        add(name + "_derivative1", std::move(difference));
        add(name + "_power2", std::move(square));
        add(name + "_derivative1_power2", std::move(squaredDifference));
    }

    Confounds finish() const {
        Confounds result;
        result.names = m_names;
        const std::size_t volumes = m_columns.front().size();
        for (std::size_t v = 0; v < volumes; ++v)
            for (const auto& column : m_columns) result.values.push_back(column[v]);
        return result;
    }

private:
    std::vector<std::string> m_names;
    std::vector<Column> m_columns;
};

std::string numbered(const char* name, std::size_t index) {
    char text[40];
    std::snprintf(text, sizeof text, "%s_%02zu", name, index);
    return text;
}

/// Power et al. 2012: sum of absolute changes, rotations as arcs on a sphere of 50 mm. n/a in the first volume.
Column framewiseDisplacement(const HeadMotion& motion) {
    const std::size_t volumes = motion.jerk.size();
    Column result(volumes, notANumber);
    for (std::size_t v = 1; v < volumes; ++v) {
        double sum = 0;
        for (std::size_t k = 0; k < 6; ++k)
            sum += (k < 3 ? 1 : 50) * std::abs(motion.parameters[v * 6 + k] - motion.parameters[(v - 1) * 6 + k]);
        result[v] = sum;
    }
    return result;
}

/// Root mean square change over the regions' voxels: their signal and the thermal noise that a voxel adds.
Column dvarsOf(const TimeSeries& observed, double voxelNoise) {
    Column result(observed.volumeCount(), notANumber);
    for (std::size_t v = 1; v < result.size(); ++v) {
        double sum = 0;
        for (std::size_t n = 0; n < observed.regionCount(); ++n)
            sum += std::pow(observed.at(v, n) - observed.at(v - 1, n), 2);
        result[v] = std::sqrt(sum / static_cast<double>(observed.regionCount()) + 2 * voxelNoise * voxelNoise);
    }
    return result;
}

double medianOfFinite(Column values) {
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Discrete cosine set of fMRIPrep's 128 s high-pass.
std::vector<Column> cosines(std::size_t volumes, double repetitionTime) {
    const double n = static_cast<double>(volumes);
    const auto order = static_cast<std::size_t>(std::floor(2 * n * repetitionTime / 128));
    std::vector<Column> result;
    for (std::size_t k = 1; k <= order; ++k) {
        Column column(volumes);
        for (std::size_t v = 0; v < volumes; ++v)
            column[v] = std::sqrt(2 / n) *
                        std::cos(std::numbers::pi / n * (static_cast<double>(v) + 0.5) * static_cast<double>(k));
        result.push_back(std::move(column));
    }
    return result;
}

struct TissueSample {
    std::array<double, 3> place;
    bool fluid;
};

/// Places in the ventricles and in deep white matter.
std::vector<TissueSample> tissueSamples() {
    std::vector<TissueSample> samples;
    for (const double side : {-1.0, 1.0}) {
        for (const double y : {-30.0, -15.0, 0.0, 12.0}) samples.push_back({{side * 8, y, 16}, true});
        for (const double y : {-45.0, -25.0, -5.0, 15.0, 30.0})
            for (const double z : {15.0, 30.0}) samples.push_back({{side * 26, y, z}, false});
    }
    return samples;
}

/// Principal components of the tissue signals after the cosine set is taken out, unit norm, as aCompCor makes them.
std::vector<Column> compCor(Eigen::MatrixXd signals, const std::vector<Column>& slow) {
    for (Eigen::Index s = 0; s < signals.cols(); ++s) {
        auto column = signals.col(s);
        column.array() -= column.mean();
        for (const auto& basis : slow) {
            const Eigen::Map<const Eigen::VectorXd> b(basis.data(), static_cast<Eigen::Index>(basis.size()));
            column -= b * b.dot(column);
        }
        const double norm = column.norm();
        if (norm > 0) column /= norm;
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(signals.transpose() * signals);
    std::vector<Column> components;
    for (std::size_t k = 0; k < compCorCount; ++k) {
        Eigen::VectorXd component =
            signals * solver.eigenvectors().col(signals.cols() - 1 - static_cast<Eigen::Index>(k));
        Eigen::Index peak = 0;
        component.cwiseAbs().maxCoeff(&peak);
        component *= (component(peak) < 0 ? -1 : 1) / std::max(component.norm(), 1e-300);
        components.emplace_back(component.data(), component.data() + component.size());
    }
    return components;
}

/// Mean signals of fluid, white matter and the whole brain in scanner units, and the components of the first two.
void addTissue(ColumnCollector& columns, const SimulatedSubject& subject, const ArtefactCourses& artefacts,
               const TimeSeries& observed, Random& random) {
    const auto samples = tissueSamples();
    const std::size_t volumes = observed.volumeCount();
    const double thermal = 0.2 * subject.noiseLevel + 0.02;
    Eigen::MatrixXd signals(static_cast<Eigen::Index>(volumes), static_cast<Eigen::Index>(samples.size()));
    Column fluid(volumes, 0), white(volumes, 0), global(volumes, 0);
    double fluidCount = 0, whiteCount = 0;
    for (std::size_t s = 0; s < samples.size(); ++s) {
        const auto course = artefactAt(artefacts, samples[s].place);
        (samples[s].fluid ? fluidCount : whiteCount) += 1;
        for (std::size_t v = 0; v < volumes; ++v) {
            const double value = course[v] * (samples[s].fluid ? 1.3 : 0.8) + thermal * random.normal();
            signals(static_cast<Eigen::Index>(v), static_cast<Eigen::Index>(s)) = value;
            (samples[s].fluid ? fluid : white)[v] += value;
        }
    }
    for (std::size_t v = 0; v < volumes; ++v) {
        double sum = 0;
        for (const double value : observed.row(v)) sum += value;
        global[v] = 9500 * (1 + 0.01 * sum / static_cast<double>(observed.regionCount()));
        fluid[v] = 12500 * (1 + 0.01 * fluid[v] / fluidCount);
        white[v] = 8200 * (1 + 0.01 * white[v] / whiteCount);
    }
    columns.addExpanded("csf", fluid);
    columns.addExpanded("white_matter", white);
    columns.addExpanded("global_signal", global);
    const auto slow = cosines(volumes, observed.repetitionTime);
    const auto components = compCor(std::move(signals), slow);
    for (std::size_t k = 0; k < components.size(); ++k) columns.add(numbered("a_comp_cor", k), components[k]);
    for (std::size_t k = 0; k < slow.size(); ++k) columns.add(numbered("cosine", k), slow[k]);
}

}  // namespace

Confounds makeConfounds(const SimulatedStudy& study, const SimulatedSubject& subject, const HeadMotion& motion,
                        const ArtefactCourses& artefacts, const TimeSeries& observed, Random random) {
    const auto volumes = static_cast<std::size_t>(study.spec.volumes);
    ColumnCollector columns;
    addTissue(columns, subject, artefacts, observed, random);
    const Column dvars = dvarsOf(observed, subject.noiseLevel);
    const Column displacement = framewiseDisplacement(motion);
    const double usual = medianOfFinite(dvars);
    Column standardDvars = dvars, scannerDvars = dvars;
    for (std::size_t v = 0; v < volumes; ++v) {
        standardDvars[v] /= usual;
        scannerDvars[v] *= 95;  // percent of 9500
    }
    columns.add("dvars", std::move(scannerDvars));
    columns.add("std_dvars", standardDvars);
    columns.add("framewise_displacement", displacement);
    constexpr const char* names[] = {"trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"};
    for (std::size_t k = 0; k < 6; ++k) {
        Column column(volumes);
        for (std::size_t v = 0; v < volumes; ++v) column[v] = motion.parameters[v * 6 + k];
        columns.addExpanded(names[k], column);
    }
    std::size_t outliers = 0;
    for (std::size_t v = 1; v < volumes; ++v) {
        if (!(displacement[v] > 0.5 || standardDvars[v] > 1.5)) continue;
        Column mark(volumes, 0);
        mark[v] = 1;
        columns.add(numbered("motion_outlier", outliers++), std::move(mark));
    }
    return columns.finish();
}

}  // namespace chronnect::simulation
