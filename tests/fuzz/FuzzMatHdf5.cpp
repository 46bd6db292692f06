#include "core/io/SeriesFiles.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/Hdf5Edits.h"
#include "tests/fuzz/ScratchFile.h"

#include <array>

using namespace chronnect;

namespace {

const std::array<std::string, 4> names{"ts", "label", "b", "c"};

/// What MATLAB 7.3 files begin with.
std::string emptyFile() {
    const fuzz::ScratchFile scratch(".mat");
    const auto& path = scratch.fill({});
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, 512);
    H5Fclose(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT));
    H5Pclose(creation);
    std::ifstream stream(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    const std::string head = "MATLAB 7.3 MAT-file, Platform: GLNXA64";
    return bytes.replace(0, head.size(), head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".mat");
    static const std::string whole = emptyFile();
    fuzz::Input input(data, size);
    const auto& path = file.fill(whole);
    fuzz::editHdf5(path, names, input);
    SeriesReadSpec spec;
    for (const std::string& name : {std::string(), names[0]})
        fuzz::refuseOrAccept([&] {
            spec.variable = name;
            const SeriesFile read = readSeries(path, spec);
            if (read.series.values.size() != read.series.volumeCount() * read.series.regionCount()) __builtin_trap();
        });
    return 0;
}
