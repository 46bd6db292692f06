#include "app/cli/Console.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <mutex>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace chronnect::cli {

namespace {

using Clock = std::chrono::steady_clock;

bool errorIsTerminal() {
#ifdef _WIN32
    return _isatty(_fileno(stderr)) != 0;
#else
    return isatty(STDERR_FILENO) != 0;
#endif
}

/// Cuts a text to at most `width` bytes, not inside a UTF-8 sequence.
std::string cutTo(std::string_view text, std::size_t width) {
    if (text.size() <= width) return std::string(text);
    while (width > 0 && (static_cast<unsigned char>(text[width]) & 0xC0) == 0x80) --width;
    return std::string(text.substr(0, width));
}

}  // namespace

/// The line that says how far a run is. Reports may come from any thread and as often as they like.
class Console::Progress {
public:
    Progress(bool terminal, bool active) : m_terminal(terminal), m_active(active) {}

    void report(double fraction, std::string_view step) {
        if (!m_active) return;
        const std::lock_guard lock(m_mutex);
        const auto now = Clock::now();
        if (now - m_lastShown < (m_terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(1000))) return;
        m_lastShown = now;
        show(std::clamp(fraction, 0.0, 1.0), step, now);
    }

    void clear() {
        const std::lock_guard lock(m_mutex);
        if (m_terminal && m_shown) std::fputs("\r\033[K", stderr);
        m_shown = false;
    }

private:
    void show(double fraction, std::string_view step, Clock::time_point now) {
        char percent[16];
        std::snprintf(percent, sizeof percent, "%3.0f %%", 100 * fraction);
        std::string line = percent;
        if (!step.empty()) line += "  " + cutTo(step, 56);
        const double elapsed = std::chrono::duration<double>(now - m_start).count();
        // The first instants say nothing about the rest.
        if (fraction > 0.01 && elapsed > 1) line += "  " + durationText(elapsed * (1 - fraction) / fraction) + " left";
        if (m_terminal)
            std::fprintf(stderr, "\r\033[K%s", line.c_str());
        else
            std::fprintf(stderr, "%s\n", line.c_str());
        std::fflush(stderr);
        m_shown = true;
    }

    const bool m_terminal;
    const bool m_active;
    std::mutex m_mutex;
    const Clock::time_point m_start = Clock::now();
    Clock::time_point m_lastShown;
    bool m_shown = false;
};

Console::Console(Options options, std::stop_token stop)
    : m_options(options),
      m_stop(std::move(stop)),
      m_progress(
          std::make_shared<Progress>(errorIsTerminal(), !options.quiet && (options.progress || errorIsTerminal()))) {}

Console::~Console() { clearProgress(); }

void Console::say(std::string_view line) {
    if (m_options.json || (m_options.quiet && m_options.inFiles)) return;
    m_progress->clear();
    std::cout << line << '\n';
}

void Console::notice(const Notice& notice) {
    if (m_options.quiet) return;
    m_progress->clear();
    std::cerr << severityText(notice.severity) << ": " << notice.text << '\n';
}

void Console::notices(const Notices& list) {
    for (const auto& each : list) notice(each);
}

JobContext Console::context() const {
    return JobContext(
        m_stop, [progress = m_progress](double fraction, std::string_view step) { progress->report(fraction, step); });
}

bool Console::json() const { return m_options.json; }

void Console::clearProgress() { m_progress->clear(); }

std::string durationText(double seconds) {
    const auto total = static_cast<long long>(std::llround(std::max(0.0, seconds)));
    char text[64];
    if (total >= 3600)
        std::snprintf(text, sizeof text, "%lld h %02lld min", total / 3600, total / 60 % 60);
    else if (total >= 60)
        std::snprintf(text, sizeof text, "%lld min %02lld s", total / 60, total % 60);
    else
        std::snprintf(text, sizeof text, "%lld s", total);
    return text;
}

std::string numberText(double value) {
    if (!std::isfinite(value)) return "n/a";
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string_view severityText(Severity severity) {
    switch (severity) {
        case Severity::Information: return "note";
        case Severity::Warning: return "warning";
        case Severity::Question: return "question";
        case Severity::Blocking: return "blocking";
    }
    return "warning";
}

Json toJson(const Notices& notices) {
    Json result = Json::array();
    for (const auto& notice : notices)
        result.push(Json::object().set("severity", severityText(notice.severity)).set("text", notice.text));
    return result;
}

}  // namespace chronnect::cli
