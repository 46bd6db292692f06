#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/MatCheck.h"
#include "core/io/SeriesSources.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#ifdef CHRONNECT_HAVE_MATIO
#include <matio.h>
#endif

namespace chronnect {

namespace fs = std::filesystem;

#ifdef CHRONNECT_HAVE_MATIO

namespace {

struct CloseMat {
    void operator()(mat_t* file) const { Mat_Close(file); }
};
struct FreeVariable {
    void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};
using MatHandle = std::unique_ptr<mat_t, CloseMat>;
using VariableHandle = std::unique_ptr<matvar_t, FreeVariable>;

std::size_t elementSize(matio_classes type) {
    switch (type) {
        case MAT_C_DOUBLE:
        case MAT_C_INT64:
        case MAT_C_UINT64: return 8;
        case MAT_C_SINGLE:
        case MAT_C_INT32:
        case MAT_C_UINT32: return 4;
        case MAT_C_INT16:
        case MAT_C_UINT16: return 2;
        case MAT_C_INT8:
        case MAT_C_UINT8: return 1;
        default: return 0;
    }
}

template <class T>
double elementAs(const void* data, std::size_t index) {
    return static_cast<double>(static_cast<const T*>(data)[index]);
}

double element(const matvar_t& variable, std::size_t index) {
    switch (variable.class_type) {
        case MAT_C_DOUBLE: return elementAs<double>(variable.data, index);
        case MAT_C_SINGLE: return elementAs<float>(variable.data, index);
        case MAT_C_INT64: return elementAs<mat_int64_t>(variable.data, index);
        case MAT_C_UINT64: return elementAs<mat_uint64_t>(variable.data, index);
        case MAT_C_INT32: return elementAs<mat_int32_t>(variable.data, index);
        case MAT_C_UINT32: return elementAs<mat_uint32_t>(variable.data, index);
        case MAT_C_INT16: return elementAs<mat_int16_t>(variable.data, index);
        case MAT_C_UINT16: return elementAs<mat_uint16_t>(variable.data, index);
        case MAT_C_INT8: return elementAs<mat_int8_t>(variable.data, index);
        default: return elementAs<mat_uint8_t>(variable.data, index);
    }
}

std::string textOf(const matvar_t* cell) {
    if (!cell || cell->class_type != MAT_C_CHAR || !cell->data || cell->rank != 2 || cell->data_size < 1 ||
        cell->nbytes > 4096)
        return {};
    std::string result;
    for (std::size_t i = 0; i + cell->data_size <= cell->nbytes; i += static_cast<std::size_t>(cell->data_size))
        result.push_back(static_cast<const char*>(cell->data)[i]);
    return result;
}

class MatFile : public ArrayFile {
public:
    explicit MatFile(const fs::path& path) : m_path(path), m_fileSize(fs::file_size(path)) {
        checkMatFile(path);
        const MatHandle file = open();
        std::set<std::string> called;
        while (const VariableHandle info{Mat_VarReadNextInfo(file.get())}) {
            if (!info->name) continue;
            const std::string name = info->name;
            if (!called.insert(name).second)  // by its name the library would load the first, whatever it is
                throw Error(ErrorKind::BadInput, "The .mat file holds two variables called '" + name + "'");
            if (info->class_type == MAT_C_CELL && isNameList(name)) m_nameLists.push_back(name);
            if (const std::size_t size = elementSize(info->class_type);
                size && !info->isComplex && plausible(*info, size))
                m_arrays.push_back({name, shapeOf(*info)});
            if (m_arrays.size() > 10000)
                throw Error(ErrorKind::BadInput, "The .mat file lists more than 10000 variables");
        }
    }

    std::vector<ArrayInfo> arrays() const override { return m_arrays; }

    NumericMatrix read(const std::string& name) const override {
        const VariableHandle variable = load(name);
        const auto shape = shapeOf(*variable);
        const std::size_t size = elementSize(variable->class_type);
        if (shape.size() != 2 || size == 0 || variable->isComplex || !variable->data ||
            variable->nbytes / size != shape[0] * shape[1])
            throw Error(ErrorKind::BadInput, "Variable '" + name + "' is cut off or damaged");
        NumericMatrix matrix;
        matrix.rows = shape[0];
        matrix.columns = shape[1];
        matrix.values.resize(matrix.rows * matrix.columns);
        for (std::size_t r = 0; r < matrix.rows; ++r)
            for (std::size_t c = 0; c < matrix.columns; ++c)
                matrix.values[r * matrix.columns + c] = element(*variable, c * matrix.rows + r);
        return matrix;
    }

    std::vector<std::string> names(std::size_t count) const override {
        for (const auto& list : m_nameLists) {
            const VariableHandle variable = load(list);
            if (variable->class_type != MAT_C_CELL || !variable->data) continue;
            if (variable->nbytes / sizeof(matvar_t*) != count) continue;
            std::vector<std::string> result;
            for (std::size_t i = 0; i < count; ++i)
                result.push_back(textOf(static_cast<matvar_t* const*>(variable->data)[i]));
            if (std::none_of(result.begin(), result.end(), [](const auto& text) { return text.empty(); }))
                return result;
        }
        return {};
    }

    double repetitionTime() const override {
        for (const char* name : {"repetition_time", "RepetitionTime", "TR", "tr", "t_r"}) {
            const auto found =
                std::find_if(m_arrays.begin(), m_arrays.end(), [&](const auto& a) { return a.name == name; });
            if (found == m_arrays.end() || found->shape != std::vector<std::size_t>{1, 1}) continue;
            const double value = read(name).values.front();
            if (value > 0 && value < 100) return value;
        }
        return 0.0;
    }

private:
    static bool isNameList(const std::string& name) {
        for (const char* known : {"regions", "names", "labels", "region_names", "roi_names", "ROI_names"})
            if (name == known) return true;
        return false;
    }

    static std::vector<std::size_t> shapeOf(const matvar_t& variable) {
        std::vector<std::size_t> shape;
        for (int i = 0; i < variable.rank; ++i)
            if (i < 2 || variable.dims[i] != 1) shape.push_back(variable.dims[i]);
        while (shape.size() > 2 && std::count(shape.begin(), shape.end(), std::size_t{1}))
            shape.erase(std::find(shape.begin(), shape.end(), std::size_t{1}));
        return shape;
    }

    /// Deflate shrinks by 1032 to 1 at most; a larger claim would only make the library allocate memory.
    bool plausible(const matvar_t& variable, std::size_t size) const {
        const std::size_t limit = m_fileSize * (variable.compression == MAT_COMPRESSION_NONE ? 8 : 8 * 1032);
        std::size_t bytes = size;
        for (int i = 0; i < variable.rank; ++i) {
            if (variable.dims[i] != 0 && bytes > limit / variable.dims[i])
                throw Error(ErrorKind::BadInput, "Variable '" + std::string(variable.name ? variable.name : "") +
                                                     "' claims more values than the file can hold; it is damaged");
            bytes *= variable.dims[i];
        }
        return bytes > 0;
    }

    MatHandle open() const {
        MatHandle file(Mat_Open(m_path.string().c_str(), MAT_ACC_RDONLY));
        if (!file) throw Error(ErrorKind::BadInput, "It is not a MATLAB file that matio can open");
        return file;
    }

    VariableHandle load(const std::string& name) const {
        const MatHandle file = open();
        VariableHandle variable(Mat_VarRead(file.get(), name.c_str()));
        if (!variable) throw Error(ErrorKind::BadInput, "Variable '" + name + "' cannot be read; the file is damaged");
        return variable;
    }

    fs::path m_path;
    std::size_t m_fileSize;
    std::vector<ArrayInfo> m_arrays;
    std::vector<std::string> m_nameLists;
};

void put(mat_t* file, matvar_t* variable) {
    const VariableHandle owned(variable);
    if (!owned || Mat_VarWrite(file, owned.get(), MAT_COMPRESSION_ZLIB) != 0)
        throw Error(ErrorKind::FileAccess, "Cannot write the .mat file; is the disk full?");
}

matvar_t* textVariable(const char* name, std::string text) {
    std::size_t size[] = {text.empty() ? 0u : 1u, text.size()};
    return Mat_VarCreate(name, MAT_C_CHAR, MAT_T_UTF8, 2, size, text.data(), 0);
}

}  // namespace

std::unique_ptr<ArrayFile> openMat(const fs::path& path) { return std::make_unique<MatFile>(path); }

void writeMat(const fs::path& path, std::span<const NamedArray> arrays) {
    writeAtomically(path, [&](const fs::path& temporary) {
        const MatHandle file(
            Mat_CreateVer(temporary.string().c_str(), "MATLAB 5.0 MAT-file, written by Chronnect", MAT_FT_MAT5));
        if (!file) throw Error(ErrorKind::FileAccess, "Cannot write " + path.string());
        for (const NamedArray& array : arrays) {
            // MATLAB has the first index running fastest.
            std::vector<double> turned(array.values.size());
            std::vector<std::size_t> index(array.shape.size(), 0), shape = array.shape;
            for (const float value : array.values) {
                std::size_t at = 0;
                for (std::size_t axis = shape.size(); axis-- > 0;) at = at * shape[axis] + index[axis];
                turned[at] = static_cast<double>(value);
                for (std::size_t axis = shape.size(); axis-- > 0;)
                    if (++index[axis] < shape[axis])
                        break;
                    else
                        index[axis] = 0;
            }
            if (shape.size() == 1) shape.push_back(1);
            put(file.get(), Mat_VarCreate(array.name.c_str(), MAT_C_DOUBLE, MAT_T_DOUBLE,
                                          static_cast<int>(shape.size()), shape.data(), turned.data(), 0));
        }
    });
}

void writeSeriesMat(const fs::path& path, const TimeSeries& series) {
    writeAtomically(path, [&](const fs::path& temporary) {
        const MatHandle file(
            Mat_CreateVer(temporary.string().c_str(), "MATLAB 5.0 MAT-file, written by Chronnect", MAT_FT_MAT5));
        if (!file) throw Error(ErrorKind::FileAccess, "Cannot write " + path.string());
        const std::size_t volumes = series.volumeCount(), regions = series.regionCount();
        std::vector<double> columns(series.values.size());
        for (std::size_t v = 0; v < volumes; ++v)
            for (std::size_t r = 0; r < regions; ++r) columns[r * volumes + v] = series.at(v, r);
        std::size_t shape[] = {volumes, regions}, one[] = {1, 1}, list[] = {regions, 1};
        put(file.get(), Mat_VarCreate("timeseries", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, shape, columns.data(), 0));
        double repetitionTime = series.repetitionTime;
        put(file.get(), Mat_VarCreate("repetition_time", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, one, &repetitionTime, 0));
        VariableHandle names(Mat_VarCreate("regions", MAT_C_CELL, MAT_T_CELL, 2, list, nullptr, 0));
        for (std::size_t r = 0; r < regions; ++r)
            Mat_VarSetCell(names.get(), static_cast<int>(r), textVariable(nullptr, series.regions[r]));
        put(file.get(), names.release());
    });
}

#else

std::unique_ptr<ArrayFile> openMat(const fs::path&) {
    throw Error(ErrorKind::Unsupported, "This build reads no MATLAB 4 to 7 files; save it as .npy, .tsv or MATLAB 7.3");
}

void writeMat(const fs::path& path, std::span<const NamedArray>) {
    throw Error(ErrorKind::Unsupported, "This build writes no MATLAB files: cannot write " + path.string());
}

void writeSeriesMat(const fs::path& path, const TimeSeries&) {
    throw Error(ErrorKind::Unsupported, "This build writes no MATLAB files: cannot write " + path.string());
}

#endif

}  // namespace chronnect
