#include "core/io/SeriesFiles.h"
#include "tests/fuzz/Fuzz.h"

#include <filesystem>
#include <fstream>
#include <random>

using namespace chronnect;

namespace {

/// The library reads from a path only, so each process has one file that it writes again and again.
class ScratchFile {
public:
    ScratchFile() {
        std::random_device device;
        const std::filesystem::path memory = "/dev/shm";
        m_path = (std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path()) /
                 ("chronnect-fuzz-" + std::to_string(device()) + ".mat");
    }
    ~ScratchFile() {
        std::error_code ignored;
        std::filesystem::remove(m_path, ignored);
    }
    const std::filesystem::path& fill(std::string_view content) const {
        std::ofstream(m_path, std::ios::binary | std::ios::trunc).write(content.data(), static_cast<std::streamsize>(content.size()));
        return m_path;
    }

private:
    std::filesystem::path m_path;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ScratchFile file;
    const std::string_view content = fuzz::textOf(data, size);
    // MATLAB 7.3 is HDF5, whose library is tested by its own people and not fit for hostile files.
    if (content.find("\x89HDF") != content.npos) return 0;
    return fuzz::refuseOrAccept([&] {
        const SeriesFile read = readSeries(file.fill(content));
        if (read.series.values.size() != read.series.volumeCount() * read.series.regionCount()) __builtin_trap();
    });
}
