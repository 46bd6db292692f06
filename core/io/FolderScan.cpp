#include "core/io/FolderScan.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/io/Text.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t fileLimit = 2'000'000;
constexpr int depthLimit = 10;

/// Entities beside subject, session, task, run that make a different recording.
constexpr const char* recordingEntities[] = {"acq", "ce", "rec", "dir", "echo", "part"};

bool isSkipped(const std::string& folderName, bool withDerivatives) {
    if (folderName.starts_with('.')) return true;
    if (folderName == "derivatives") return !withDerivatives;
    for (const char* skipped : {"sourcedata", "ground_truth", "anat", "fmap", "dwi", "log", "logs", "figures", "code",
                                "work", "scratch", "freesurfer", "structural", "xfm"})
        if (folderName == skipped) return true;
    return false;
}

bool isInnerExtension(std::string_view piece) {
    for (const char* known : {"nii", "func", "surf", "label", "shape", "dtseries", "ptseries", "dscalar", "pscalar",
                              "dlabel", "pconn", "tsv"})
        if (piece == known) return true;
    return false;
}

/// "bold.nii.gz" to ".nii.gz": the last ending and those that belong to it.
std::size_t extensionStart(std::string_view name) {
    std::size_t start = name.rfind('.');
    if (start == std::string_view::npos || start == 0) return name.size();
    while (start > 0) {
        const std::size_t before = name.rfind('.', start - 1);
        if (before == std::string_view::npos || before == 0) break;
        if (!isInnerExtension(name.substr(before + 1, start - before - 1))) break;
        start = before;
    }
    return start;
}

class Scanner {
public:
    Scanner(bool withDerivatives, const JobContext& context) : m_withDerivatives(withDerivatives), m_context(context) {}

    void visit(const fs::path& folder, int depth) {
        m_context.throwIfCancelled();
        std::error_code error;
        // A linked folder may lead back up, so each real folder is entered once.
        if (!m_seen.insert(fs::weakly_canonical(folder, error).string()).second) return;
        fs::directory_iterator entries(folder, fs::directory_options::skip_permission_denied, error);
        if (error) return;
        for (; entries != fs::directory_iterator(); entries.increment(error)) {
            if (error) return;
            const fs::directory_entry& entry = *entries;
            const std::string name = entry.path().filename().string();
            std::error_code ignored;
            if (entry.is_directory(ignored)) {
                if (depth < depthLimit && !isSkipped(name, m_withDerivatives)) visit(entry.path(), depth + 1);
                continue;
            }
            if (name.starts_with('.') || !entry.is_regular_file(ignored)) continue;
            if (m_files.size() >= fileLimit)
                throw Error(ErrorKind::BadInput,
                            "The folder holds more than 2 million files; open the study's own folder");
            const auto size = entry.file_size(ignored);
            m_files.push_back({entry.path(), parseBidsName(name), ignored ? 0 : size});
        }
    }

    std::vector<ScannedFile> take() {
        std::sort(m_files.begin(), m_files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
        return std::move(m_files);
    }

private:
    bool m_withDerivatives;
    const JobContext& m_context;
    std::set<std::string> m_seen;
    std::vector<ScannedFile> m_files;
};

/// 0 when the file says nothing usable; a damaged sidecar must not stop a study.
double repetitionTimeIn(const fs::path& json) {
    try {
        const Json document = Json::parse(readFile(json, std::size_t{16} << 20));
        double value = document["RepetitionTime"].number();
        if (value <= 0 && document["SamplingFrequency"].number() > 0)
            value = 1 / document["SamplingFrequency"].number();
        return value > 0.01 && value < 100 ? value : 0.0;
    } catch (const Error&) {
        return 0.0;
    }
}

bool isPartOf(const BidsName& general, const BidsName& special) {
    return std::all_of(general.entities.begin(), general.entities.end(),
                       [&](const auto& entity) { return special.entity(entity.first) == entity.second; });
}

}  // namespace

BidsName parseBidsName(const std::string& fileName) {
    const std::size_t end = extensionStart(fileName);
    BidsName result;
    result.extension = fileName.substr(end);
    const auto pieces = text::cells(std::string_view(fileName).substr(0, end), '_');
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const std::string_view piece = pieces[i];
        const auto dash = piece.find('-');
        const bool entity = dash != std::string_view::npos && dash > 0 && dash + 1 < piece.size() &&
                            std::all_of(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(dash),
                                        [](unsigned char c) { return std::isalnum(c); });
        if (entity)
            result.entities.emplace(piece.substr(0, dash), piece.substr(dash + 1));
        else if (i + 1 == pieces.size())
            result.suffix = std::string(piece);
        else
            result.other += (result.other.empty() ? "" : "_") + std::string(piece);
    }
    return result;
}

RunInput runOfName(const BidsName& name) {
    RunInput run;
    run.subject = name.entity("sub");
    run.session = name.entity("ses");
    run.task = name.entity("task");
    for (const char* key : recordingEntities)
        if (const std::string value = name.entity(key); !value.empty())
            run.task += (run.task.empty() ? "" : "_") + (key + ("-" + value));
    run.run = name.entity("run");
    run.space = name.entity("space");
    return run;
}

std::string ScannedFile::runKey() const {
    RunInput run = runOfName(name);
    if (run.subject.empty()) run.subject = name.other;
    return run.id();
}

std::vector<ScannedFile> scanFolder(const fs::path& folder, bool withDerivatives, const JobContext& context) {
    Scanner scanner(withDerivatives, context);
    scanner.visit(folder, 0);
    return scanner.take();
}

std::vector<ScannedFile> listFolder(const fs::path& folder) {
    std::vector<ScannedFile> files;
    std::error_code error;
    for (fs::directory_iterator entries(folder, fs::directory_options::skip_permission_denied, error);
         !error && entries != fs::directory_iterator() && files.size() < 10000; entries.increment(error)) {
        std::error_code ignored;
        if (!entries->is_regular_file(ignored)) continue;
        const auto size = entries->file_size(ignored);
        files.push_back({entries->path(), parseBidsName(entries->path().filename().string()), ignored ? 0 : size});
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return files;
}

SidecarIndex::SidecarIndex(const std::vector<ScannedFile>& files, const fs::path& root) {
    std::vector<ScannedFile> candidates;
    const auto isSidecar = [](const ScannedFile& file) {
        return file.name.extension == ".json" && (file.name.suffix == "bold" || file.name.suffix == "timeseries") &&
               !file.name.entity("desc").starts_with("confounds");
    };
    std::copy_if(files.begin(), files.end(), std::back_inserter(candidates), isSidecar);
    fs::path above = fs::absolute(root).lexically_normal();
    if (above.filename().empty()) above = above.parent_path();
    for (int level = 0; level < 2 && above.has_relative_path(); ++level) {
        above = above.parent_path();
        const auto found = listFolder(above);
        std::copy_if(found.begin(), found.end(), std::back_inserter(candidates), isSidecar);
    }
    for (auto& file : candidates)
        if (const double value = repetitionTimeIn(file.path); value > 0)
            m_bySubject.emplace(file.name.entity("sub"), Sidecar{file.name, file.runKey(), value});
}

double SidecarIndex::repetitionTime(const ScannedFile& file) const {
    const Sidecar* best = nullptr;
    std::set<std::string> subjects{"", file.name.entity("sub")};
    const std::string key = file.runKey();
    const Sidecar* sameRun = nullptr;
    for (const auto& subject : subjects) {
        const auto [first, last] = m_bySubject.equal_range(subject);
        for (auto at = first; at != last; ++at) {
            const Sidecar& sidecar = at->second;
            if (sidecar.key == key) sameRun = &sidecar;
            if (!isPartOf(sidecar.name, file.name)) continue;
            if (!best || sidecar.name.entities.size() > best->name.entities.size()) best = &sidecar;
        }
    }
    if (!best) best = sameRun;
    return best ? best->repetitionTime : 0.0;
}

}  // namespace chronnect
