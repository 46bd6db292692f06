#pragma once

#include <cstdlib>
#include <filesystem>
#include <random>

namespace chronnect::test {

/// Reference values and real data, which lie beside the checkout; a test that needs them skips when they are missing.
inline std::filesystem::path sharedFolder() {
    if (const char* given = std::getenv("CHRONNECT_SHARED")) return given;
    return CHRONNECT_SHARED_DEFAULT;
}

inline bool hasShared() { return std::filesystem::exists(sharedFolder() / "reference" / "golden.json"); }

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::random_device device;
        m_path = std::filesystem::temp_directory_path() /
                 ("chronnect-test-" + std::to_string(device()) + std::to_string(device()));
        std::filesystem::create_directories(m_path);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

}  // namespace chronnect::test

#define CHRONNECT_NEEDS_SHARED() \
    if (!chronnect::test::hasShared()) GTEST_SKIP() << "reference data not found; set CHRONNECT_SHARED"
