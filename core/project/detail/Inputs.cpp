#include "core/project/detail/Inputs.h"

#include "core/base/Files.h"

#include <fstream>

namespace chronnect::detail {

namespace fs = std::filesystem;

namespace {

std::string headDigest(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string head(std::size_t{64} << 10, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return sha256(head);
}

double sizeOf(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? -1.0 : static_cast<double>(size);
}

bool isThere(const fs::path& path) {
    std::error_code ignored;
    return !path.empty() && fs::exists(path, ignored);
}

bool sameSize(const fs::path& path, const Json& description) {
    return fs::is_directory(path) || sizeOf(path) == description["size"].number(-1);
}

bool sameContent(const fs::path& path, const Json& description) {
    return fs::is_directory(path)
               ? description["size"].number(-1) < 0
               : sameSize(path, description) && headDigest(path) == description["sha256_head"].text();
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 3; ++i) text += (i ? ", " : "") + names[i];
    if (names.size() > 3) text += " and " + std::to_string(names.size() - 3) + " more";
    return text;
}

}  // namespace

Json describeInput(const fs::path& input, const fs::path& projectFile) {
    Json result = Json::object();
    if (input.empty()) return result;
    const fs::path absolute = fs::absolute(input).lexically_normal();
    result.set("path", absolute.lexically_relative(fs::absolute(projectFile).parent_path()).generic_string());
    result.set("absolute", absolute.generic_string());
    if (const double size = sizeOf(absolute); size >= 0)
        result.set("size", size).set("sha256_head", headDigest(absolute));
    return result;
}

InputFinder::InputFinder(const fs::path& projectFile) : m_folder(fs::absolute(projectFile).parent_path()) {}

fs::path InputFinder::find(const Json& description) {
    const fs::path absolute = description["absolute"].text();
    if (absolute.empty()) return {};
    const fs::path relative = (m_folder / description["path"].text()).lexically_normal();
    if (isThere(relative) && sameSize(relative, description)) {
        if (relative != absolute) rememberMove(absolute, relative);
        return relative;
    }
    if (isThere(absolute) && sameSize(absolute, description)) return absolute;
    if (const fs::path found = search(relative, absolute, description); !found.empty()) {
        rememberMove(absolute, found);
        return found;
    }
    const fs::path kept = isThere(relative) ? relative : absolute;
    (isThere(kept) ? m_changed : m_missing).push_back(kept.string());
    return kept;
}

fs::path InputFinder::search(const fs::path& relative, const fs::path& absolute, const Json& description) const {
    const auto fits = [&](const fs::path& candidate) {
        return isThere(candidate) && candidate != relative && sameContent(candidate, description);
    };
    for (const auto& [before, now] : m_moves) {
        const fs::path inside = absolute.lexically_relative(before);
        if (!inside.empty() && *inside.begin() != ".." && fits(now / inside)) return now / inside;
    }
    // Every ending of the old path, longest first, below and beside the project's folder.
    for (auto start = absolute.begin(); start != absolute.end(); ++start) {
        fs::path tail;
        for (auto part = start; part != absolute.end(); ++part) tail /= *part;
        if (tail.is_absolute()) continue;
        for (const fs::path& base : {m_folder, m_folder.parent_path()})
            if (fits(base / tail)) return base / tail;
    }
    return {};
}

void InputFinder::rememberMove(const fs::path& before, const fs::path& now) {
    fs::path from = before, to = now;
    while (from.has_relative_path() && to.has_relative_path() && from.filename() == to.filename()) {
        from = from.parent_path();
        to = to.parent_path();
    }
    m_moves.emplace(from, to);
}

Notices InputFinder::notices() const {
    Notices result;
    for (const auto& [from, to] : m_moves)
        result.push_back(
            {Severity::Information, "The input folder moved from " + from.string() + " to " + to.string()});
    if (!m_missing.empty())
        result.push_back({Severity::Warning, "Missing: " + listed(m_missing) +
                                                 "; saved results are shown, a new analysis needs the files"});
    if (!m_changed.empty())
        result.push_back({Severity::Warning, "Changed since the project was saved: " + listed(m_changed) +
                                                 "; run the analysis again to use the new content"});
    return result;
}

}  // namespace chronnect::detail
