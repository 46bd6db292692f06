#pragma once

#include "core/base/Files.h"
#include "core/base/Json.h"
#include "tests/support/TestPaths.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chronnect::test {

/// What a call of chronnect-cli left.
struct Outcome {
    int code = -1;  ///< exit code; 128 + signal when a signal ended it
    std::string out, err;
    double secondsAfterSignal = 0;
    double peakMegabytes = 0;  ///< most memory it held

    /// Standard output as the one JSON value it must be. Throws Error when it is not.
    Json json() const { return Json::parse(out); }
};

/// When to interrupt a call.
struct Interruption {
    std::function<bool()> due;  ///< asked every few milliseconds
    int signal = 2;             ///< SIGINT
};

/// Runs a line of Python 3 with NumPy, without single quotes; false where there is none or it fails. The system's own
/// Python comes before others on the path.
bool python(const std::string& script);

/// Whether this build carries out the command; one without imaging, for instance, extracts nothing.
bool can(const std::string& command);

#define CHRONNECT_NEEDS(command) \
    if (!::chronnect::test::can(command)) GTEST_SKIP() << "this build has no " << command

/// Runs the real program with these words and waits. Its standard streams are files, so no terminal is seen.
Outcome chronnectCli(const std::vector<std::string>& words, const std::optional<Interruption>& interruption = {});

/// Runs it in `size` processes that train together, as torchrun would start them; `interruption` goes to the last one.
std::vector<Outcome> chronnectCliTogether(int size, const std::vector<std::string>& words,
                                          const std::optional<Interruption>& interruption = {});

/// A simulated study of 6 people (two of them twice) with 80 volumes, written once per test program.
const std::filesystem::path& smallStudy();

/// Its series as `extract` writes them.
const std::filesystem::path& smallSeries();

/// Pearson correlation of two equally long stretches.
double correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace chronnect::test
