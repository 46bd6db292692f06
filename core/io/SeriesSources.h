#pragma once

#include "core/base/Notice.h"
#include "core/io/SeriesFiles.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What readSeries is made of: one reader per format, all giving the same plain matrix.
namespace chronnect {

/// A matrix as it lies in the file, before anybody decided which axis is time.
struct NumericMatrix {
    std::size_t rows = 0, columns = 0;
    std::vector<double> values;  ///< row-major
    std::vector<std::string> columnNames, rowNames;
    double timeStep = 0.0;  ///< s, from a time column; 0 when there was none
    Notices notices;
};

/// An array in a file that can hold several.
struct ArrayInfo {
    std::string name;
    std::vector<std::size_t> shape;  ///< without axes of length 1 beyond the second
};

/// A file with named arrays (.npz, .mat).
class ArrayFile {
public:
    virtual ~ArrayFile() = default;
    virtual std::vector<ArrayInfo> arrays() const = 0;              ///< numeric and real ones only
    virtual NumericMatrix read(const std::string& name) const = 0;  ///< a two-dimensional one of arrays()
    /// Texts stored beside the arrays (cell array of names) with this many entries, or empty.
    virtual std::vector<std::string> names(std::size_t) const { return {}; }
    /// A stored number such as the repetition time, or 0.
    virtual double repetitionTime() const { return 0.0; }
};

std::unique_ptr<ArrayFile> openNpz(const std::filesystem::path& path);
std::unique_ptr<ArrayFile> openNpz(std::string archive);
/// MATLAB 4, 5 and 7 files; Error(Unsupported) in a build without matio.
std::unique_ptr<ArrayFile> openMat(const std::filesystem::path& path);
/// MATLAB 7.3 files, which are HDF5.
std::unique_ptr<ArrayFile> openMatHdf5(const std::filesystem::path& path);

/// The shape in the header of an .npy file. Throws Error(BadInput), Error(Unsupported) when its type is not numeric.
std::vector<std::size_t> npyShape(std::string_view bytes);

/// A named array as the bytes of an .npy file.
std::string npyBytesOf(const NamedArray& array);

/// Texts with numbers: commas, tabs, semicolons or white space; an optional header; `#` comments.
NumericMatrix parseSeriesText(std::string_view content);

/// The two-dimensional matrix of an array of any rank, axes of length 1 dropped. Throws Error(Unsupported).
NumericMatrix matrixOf(Array array, const std::string& name);

/// Which axis is time, judged from the values; adds a Question notice when unsure.
TimeAxis guessTimeAxis(const NumericMatrix& matrix, Notices& notices);

}  // namespace chronnect
