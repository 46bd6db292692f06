#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

namespace chronnect::fuzz {

/// A file in memory for readers that take a path: each process has its own and writes it again and again.
class ScratchFile {
public:
    explicit ScratchFile(const std::string& ending) {
        std::random_device device;
        const std::filesystem::path memory = "/dev/shm";
        m_path = (std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path()) /
                 ("chronnect-fuzz-" + std::to_string(device()) + ending);
    }
    ~ScratchFile() {
        std::error_code ignored;
        std::filesystem::remove(m_path, ignored);
    }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    const std::filesystem::path& fill(std::string_view content) const {
        std::ofstream(m_path, std::ios::binary | std::ios::trunc)
            .write(content.data(), static_cast<std::streamsize>(content.size()));
        return m_path;
    }

private:
    std::filesystem::path m_path;
};

}  // namespace chronnect::fuzz
