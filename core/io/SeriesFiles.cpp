#include "core/io/SeriesFiles.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/Bytes.h"
#include "core/io/SeriesSources.h"
#include "core/io/Text.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t textLimit = std::size_t{2} << 30;

std::string shapeText(const std::vector<std::size_t>& shape) {
    std::string result;
    for (std::size_t i = 0; i < shape.size(); ++i) result += (i ? " x " : "") + std::to_string(shape[i]);
    return result;
}

bool isMatrix(const ArrayInfo& info) { return info.shape.size() == 2; }
bool isVector(const ArrayInfo& info) { return isMatrix(info) && std::min(info.shape[0], info.shape[1]) < 2; }
std::size_t sizeOf(const ArrayInfo& info) { return info.shape[0] * info.shape[1]; }

std::string listOf(const std::vector<ArrayInfo>& arrays) {
    std::string result;
    for (std::size_t i = 0; i < arrays.size() && i < 20; ++i)
        result += (i ? ", " : "") + ("'" + arrays[i].name + "' (" + shapeText(arrays[i].shape) + ")");
    return arrays.size() > 20 ? result + ", ..." : result;
}

/// The array to read: the one asked for, or the largest matrix.
ArrayInfo chosen(const std::vector<ArrayInfo>& arrays, const std::string& wanted, Notices& notices) {
    if (!wanted.empty()) {
        const auto found = std::find_if(arrays.begin(), arrays.end(), [&](const auto& a) { return a.name == wanted; });
        if (found == arrays.end())
            throw Error(ErrorKind::BadInput, "It has no numeric array '" + wanted + "'; it has " +
                                                 (arrays.empty() ? "none" : listOf(arrays)));
        if (!isMatrix(*found))
            throw Error(ErrorKind::Unsupported, "Array '" + wanted + "' is " + shapeText(found->shape) +
                                                    "; region series need two axes, volumes and regions");
        return *found;
    }
    std::vector<ArrayInfo> matrices;
    std::copy_if(arrays.begin(), arrays.end(), std::back_inserter(matrices), isMatrix);
    if (std::any_of(matrices.begin(), matrices.end(), [](const auto& m) { return !isVector(m); }))
        std::erase_if(matrices, isVector);
    if (matrices.empty())
        throw Error(ErrorKind::BadInput, "It holds no two-dimensional numeric array" +
                                             (arrays.empty() ? std::string() : "; it has " + listOf(arrays)));
    std::stable_sort(matrices.begin(), matrices.end(),
                     [](const auto& a, const auto& b) { return sizeOf(a) > sizeOf(b); });
    if (matrices.size() > 1) {
        const bool clear = sizeOf(matrices[0]) / 4 > sizeOf(matrices[1]);
        notices.push_back(
            {clear ? Severity::Information : Severity::Question,
             "The file holds " + listOf(matrices) + "; the largest, '" + matrices[0].name + "', was read"});
    }
    return matrices.front();
}

NumericMatrix readArrayFile(const ArrayFile& file, const SeriesReadSpec& spec, SeriesFile& result) {
    const auto arrays = file.arrays();
    for (const auto& info : arrays)
        if (isMatrix(info)) result.variables.push_back(info.name);
    const ArrayInfo info = chosen(arrays, spec.variable, result.notices);
    result.variable = info.name;
    NumericMatrix matrix = file.read(info.name);
    matrix.timeStep = file.repetitionTime();
    if (const auto names = file.names(matrix.columns); !names.empty())
        matrix.columnNames = names;
    else if (matrix.rows != matrix.columns)
        matrix.rowNames = file.names(matrix.rows);
    return matrix;
}

bool isHdf5(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    char head[520] = {};
    file.read(head, sizeof head);
    constexpr std::string_view signature{"\x89HDF\r\n\x1a\n", 8};
    return std::string_view(head, 8) == signature || std::string_view(head + 512, 8) == signature;
}

NumericMatrix readMatrix(const fs::path& path, const SeriesReadSpec& spec, SeriesFile& result) {
    const std::string extension = text::lower(path.extension().string());
    if (extension == ".npy") {
        result.variable = path.stem().string();
        result.variables = {result.variable};
        return matrixOf(parseNpy(readFile(path, std::size_t{4} << 30)), path.filename().string());
    }
    if (extension == ".npz") return readArrayFile(*openNpz(path), spec, result);
    if (extension == ".mat") {
        if (!fs::exists(path)) throw Error(ErrorKind::FileAccess, "The file does not exist");
        return readArrayFile(isHdf5(path) ? *openMatHdf5(path) : *openMat(path), spec, result);
    }
    const auto& known = seriesExtensions();
    if (std::find(known.begin(), known.end(), extension) == known.end())
        throw Error(
            ErrorKind::Unsupported,
            "Region series are read from .npy, .npz, .mat, .tsv, .csv, .txt and .1D files, not '" + extension + "'");
    result.variable = path.stem().string();
    result.variables = {result.variable};
    return parseSeriesText(text::toUtf8(readFile(path, textLimit), "The file"));
}

/// Whether exactly one axis is as long as there must be regions.
bool isExpected(const NumericMatrix& matrix, const SeriesReadSpec& spec) {
    return (matrix.columns == spec.expectedRegions) != (matrix.rows == spec.expectedRegions);
}

TimeAxis axisOf(const NumericMatrix& matrix, const SeriesReadSpec& spec, Notices& notices) {
    if (spec.timeAxis != TimeAxis::Automatic) return spec.timeAxis;
    if (!matrix.rowNames.empty()) return TimeAxis::Columns;
    if (!matrix.columnNames.empty()) return TimeAxis::Rows;
    if (isExpected(matrix, spec)) return matrix.columns == spec.expectedRegions ? TimeAxis::Rows : TimeAxis::Columns;
    return guessTimeAxis(matrix, notices);
}

std::vector<std::string> numberedNames(std::size_t count) {
    const std::size_t digits = std::to_string(count).size();
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= count; ++i) {
        const std::string number = std::to_string(i);
        names.push_back("ROI_" + std::string(digits - number.size(), '0') + number);
    }
    return names;
}

/// Turns the matrix the right way round and notes what is odd about it.
void fill(SeriesFile& result, NumericMatrix matrix) {
    const bool rows = result.timeAxis == TimeAxis::Rows;
    const std::size_t volumes = rows ? matrix.rows : matrix.columns, regions = rows ? matrix.columns : matrix.rows;
    TimeSeries& series = result.series;
    series.regions = rows ? matrix.columnNames : matrix.rowNames;
    if (series.regions.size() != regions) series.regions = numberedNames(regions);
    std::size_t infinite = 0, unusable = 0;
    if (rows) {
        series.values = std::move(matrix.values);
    } else {
        series.values.resize(matrix.values.size());
        for (std::size_t r = 0; r < regions; ++r)
            for (std::size_t v = 0; v < volumes; ++v) series.values[v * regions + r] = matrix.values[r * volumes + v];
    }
    for (double& value : series.values)
        if (std::isinf(value)) {
            value = std::numeric_limits<double>::quiet_NaN();
            ++infinite;
        }
    for (std::size_t r = 0; r < regions; ++r) {
        bool constant = true;
        for (std::size_t v = 0; v < volumes && constant; ++v)
            constant = std::isnan(series.at(v, r)) || series.at(v, r) == series.at(0, r);
        unusable += constant;
    }
    if (infinite)
        result.notices.push_back(
            {Severity::Warning, std::to_string(infinite) + " infinite values were read as missing"});
    if (unusable && volumes > 1)
        result.notices.push_back(
            {Severity::Warning, std::to_string(unusable) + " of " + std::to_string(regions) +
                                    " regions are constant or missing; they stay in place as such"});
}

}  // namespace

const std::vector<std::string>& seriesExtensions() {
    static const std::vector<std::string> extensions{".npy", ".npz", ".mat", ".tsv", ".csv", ".txt", ".1d", ".dat"};
    return extensions;
}

SeriesFile readSeries(const fs::path& path, const SeriesReadSpec& spec) {
    try {
        SeriesFile result;
        NumericMatrix matrix = readMatrix(path, spec, result);
        if (matrix.rows < 2 || matrix.columns < 1 || matrix.values.size() < 2)
            throw Error(ErrorKind::BadInput, "The array is " + std::to_string(matrix.rows) + " x " +
                                                 std::to_string(matrix.columns) + ", too small for region series");
        result.notices.insert(result.notices.end(), matrix.notices.begin(), matrix.notices.end());
        result.timeAxis = axisOf(matrix, spec, result.notices);
        result.axisStated = spec.timeAxis != TimeAxis::Automatic || !matrix.rowNames.empty() ||
                            !matrix.columnNames.empty() || isExpected(matrix, spec);
        result.series.repetitionTime = spec.repetitionTime > 0 ? spec.repetitionTime : matrix.timeStep;
        fill(result, std::move(matrix));
        return result;
    } catch (const Error& error) {
        throw Error("Cannot read region series " + path.string(), error);
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::OutOfMemory, "Not enough memory to read region series " + path.string());
    }
}

NumericMatrix matrixOf(Array array, const std::string& name) {
    std::vector<std::size_t> shape;
    for (std::size_t i = 0; i < array.shape.size(); ++i)
        if (array.shape[i] != 1) shape.push_back(array.shape[i]);
    if (array.shape.size() == 2) shape = array.shape;
    if (shape.size() == 1) shape.push_back(1);
    if (shape.size() != 2)
        throw Error(ErrorKind::Unsupported,
                    "Array " + name + " is " + shapeText(array.shape) +
                        "; region series need two axes, volumes and regions: save one run per file");
    NumericMatrix matrix;
    matrix.rows = shape[0];
    matrix.columns = shape[1];
    matrix.values = std::move(array.values);
    return matrix;
}

void writeSeriesTsv(const fs::path& path, const TimeSeries& series) {
    std::string out;
    for (std::size_t r = 0; r < series.regionCount(); ++r) {
        std::string name = series.regions[r];
        for (char& c : name)
            if (c == '\t' || c == '\n' || c == '\r') c = ' ';
        out += (r ? "\t" : "") + name;
    }
    out += '\n';
    for (std::size_t v = 0; v < series.volumeCount(); ++v)
        for (std::size_t r = 0; r < series.regionCount(); ++r)
            out += text::fromNumber(series.at(v, r)) + (r + 1 < series.regionCount() ? '\t' : '\n');
    writeFileAtomically(path, out);
}

}  // namespace chronnect
