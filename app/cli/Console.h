#pragma once

#include "core/base/JobContext.h"
#include "core/base/Json.h"
#include "core/base/Notice.h"

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace chronnect::cli {

/// Where a run talks to: results on standard output (text, or JSON alone), remarks and progress on standard error.
class Console {
public:
    struct Options {
        bool json = false;      ///< standard output carries one JSON value and nothing else
        bool quiet = false;     ///< no remarks, no progress
        bool inFiles = false;   ///< the result lies in files: under quiet nothing is said of it either
        bool progress = false;  ///< progress although standard error is no terminal
    };

    Console(Options options, std::stop_token stop);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    /// A line of the result for people; nothing under --json, nor under --quiet when it lies in files.
    void say(std::string_view line);
    /// A remark on standard error ("warning: ...").
    void notice(const Notice& notice);
    void notices(const Notices& notices);

    /// What computations are handed: reports into the progress line, stops on an interrupt.
    JobContext context() const;

    bool json() const;
    /// Removes the progress line so that other text can follow.
    void clearProgress();

private:
    class Progress;
    Options m_options;
    std::stop_token m_stop;
    std::shared_ptr<Progress> m_progress;
};

/// "1 h 05 min", "3 min 20 s", "12 s".
std::string durationText(double seconds);

/// Three significant digits, as numbers stand on a screen; "n/a" for what is no number.
std::string numberText(double value);

/// {"severity": "warning", "text": ...} for every notice.
Json toJson(const Notices& notices);
std::string_view severityText(Severity severity);

}  // namespace chronnect::cli
