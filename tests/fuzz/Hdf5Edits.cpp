#include "tests/fuzz/Hdf5Edits.h"

#include <algorithm>
#include <array>
#include <vector>

namespace chronnect::fuzz {

namespace {

/// Identifiers of one edit, closed in reverse.
class Ids {
public:
    ~Ids() {
        for (auto at = m_ids.rbegin(); at != m_ids.rend(); ++at) H5Idec_ref(*at);
    }
    hid_t keep(hid_t id) {
        if (id >= 0) m_ids.push_back(id);
        return id;
    }

private:
    std::vector<hid_t> m_ids;
};

void remove(hid_t file, const std::string& name) {
    if (H5Lexists(file, name.c_str(), H5P_DEFAULT) > 0) H5Ldelete(file, name.c_str(), H5P_DEFAULT);
}

hid_t numberType(std::uint8_t choice) {
    const std::array<hid_t, 9> types{H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_STD_I32LE,   H5T_STD_U8LE, H5T_IEEE_F64BE,
                                     H5T_STD_I64LE,  H5T_STD_U64BE,  H5T_STD_REF_OBJ, H5T_C_S1};
    return types[choice % types.size()];
}

std::vector<hsize_t> extentOf(Input& input) {
    std::vector<hsize_t> extent(input.byte() % 6);
    for (hsize_t& size : extent) {
        size = input.byte();
        // Now and then an extent that no memory holds.
        if (const std::uint8_t more = input.byte(); more >= 192) size <<= 8 * (more % 6);
    }
    return extent;
}

void addDataset(hid_t file, const std::string& name, const std::filesystem::path& path, Input& input) {
    Ids ids;
    const hid_t type = numberType(input.byte());
    const auto extent = extentOf(input);
    const int rank = static_cast<int>(extent.size());
    const hid_t space = ids.keep(rank ? H5Screate_simple(rank, extent.data(), nullptr) : H5Screate(H5S_SCALAR));
    const hid_t properties = ids.keep(H5Pcreate(H5P_DATASET_CREATE));
    const std::uint8_t layout = input.byte();
    if (layout % 4 == 1 && rank > 0) {
        std::vector<hsize_t> chunk;
        for (const hsize_t size : extent) chunk.push_back(std::clamp<hsize_t>(size, 1, 1 + input.byte()));
        H5Pset_chunk(properties, rank, chunk.data());
        if (layout & 4) H5Pset_shuffle(properties);
        if (layout & 8) H5Pset_deflate(properties, 1);
        if (layout & 16) H5Pset_fletcher32(properties);
    } else if (layout % 4 == 2) {
        H5Pset_external(properties, path.c_str(), 0, H5F_UNLIMITED);
    } else if (layout % 4 == 3 && rank > 0) {
        H5Pset_virtual(properties, space, path.c_str(), "/", space);
    }
    const hid_t set = ids.keep(H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    hsize_t count = 1;
    for (const hsize_t size : extent) count = size > 4096 ? 4097 : std::min<hsize_t>(count * size, 4097);
    if (set < 0 || count > 4096 || layout % 4 >= 2) return;
    std::vector<std::uint8_t> values(count * H5Tget_size(type));
    for (std::size_t i = 0; i < values.size() && !input.empty(); ++i) values[i] = input.byte();
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

void addText(hid_t file, const std::string& name, Input& input) {
    Ids ids;
    const std::string text = input.text(input.byte());
    const hid_t type = ids.keep(H5Tcopy(H5T_C_S1));
    const std::uint8_t form = input.byte();
    H5Tset_size(type, form % 8 == 7 ? H5T_VARIABLE : std::max<std::size_t>(text.size(), 1));
    const hid_t space = ids.keep(H5Screate(H5S_SCALAR));
    const hid_t set = ids.keep(H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    const char* start = text.c_str();
    if (set >= 0)
        H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, form % 8 == 7 ? static_cast<const void*>(&start) : start);
}

/// Numbers and texts beside a part, as MATLAB's class names and our version numbers are.
void addAttribute(hid_t file, const std::string& name, Input& input) {
    Ids ids;
    const bool root = input.byte() % 2 == 0;
    const hid_t object = ids.keep(H5Oopen(file, root ? "/" : name.c_str(), H5P_DEFAULT));
    if (object < 0) return;
    static const std::array<const char*, 5> names{"format_version", "repetition_time", "MATLAB_class", "runs",
                                                  "degrees_of_freedom"};
    const char* called = names[input.byte() % names.size()];
    if (H5Aexists(object, called) > 0) H5Adelete(object, called);
    const hid_t space = ids.keep(H5Screate(H5S_SCALAR));
    std::string content = input.text(input.byte() % 80);
    const bool text = input.byte() % 2;
    const hid_t type = ids.keep(H5Tcopy(text ? H5T_C_S1 : numberType(input.byte() % 7)));
    if (text) H5Tset_size(type, std::max<std::size_t>(content.size(), 1));
    content.resize(std::max<std::size_t>(content.size(), 16));
    const hid_t attribute = ids.keep(H5Acreate2(object, called, type, space, H5P_DEFAULT, H5P_DEFAULT));
    if (attribute >= 0) H5Awrite(attribute, type, content.data());
}

void edit(hid_t file, std::span<const std::string> names, const std::filesystem::path& path, Input& input) {
    const std::uint8_t kind = input.byte() % 9;
    const std::string& name = names[input.byte() % names.size()];
    if (kind == 7) return addAttribute(file, name, input);
    if (kind == 8) {
        const std::string& other = names[input.byte() % names.size()];
        remove(file, other);
        H5Lmove(file, name.c_str(), file, other.c_str(), H5P_DEFAULT, H5P_DEFAULT);
        return;
    }
    remove(file, name);
    if (kind == 1 || kind == 2) addDataset(file, name, path, input);
    if (kind == 3) addText(file, name, input);
    if (kind == 4)
        H5Lcreate_soft(names[input.byte() % names.size()].c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    if (kind == 5) H5Lcreate_external(path.c_str(), "/", file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    if (kind == 6) H5Idec_ref(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

}  // namespace

void editHdf5(const std::filesystem::path& path, std::span<const std::string> names, Input& input) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    if (file < 0) __builtin_trap();
    const std::uint8_t cut = input.byte();
    for (int edits = 0; edits < 12 && !input.empty(); ++edits) edit(file, names, path, input);
    H5Fclose(file);
    if (cut % 8 == 7) std::filesystem::resize_file(path, std::filesystem::file_size(path) * cut / 256);
}

}  // namespace chronnect::fuzz
