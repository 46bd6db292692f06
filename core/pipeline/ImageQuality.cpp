#include "core/pipeline/ImageQuality.h"

#include "core/base/Error.h"
#include "core/imaging/Nifti.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace chronnect {

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

bool sameGrid(const VoxelGrid& a, const VoxelGrid& b) {
    if (a.size != b.size) return false;
    for (std::size_t i = 0; i < a.affine.size(); ++i)
        if (std::abs(a.affine[i] - b.affine[i]) > 1e-3) return false;
    return true;
}

double medianOf(std::vector<double> values) {
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    if (values.empty()) return notANumber;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Sums that give mean, trend and spread of every voxel. Values are taken from the first volume on, so that a large
/// mean does not swallow a small spread.
class VoxelSums {
public:
    void add(std::size_t t, std::span<const float> voxels) {
        if (t == 0) {
            m_first.assign(voxels.begin(), voxels.end());
            m_sum.assign(voxels.size(), 0);
            m_squares = m_trend = m_sum;
        }
        const double time = static_cast<double>(t);
        for (std::size_t v = 0; v < voxels.size(); ++v) {
            const double x = static_cast<double>(voxels[v]) - static_cast<double>(m_first[v]);
            m_sum[v] += x;
            m_squares[v] += x * x;
            m_trend[v] += time * x;
        }
        m_count = time + 1;
    }

    double mean(std::size_t v) const { return static_cast<double>(m_first[v]) + m_sum[v] / m_count; }

    /// sd (ddof 1) after the linear trend is taken out.
    double deviation(std::size_t v) const {
        const double middle = (m_count - 1) / 2, timeSquares = m_count * (m_count * m_count - 1) / 12;
        const double covariance = m_trend[v] - middle * m_sum[v];
        const double rest = m_squares[v] - m_sum[v] * m_sum[v] / m_count - covariance * covariance / timeSquares;
        return std::sqrt(std::max(0.0, rest) / (m_count - 1));
    }

private:
    std::vector<float> m_first;
    std::vector<double> m_sum, m_squares, m_trend;
    double m_count = 0;
};

/// The mask of the run, or the bright part of the first volume.
Volume maskOf(const RunInput& run, const VoxelGrid& grid, std::span<const float> firstVolume) {
    Volume mask;
    if (!run.mask.empty()) {
        mask = readVolume(run.mask);
        if (!sameGrid(mask.grid, grid))
            throw Error(ErrorKind::BadInput,
                        "The brain mask " + run.mask.string() + " lies on another grid than the image");
        for (float& value : mask.values) value = value > 0.5f ? 1.0f : 0.0f;
    } else {
        mask.grid = grid;
        float largest = 0;
        for (const float value : firstVolume)
            if (std::isfinite(value)) largest = std::max(largest, value);
        for (const float value : firstVolume) mask.values.push_back(value > largest / 5 ? 1.0f : 0.0f);
    }
    return mask;
}

/// Which voxels the carpet shows: evenly spaced, sorted by region with the rest at the end.
std::vector<std::size_t> carpetVoxels(const std::vector<std::size_t>& brain, const LabelVolume* labels,
                                      std::size_t rows) {
    std::vector<std::size_t> chosen;
    const std::size_t count = std::min(rows, brain.size());
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(brain[i * brain.size() / count]);
    if (labels)
        std::stable_sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) {
            const auto rank = [&](std::size_t v) {
                return labels->labels[v] > 0 ? labels->labels[v] : std::numeric_limits<std::int32_t>::max();
            };
            return rank(a) < rank(b);
        });
    return chosen;
}

/// Each row without its line, scaled to sd 1 (ddof 1).
void standardizeRows(Carpet& carpet) {
    const double n = static_cast<double>(carpet.volumes);
    for (std::size_t row = 0; row < carpet.rows; ++row) {
        float* x = carpet.values.data() + row * carpet.volumes;
        double mean = 0, trend = 0, squares = 0;
        for (std::size_t t = 0; t < carpet.volumes; ++t) mean += static_cast<double>(x[t]) / n;
        const auto time = [&](std::size_t t) { return static_cast<double>(t) - (n - 1) / 2; };
        for (std::size_t t = 0; t < carpet.volumes; ++t) trend += time(t) * (static_cast<double>(x[t]) - mean);
        trend /= n * (n * n - 1) / 12;
        for (std::size_t t = 0; t < carpet.volumes; ++t)
            squares += std::pow(static_cast<double>(x[t]) - mean - trend * time(t), 2);
        const double deviation = std::sqrt(squares / (n - 1));
        for (std::size_t t = 0; t < carpet.volumes; ++t) {
            const double rest = static_cast<double>(x[t]) - mean - trend * time(t);
            x[t] = deviation > 0 ? static_cast<float>(rest / deviation) : 0.0f;
        }
    }
}

/// Root mean square change between two volumes, and the mean of the second.
struct Change {
    double dvars = 0, mean = 0;
};
Change changeOf(const std::vector<std::size_t>& brain, std::span<const float> before, std::span<const float> now) {
    Change change;
    for (const std::size_t v : brain) {
        const double step = static_cast<double>(now[v]) - static_cast<double>(before[v]);
        change.dvars += step * step;
        change.mean += static_cast<double>(now[v]);
    }
    const double n = static_cast<double>(brain.size());
    return {std::sqrt(change.dvars / n), change.mean / n};
}

void finish(ImageQuality& quality, const VoxelSums& sums, const std::vector<std::size_t>& brain,
            const VoxelGrid& grid) {
    quality.mean = {grid, std::vector<float>(grid.voxelCount(), 0.0f)};
    quality.tsnr = quality.mean;
    for (std::size_t v = 0; v < grid.voxelCount(); ++v) quality.mean.values[v] = static_cast<float>(sums.mean(v));
    std::vector<double> ratios;
    for (const std::size_t v : brain) {
        const double deviation = sums.deviation(v);
        if (!(deviation > 0)) continue;
        ratios.push_back(sums.mean(v) / deviation);
        quality.tsnr.values[v] = static_cast<float>(ratios.back());
    }
    quality.medianTsnr = medianOf(std::move(ratios));
    const double usual = medianOf(quality.dvars);
    for (const double d : quality.dvars) quality.standardDvars.push_back(usual > 0 ? d / usual : notANumber);
    standardizeRows(quality.carpet);
}

}  // namespace

ImageQuality measureImage(const RunInput& run, const LabelVolume* labels, std::size_t carpetRows,
                          const JobContext& context) {
    const NiftiHeader header = readNiftiHeader(run.bold, context.silent());
    if (header.volumes < 3)
        throw Error(ErrorKind::BadInput, run.bold.string() + " has " + std::to_string(header.volumes) +
                                             " volumes; quality over time needs at least 3");
    if (labels && !sameGrid(labels->grid, header.grid))
        throw Error(ErrorKind::BadInput, "The labels lie on another grid than the image; resample them first");
    ImageQuality quality;
    VoxelSums sums;
    std::vector<std::size_t> brain, rows;
    std::vector<float> before;
    forEachVolume(run.bold, context, [&](std::size_t t, std::span<const float> voxels) {
        if (t == 0) {
            quality.mask = maskOf(run, header.grid, voxels);
            for (std::size_t v = 0; v < voxels.size(); ++v)
                if (quality.mask.values[v] > 0) brain.push_back(v);
            if (brain.empty()) throw Error(ErrorKind::BadInput, "The brain mask of " + run.id() + " is empty");
            rows = carpetVoxels(brain, labels, carpetRows);
            quality.carpet.rows = rows.size();
            quality.carpet.volumes = header.volumes;
            quality.carpet.values.resize(rows.size() * header.volumes);
            for (const std::size_t v : rows) quality.carpet.label.push_back(labels ? labels->labels[v] : 0);
            before.assign(voxels.begin(), voxels.end());
        }
        sums.add(t, voxels);
        const Change change = changeOf(brain, before, voxels);
        quality.dvars.push_back(t == 0 ? notANumber : change.dvars);
        quality.globalSignal.push_back(change.mean);
        for (std::size_t r = 0; r < rows.size(); ++r) quality.carpet.values[r * header.volumes + t] = voxels[rows[r]];
        std::copy(voxels.begin(), voxels.end(), before.begin());
        context.report(static_cast<double>(t + 1) / static_cast<double>(header.volumes), "Image quality");
    });
    quality.voxels = brain.size();
    finish(quality, sums, brain, header.grid);
    return quality;
}

}  // namespace chronnect
