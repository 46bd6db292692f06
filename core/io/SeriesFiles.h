#pragma once

#include "core/base/Notice.h"
#include "core/data/NamedArray.h"
#include "core/data/TimeSeries.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chronnect {

struct SeriesReadSpec {
    /// Automatic: rows where the file has a header of names, else what the numbers say (regions that are each demeaned,
    /// or that keep their own level, give the axis away), else the longer axis with a Question notice when unsure.
    TimeAxis timeAxis = TimeAxis::Automatic;
    std::string variable;         ///< array name in .mat / .npz; empty: the only (or largest) 2-D one
    double repetitionTime = 0.0;  ///< s; 0 = not known
    /// How many regions there must be, because a model takes no other number: decides the axis before the numbers do
    /// where exactly one axis is as long; 0 = not known.
    std::size_t expectedRegions = 0;
};

struct SeriesFile {
    TimeSeries series;
    std::string variable;                ///< what was read
    std::vector<std::string> variables;  ///< every 2-D numeric array in the file
    TimeAxis timeAxis = TimeAxis::Rows;
    bool axisStated = false;  ///< by names in the file or by the caller; else timeAxis is a guess from the numbers
    Notices notices;
};

/// Region series from .npy, .npz, .tsv, .csv, .txt, .1D, .mat (v4 to v7 through matio, v7.3 as HDF5). Nothing is
/// allocated by a declared size before the file is known to hold as much. Infinite values become NaN. Throws Error.
SeriesFile readSeries(const std::filesystem::path& path, const SeriesReadSpec& spec = {});

/// The endings readSeries understands, lower case, with the dot.
const std::vector<std::string>& seriesExtensions();

/// XCP-D-like TSV: header = region names, rows = volumes, n/a for NaN. Atomic.
void writeSeriesTsv(const std::filesystem::path& path, const TimeSeries& series);

/// A dense array as NumPy writes it (format 1.0), C order.
struct Array {
    std::vector<std::size_t> shape;
    std::vector<double> values;
};
/// Formats 1 to 3, any real, integer or truth type, either byte order, C or Fortran order. Throws Error(BadInput) when
/// the file is cut off, Error(Unsupported) for objects, records, texts and complex numbers.
Array readNpy(const std::filesystem::path& path);
Array parseNpy(std::string_view bytes);
void writeNpy(const std::filesystem::path& path, std::span<const std::size_t> shape, std::span<const float> values);
void writeNpy(const std::filesystem::path& path, std::span<const std::size_t> shape, std::span<const double> values);

/// Uncompressed .npz that numpy.load reads. Atomic.
void writeNpz(const std::filesystem::path& path, std::span<const NamedArray> arrays);

/// MATLAB 5 file with these arrays as doubles. Throws Error(Unsupported) when the program was built without matio.
void writeMat(const std::filesystem::path& path, std::span<const NamedArray> arrays);

/// MATLAB 5 file with the series as a volumes x regions double array `timeseries`, `regions` as a cell of names and
/// `repetition_time`. Throws Error(Unsupported) when the program was built without matio.
void writeSeriesMat(const std::filesystem::path& path, const TimeSeries& series);

}  // namespace chronnect
