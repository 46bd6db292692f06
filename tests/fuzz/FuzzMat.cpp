#include "core/io/SeriesFiles.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/ScratchFile.h"

using namespace chronnect;

/// The library reads from a path only.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".mat");
    const std::string_view content = fuzz::textOf(data, size);
    // MATLAB 7.3 is HDF5, whose library is tested by its own people and not fit for hostile files.
    if (content.find("\x89HDF") != content.npos) return 0;
    return fuzz::refuseOrAccept([&] {
        const SeriesFile read = readSeries(file.fill(content));
        if (read.series.values.size() != read.series.volumeCount() * read.series.regionCount()) __builtin_trap();
    });
}
