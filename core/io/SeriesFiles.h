#pragma once

#include "core/base/Notice.h"
#include "core/data/TimeSeries.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace chronnect {

/// Which axis of a two-dimensional array is time.
enum class TimeAxis { Automatic, Rows, Columns };

struct SeriesReadSpec {
    TimeAxis timeAxis = TimeAxis::Automatic;  ///< Automatic: the longer axis, with a Question notice when unsure
    std::string variable;                     ///< array name in .mat / .npz; empty: the only (or largest) 2-D one
    double repetitionTime = 0.0;              ///< s; 0 = not known
};

struct SeriesFile {
    TimeSeries series;
    std::string variable;               ///< what was read
    std::vector<std::string> variables; ///< every 2-D numeric array in the file
    TimeAxis timeAxis = TimeAxis::Rows;
    Notices notices;
};

/// Region series from .npy, .npz, .tsv, .csv, .txt, .1D, .mat (v5 and v7.3). Throws Error.
SeriesFile readSeries(const std::filesystem::path& path, const SeriesReadSpec& spec = {});

/// XCP-D-like TSV: header = region names, rows = volumes, n/a for NaN. Atomic.
void writeSeriesTsv(const std::filesystem::path& path, const TimeSeries& series);

/// A dense array as NumPy writes it (format 1.0), C order.
struct Array {
    std::vector<std::size_t> shape;
    std::vector<double> values;
};
Array readNpy(const std::filesystem::path& path);
void writeNpy(const std::filesystem::path& path, std::span<const std::size_t> shape, std::span<const float> values);
void writeNpy(const std::filesystem::path& path, std::span<const std::size_t> shape, std::span<const double> values);

struct NamedArray {
    std::string name;
    std::vector<std::size_t> shape;
    std::vector<float> values;
};
/// Uncompressed .npz that numpy.load reads. Atomic.
void writeNpz(const std::filesystem::path& path, std::span<const NamedArray> arrays);

}  // namespace chronnect
