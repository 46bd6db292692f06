#include "core/base/Error.h"
#include "core/base/Hdf5Lock.h"
#include "core/io/SeriesSources.h"

#include <hdf5.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

/// An HDF5 identifier closed by the function of its kind.
class Handle {
public:
    Handle(hid_t id, herr_t (*close)(hid_t)) : m_id(id), m_close(close) {}
    ~Handle() {
        if (m_id >= 0) m_close(m_id);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    operator hid_t() const { return m_id; }
    bool valid() const { return m_id >= 0; }

private:
    hid_t m_id;
    herr_t (*m_close)(hid_t);
};

/// Keeps the library from printing its error stack while this lives; the state belongs to the thread.
class QuietErrors {
public:
    QuietErrors() {
        H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;

private:
    H5E_auto2_t m_function = nullptr;
    void* m_data = nullptr;
};

/// MATLAB's own name for the type ("double", "char", "cell"), or empty.
std::string matlabClass(hid_t dataset) {
    if (H5Aexists(dataset, "MATLAB_class") <= 0) return {};
    const Handle attribute(H5Aopen(dataset, "MATLAB_class", H5P_DEFAULT), H5Aclose);
    const Handle type(H5Aget_type(attribute), H5Tclose);
    if (!attribute.valid() || !type.valid() || H5Tis_variable_str(type) > 0) return {};
    const std::size_t size = H5Tget_size(type);
    if (size == 0 || size > 64 || H5Tget_class(type) != H5T_STRING) return {};
    std::string text(size, '\0');
    if (H5Aread(attribute, type, text.data()) < 0) return {};
    return text.c_str();
}

bool isNumeric(hid_t dataset) {
    const Handle type(H5Dget_type(dataset), H5Tclose);
    const auto kind = H5Tget_class(type);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT) return false;
    const std::string name = matlabClass(dataset);
    return name != "char" && name != "cell" && name != "function_handle";
}

/// MATLAB's first axis is the last one of HDF5.
std::vector<std::size_t> matlabShape(hid_t dataset) {
    const Handle space(H5Dget_space(dataset), H5Sclose);
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1 || rank > 8) return {};
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space, dims.data(), nullptr);
    return {dims.rbegin(), dims.rend()};
}

/// Values that lie in this very file: a crafted one must not make us read another.
bool liesInFile(hid_t dataset) {
    const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
    return properties.valid() && H5Pget_external_count(properties) == 0 && H5Pget_layout(properties) != H5D_VIRTUAL;
}

/// Filters shrink by about 1032 to 1 at most; a larger claim would only allocate memory.
void checkClaim(hid_t dataset, const std::string& name, const std::vector<std::size_t>& shape) {
    const std::size_t limit = std::max<std::size_t>(H5Dget_storage_size(dataset), 1) * 1100;
    std::size_t count = 1;
    for (const std::size_t size : shape) {
        if (size != 0 && count > limit / size)
            throw Error(ErrorKind::BadInput,
                        "Variable '" + name + "' claims more values than the file holds; it is damaged");
        count *= size;
    }
}

std::vector<std::size_t> squeezed(const std::vector<std::size_t>& shape) {
    if (shape.size() <= 2) return shape;
    std::vector<std::size_t> result;
    for (const std::size_t size : shape)
        if (size != 1) result.push_back(size);
    while (result.size() < 2) result.push_back(1);
    return result;
}

class MatHdf5File : public ArrayFile {
public:
    /// Hold the lock of HDF5.
    explicit MatHdf5File(const fs::path& path)
        : m_file(std::in_place, H5Fopen(path.string().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose) {
        if (!m_file->valid())
            throw Error(ErrorKind::BadInput, "It is not a readable MATLAB 7.3 (HDF5) file; it may be cut off");
        hsize_t index = 0;
        if (H5Literate(*m_file, H5_INDEX_NAME, H5_ITER_INC, &index, &visit, this) < 0)
            throw Error(ErrorKind::BadInput, "The list of variables in the MATLAB 7.3 file is damaged");
    }

    ~MatHdf5File() override {
        const std::scoped_lock lock(hdf5Mutex());
        m_file.reset();
        m_quiet.reset();
    }

    std::vector<ArrayInfo> arrays() const override { return m_arrays; }

    NumericMatrix read(const std::string& name) const override {
        const std::scoped_lock lock(hdf5Mutex());
        const QuietErrors quiet;
        const Handle dataset(H5Dopen2(*m_file, name.c_str(), H5P_DEFAULT), H5Dclose);
        if (!dataset.valid()) throw Error(ErrorKind::BadInput, "Variable '" + name + "' cannot be opened");
        const auto full = matlabShape(dataset);
        const auto shape = squeezed(full);
        if (shape.size() != 2) throw Error(ErrorKind::Unsupported, "Variable '" + name + "' is not a matrix");
        checkClaim(dataset, name, full);
        std::vector<double> stored(shape[0] * shape[1]);
        if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored.data()) < 0)
            throw Error(ErrorKind::BadInput, "Variable '" + name +
                                                 "' cannot be read; the file is damaged or uses a "
                                                 "compression that is not installed");
        NumericMatrix matrix;
        matrix.rows = shape[0];
        matrix.columns = shape[1];
        matrix.values.resize(stored.size());
        for (std::size_t r = 0; r < matrix.rows; ++r)
            for (std::size_t c = 0; c < matrix.columns; ++c)
                matrix.values[r * matrix.columns + c] = stored[c * matrix.rows + r];
        return matrix;
    }

private:
    static herr_t visit(hid_t group, const char* name, const H5L_info_t* link, void* self) {
        if (link->type != H5L_TYPE_HARD) return 0;
        // A dataset that cannot be described is passed over; reading it by name gives the sentence.
        H5O_info_t info;
        if (H5Oget_info_by_name(group, name, &info, H5P_DEFAULT) < 0 || info.type != H5O_TYPE_DATASET) return 0;
        const Handle dataset(H5Dopen2(group, name, H5P_DEFAULT), H5Dclose);
        if (!dataset.valid() || !isNumeric(dataset) || !liesInFile(dataset)) return 0;
        static_cast<MatHdf5File*>(self)->m_arrays.push_back({name, squeezed(matlabShape(dataset))});
        return 0;
    }

    std::optional<QuietErrors> m_quiet{std::in_place};
    std::optional<Handle> m_file;
    std::vector<ArrayInfo> m_arrays;
};

}  // namespace

std::unique_ptr<ArrayFile> openMatHdf5(const fs::path& path) {
    const std::scoped_lock lock(hdf5Mutex());
    return std::make_unique<MatHdf5File>(path);
}

}  // namespace chronnect
