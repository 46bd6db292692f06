#include "core/store/detail/Hdf5.h"

#include "core/base/Error.h"
#include "core/base/Hdf5Lock.h"

#include <algorithm>
#include <limits>

namespace chronnect::detail {

namespace {

template <class T>
hid_t nativeType() {
    if constexpr (std::is_same_v<T, double>)
        return H5T_NATIVE_DOUBLE;
    else if constexpr (std::is_same_v<T, float>)
        return H5T_NATIVE_FLOAT;
    else if constexpr (std::is_same_v<T, int>)
        return H5T_NATIVE_INT;
    else
        return H5T_NATIVE_UCHAR;
}

template <class T>
hid_t storedType() {
    if constexpr (std::is_same_v<T, double>)
        return H5T_IEEE_F64LE;
    else if constexpr (std::is_same_v<T, float>)
        return H5T_IEEE_F32LE;
    else if constexpr (std::is_same_v<T, int>)
        return H5T_STD_I32LE;
    else
        return H5T_STD_U8LE;
}

/// Chunks of about a megabyte that keep whole rows where they can.
std::vector<hsize_t> chunkOf(const std::vector<hsize_t>& shape, std::size_t itemSize) {
    std::vector<hsize_t> chunk = shape;
    const hsize_t budget = (hsize_t{1} << 20) / itemSize;
    hsize_t inner = 1;
    for (std::size_t axis = chunk.size(); axis-- > 0;) {
        chunk[axis] = std::clamp<hsize_t>(budget / inner, 1, chunk[axis]);
        inner *= chunk[axis];
    }
    return chunk;
}

/// Deflate cannot do better than about 1032 to 1; more values than this stored bytes can hold are a lie.
constexpr hsize_t largestCompression = 1100;

}  // namespace

H5Session::H5Session() : m_lock(hdf5Mutex()) {
    // A file that a full disk kept from being closed is closed again when the program ends, and the library crashes
    // over it. All of ours is closed by hand, so nothing is lost without that.
    static const herr_t withoutFarewell = H5dont_atexit();
    static_cast<void>(withoutFarewell);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void H5Group::refuse(const std::string& name, const std::string& what) const {
    throw Error(ErrorKind::BadInput, m_path + name + " " + what);
}

/// A crafted file must not make us read another one.
void H5Group::refuseLink(const std::string& name) const {
    H5L_info_t link;
    if (H5Lget_info(m_handle.get(), name.c_str(), &link, H5P_DEFAULT) < 0) refuse(name, "is missing");
    if (link.type != H5L_TYPE_HARD) refuse(name, "points elsewhere");
}

H5Group H5Group::create(const std::string& name) const {
    H5Handle group(H5Gcreate2(m_handle.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    if (!group) throw Error(ErrorKind::FileAccess, "Cannot write " + m_path + name);
    return {std::move(group), m_path + name + "/"};
}

H5Group H5Group::open(const std::string& name) const {
    refuseLink(name);
    H5Handle group(H5Gopen2(m_handle.get(), name.c_str(), H5P_DEFAULT), H5Gclose);
    if (!group) refuse(name, "is missing");
    return {std::move(group), m_path + name + "/"};
}

bool H5Group::has(const std::string& name) const { return H5Lexists(m_handle.get(), name.c_str(), H5P_DEFAULT) > 0; }

H5Handle H5Group::openDataset(const std::string& name) const {
    refuseLink(name);
    H5Handle dataset(H5Dopen2(m_handle.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
    if (!dataset) refuse(name, "is missing");
    const H5Handle properties(H5Dget_create_plist(dataset.get()), H5Pclose);
    if (H5Pget_external_count(properties.get()) > 0 || H5Pget_layout(properties.get()) == H5D_VIRTUAL)
        refuse(name, "points outside the file");
    return dataset;
}

void H5Group::writeText(const std::string& name, std::string_view text) const {
    const H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), std::max<std::size_t>(text.size(), 1));
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const H5Handle dataset(
        H5Dcreate2(m_handle.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    const std::string terminated(text);  // an empty text still has one byte to write
    if (!dataset || H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, terminated.c_str()) < 0)
        throw Error(ErrorKind::FileAccess, "Cannot write " + m_path + name);
}

std::string H5Group::readText(const std::string& name) const {
    const H5Handle dataset = openDataset(name);
    const H5Handle type(H5Dget_type(dataset.get()), H5Tclose);
    const H5Handle space(H5Dget_space(dataset.get()), H5Sclose);
    if (!type || H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) > 0 ||
        H5Sget_simple_extent_npoints(space.get()) != 1)
        refuse(name, "is not a text");
    const std::size_t size = H5Tget_size(type.get());
    if (size > H5Dget_storage_size(dataset.get())) refuse(name, "declares more text than it stores");
    std::string text(size, '\0');
    if (H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()) < 0)
        refuse(name, "cannot be read");
    text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
    return text;
}

template <class T>
void H5Group::write(const std::string& name, std::span<const T> values, std::vector<std::size_t> shape) const {
    const std::vector<hsize_t> extent(shape.begin(), shape.end());
    const H5Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
    const H5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (!values.empty()) {
        const auto chunk = chunkOf(extent, sizeof(T));
        H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
        H5Pset_shuffle(properties.get());
        H5Pset_deflate(properties.get(), 4);
    }
    const H5Handle dataset(H5Dcreate2(m_handle.get(), name.c_str(), storedType<T>(), space.get(), H5P_DEFAULT,
                                      properties.get(), H5P_DEFAULT),
                           H5Dclose);
    if (!dataset ||
        (!values.empty() && H5Dwrite(dataset.get(), nativeType<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0))
        throw Error(ErrorKind::FileAccess, "Cannot write " + m_path + name);
}

template <class T>
std::vector<T> H5Group::read(const std::string& name, std::vector<long long> shape) const {
    const H5Handle dataset = openDataset(name);
    const H5Handle space(H5Dget_space(dataset.get()), H5Sclose);
    const H5Handle type(H5Dget_type(dataset.get()), H5Tclose);
    if (!space || !type || H5Sget_simple_extent_ndims(space.get()) != static_cast<int>(shape.size()) ||
        (H5Tget_class(type.get()) != H5T_FLOAT && H5Tget_class(type.get()) != H5T_INTEGER))
        refuse(name, "has another form than expected");
    std::vector<hsize_t> extent(shape.size());
    H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);

    const hsize_t most = (H5Dget_storage_size(dataset.get()) * largestCompression) / sizeof(T);
    hsize_t count = 1;
    for (std::size_t axis = 0; axis < extent.size(); ++axis) {
        if (shape[axis] >= 0 && extent[axis] != static_cast<hsize_t>(shape[axis]))
            refuse(name,
                   "has " + std::to_string(extent[axis]) + " entries where " + std::to_string(shape[axis]) + " belong");
        if (extent[axis] != 0 && count > std::numeric_limits<hsize_t>::max() / extent[axis])
            refuse(name, "declares more values than it stores");
        count *= extent[axis];
    }
    if (count > most) refuse(name, "declares more values than it stores");
    std::vector<T> values(count);
    if (count > 0 && H5Dread(dataset.get(), nativeType<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        refuse(name, "cannot be read");
    return values;
}

template void H5Group::write(const std::string&, std::span<const double>, std::vector<std::size_t>) const;
template void H5Group::write(const std::string&, std::span<const float>, std::vector<std::size_t>) const;
template void H5Group::write(const std::string&, std::span<const int>, std::vector<std::size_t>) const;
template void H5Group::write(const std::string&, std::span<const unsigned char>, std::vector<std::size_t>) const;
template std::vector<double> H5Group::read(const std::string&, std::vector<long long>) const;
template std::vector<float> H5Group::read(const std::string&, std::vector<long long>) const;
template std::vector<int> H5Group::read(const std::string&, std::vector<long long>) const;
template std::vector<unsigned char> H5Group::read(const std::string&, std::vector<long long>) const;

void H5Group::writeNumber(const std::string& name, double value) const {
    const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const H5Handle attribute(
        H5Acreate2(m_handle.get(), name.c_str(), H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!attribute || H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, &value) < 0)
        throw Error(ErrorKind::FileAccess, "Cannot write " + m_path + name);
}

double H5Group::readNumber(const std::string& name) const {
    const H5Handle attribute(H5Aopen(m_handle.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
    if (!attribute) refuse(name, "is missing");
    const H5Handle space(H5Aget_space(attribute.get()), H5Sclose);
    const H5Handle type(H5Aget_type(attribute.get()), H5Tclose);
    double value = 0;
    if (H5Sget_simple_extent_npoints(space.get()) != 1 ||
        (H5Tget_class(type.get()) != H5T_FLOAT && H5Tget_class(type.get()) != H5T_INTEGER) ||
        H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value) < 0)
        refuse(name, "is not a number");
    return value;
}

H5File::H5File(H5Handle file, H5Group root, std::string name)
    : m_file(std::move(file)), m_root(std::move(root)), m_name(std::move(name)) {}

H5File H5File::create(const std::filesystem::path& path, std::size_t userBlock) {
    const H5Handle properties(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_userblock(properties.get(), userBlock);
    H5Handle file(H5Fcreate(path.string().c_str(), H5F_ACC_TRUNC, properties.get(), H5P_DEFAULT), H5Fclose);
    if (!file) throw Error(ErrorKind::FileAccess, "Cannot write " + path.string());
    H5Handle root(H5Gopen2(file.get(), "/", H5P_DEFAULT), H5Gclose);
    return {std::move(file), H5Group(std::move(root), "/"), path.string()};
}

H5File H5File::open(const std::filesystem::path& path) {
    H5Handle file(H5Fopen(path.string().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    if (!file) throw Error(ErrorKind::BadInput, path.string() + " is not a readable HDF5 file");
    H5Handle root(H5Gopen2(file.get(), "/", H5P_DEFAULT), H5Gclose);
    if (!root) throw Error(ErrorKind::BadInput, path.string() + " is not a readable HDF5 file");
    return {std::move(file), H5Group(std::move(root), "/"), path.string()};
}

void H5File::close() {
    m_root = H5Group(H5Handle(), "/");
    const bool flushed = H5Fflush(m_file.get(), H5F_SCOPE_GLOBAL) >= 0;
    m_file = H5Handle();
    if (!flushed) throw Error(ErrorKind::FileAccess, "Cannot write " + m_name + ": is the disk full?");
}

}  // namespace chronnect::detail
