#include "core/io/StatedMotion.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/io/Tables.h"
#include "core/io/Text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

double beside(const fs::path& series) {
    if (series.empty()) return notANumber;
    const fs::path sidecar = fs::path(series).replace_extension(".json");
    std::error_code ignored;
    if (!fs::is_regular_file(sidecar, ignored)) return notANumber;
    try {
        return Json::parse(readFile(sidecar, std::size_t{16} << 20))["Quality"]["mean_fd_mm"].number(notANumber);
    } catch (const Error&) {
        return notANumber;  // motion is a remark beside the series, which do not need this file
    }
}

/// "func_mean_fd", "Mean FD" and "meanFD" are one name.
bool namesMeanFd(const std::string& column) {
    std::string name = text::lower(column);
    std::erase_if(name, [](unsigned char c) { return !std::isalnum(c); });
    for (const char* known : {"meanfd", "fdmean", "meanfdmm", "funcmeanfd", "meanfdpower", "meanframewisedisplacement",
                              "framewisedisplacementmean"})
        if (name == known) return true;
    return false;
}

double inTable(const Study& study, const RunInput& run) {
    const int row = study.participantRow(run.subject);
    if (row < 0) return notANumber;
    const std::string session = "_ses-" + run.session;
    double ofPerson = notANumber;
    for (std::size_t column = 0; column < study.participants.columns.size(); ++column) {
        std::string name = study.participants.columns[column];
        const bool ofSession = !run.session.empty() && name.ends_with(session);
        if (ofSession) name.resize(name.size() - session.size());
        if (!namesMeanFd(name)) continue;
        const double value = study.participants.number(static_cast<std::size_t>(row), column).value_or(notANumber);
        if (ofSession) return value;
        if (std::isnan(ofPerson)) ofPerson = value;
    }
    return ofPerson;
}

}  // namespace

double statedMeanFd(const Study& study, const RunInput& run) {
    for (const double value : {beside(run.series), inTable(study, run)})
        if (std::isfinite(value) && value >= 0) return value;
    return notANumber;
}

double meanFdOf(const Study& study, const RunInput& run) {
    Confounds table;
    try {
        if (!run.confounds.empty()) table = readConfounds(run.confounds);
    } catch (const Error&) {
        table = {};  // motion is a remark beside the series, which were read without it
    }
    const auto column = table.column("framewise_displacement");
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t volume = 0; column && volume < table.volumeCount(); ++volume)
        if (const double fd = table.at(volume, *column); std::isfinite(fd)) {
            sum += fd;
            ++count;
        }
    return count ? sum / static_cast<double>(count) : statedMeanFd(study, run);
}

}  // namespace chronnect
