#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

/// Other programs that compute the same thing run beside ours; a test that finds none skips.
namespace chronnect::test {

/// Debian's interpreter, whose packages (python3-scipy, ...) are the peers; another one by CHRONNECT_PYTHON.
inline std::string python() {
    if (const char* given = std::getenv("CHRONNECT_PYTHON")) return given;
    return "/usr/bin/python3";
}

inline bool pythonHas(const std::string& module) {
    return std::system((python() + " -c \"import " + module + "\" >/dev/null 2>&1").c_str()) == 0;
}

/// Runs `script`, a path from the root of the sources, with the folder it reads from and writes to, and perhaps with
/// one that it only reads.
inline bool runPython(const std::string& script, const std::filesystem::path& folder,
                      const std::filesystem::path& sources = {}) {
    const auto path = (std::filesystem::path(CHRONNECT_TEST_DATA) / "../.." / script).lexically_normal();
    std::string words = python() + " \"" + path.string() + "\" \"" + folder.string() + "\"";
    if (!sources.empty()) words += " \"" + sources.string() + "\"";
    return std::system(words.c_str()) == 0;
}

}  // namespace chronnect::test

#define CHRONNECT_NEEDS_PYTHON(module) \
    if (!chronnect::test::pythonHas(module)) GTEST_SKIP() << "no " << module << " for " << chronnect::test::python()
