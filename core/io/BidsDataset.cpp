#include "core/io/BidsDataset.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/base/NumberText.h"
#include "core/io/DicomFiles.h"
#include "core/io/FolderScan.h"
#include "core/io/SeriesFiles.h"
#include "core/io/StudyRuns.h"
#include "core/io/Tables.h"
#include "core/io/Text.h"

#include <algorithm>
#include <map>
#include <set>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

std::string studyName(const fs::path& folder) {
    try {
        const fs::path description = folder / "dataset_description.json";
        if (fs::exists(description)) {
            const std::string name = Json::parse(readFile(description, std::size_t{4} << 20))["Name"].text();
            if (!name.empty()) return name;
        }
    } catch (const Error&) {
        // The name is an ornament; a damaged description is reported by whoever needs it.
    }
    const fs::path normal = fs::absolute(folder).lexically_normal();
    return (normal.filename().empty() ? normal.parent_path() : normal).filename().string();
}

/// Two runs with the same id would overwrite each other's results.
void makeIdsDistinct(Study& study) {
    std::sort(study.runs.begin(), study.runs.end(), [](const RunInput& a, const RunInput& b) {
        return std::pair(a.id(), a.bold.string() + a.series.string()) <
               std::pair(b.id(), b.bold.string() + b.series.string());
    });
    std::set<std::string> taken;
    std::size_t renamed = 0;
    for (auto& run : study.runs) {
        const std::string original = run.run;
        for (int copy = 2; !taken.insert(run.id()).second; ++copy) {
            run.run = original.empty() ? std::to_string(copy) : original + "x" + std::to_string(copy);
            renamed += copy == 2;
        }
    }
    if (renamed)
        study.notices.push_back(
            {Severity::Warning, std::to_string(renamed) +
                                    " files have the same subject, session, task and run as another; "
                                    "they were numbered as further runs"});
    std::sort(study.runs.begin(), study.runs.end(),
              [](const RunInput& a, const RunInput& b) { return a.id() < b.id(); });
}

void noteMissingPieces(Study& study) {
    const auto count = [&](auto condition) {
        return static_cast<std::size_t>(std::count_if(study.runs.begin(), study.runs.end(), condition));
    };
    const auto say = [&](std::size_t many, const std::string& what) {
        if (many)
            study.notices.push_back({Severity::Warning, std::to_string(many) + " of " +
                                                            std::to_string(study.runs.size()) + " runs " + what});
    };
    const auto isImage = [](const RunInput& run) { return !run.bold.empty(); };
    std::error_code ignored;
    say(count([&](const RunInput& run) { return isImage(run) && fs::file_size(run.bold, ignored) == 0; }),
        "have an empty image (0 bytes); fetch the data before analysing them");
    say(count([&](const RunInput& run) { return isImage(run) && run.mask.empty(); }), "have no brain mask");
    say(count([&](const RunInput& run) { return isImage(run) && run.confounds.empty(); }),
        "have no confounds table; only strategies without confounds can clean them");
    say(count(
            [&](const RunInput& run) { return !run.confounds.empty() && fs::file_size(run.confounds, ignored) == 0; }),
        "have an empty confounds table (0 bytes)");
    const std::size_t unknown = count([](const RunInput& run) { return run.repetitionTime <= 0 && run.bold.empty(); });
    if (unknown)
        study.notices.push_back({Severity::Question, "The repetition time of " + std::to_string(unknown) + " of " +
                                                         std::to_string(study.runs.size()) +
                                                         " runs is not stated; give it before filtering"});
}

/// A column such as "TR" or "TR_s_from_..." tells the repetition time of ready series that have no sidecar.
void takeRepetitionTimes(Study& study) {
    const Table& table = study.participants;
    for (std::size_t c = 1; c < table.columns.size(); ++c) {
        const std::string name = text::lower(table.columns[c]);
        if (name != "tr" && name != "t_r" && name != "repetitiontime" && name != "repetition_time" &&
            !name.starts_with("tr_s"))
            continue;
        std::size_t taken = 0;
        for (auto& run : study.runs) {
            const int row = study.participantRow(run.subject);
            if (run.repetitionTime > 0 || row < 0) continue;
            const auto value = table.number(static_cast<std::size_t>(row), c);
            if (!value || *value <= 0.01 || *value >= 100) continue;
            run.repetitionTime = *value;
            ++taken;
        }
        if (taken)
            study.notices.push_back({Severity::Information, "The repetition time of " + countText(taken, "run") +
                                                                " was taken from column '" + table.columns[c] +
                                                                "' of the participants table"});
        return;
    }
}

void findParticipants(Study& study, const fs::path& folder) {
    fs::path at = fs::absolute(folder).lexically_normal();
    if (at.filename().empty()) at = at.parent_path();
    bool seen = false;
    for (int level = 0; level < 4; ++level) {
        for (const char* name : {"participants.tsv", "participants.csv"}) {
            const fs::path path = at / name;
            std::error_code ignored;
            if (!fs::is_regular_file(path, ignored)) continue;
            try {
                const Table table = readTable(path);
                if (joinParticipants(study, table)) {
                    std::set<std::string> without;
                    for (const auto& run : study.runs)
                        if (study.participantRow(run.subject) < 0) without.insert(run.subject);
                    if (!without.empty())
                        study.notices.push_back({Severity::Warning, std::to_string(without.size()) +
                                                                        " subjects have no row in " + path.string() +
                                                                        " (first: " + *without.begin() + ")"});
                    return;
                }
                seen = true;
            } catch (const Error& error) {
                study.notices.push_back(
                    {Severity::Warning, std::string("Participants were not read: ") + error.what()});
                return;
            }
        }
        if (!at.has_relative_path()) break;
        at = at.parent_path();
    }
    study.notices.push_back(
        {Severity::Information, seen ? "The participants table names none of the subjects"
                                     : "There is no participants.tsv, so nothing is known about the subjects"});
}

/// What the sub-..._sessions.tsv files tell; a damaged one is a notice.
void readSessions(Study& study, const std::vector<ScannedFile>& files) {
    std::size_t sessions = 0;
    for (const auto& file : files) {
        const std::string subject = file.name.entity("sub");
        if (file.name.suffix != "sessions" || file.name.extension != ".tsv" || subject.empty()) continue;
        try {
            sessions += joinSessions(study, subject, readTable(file.path));
        } catch (const Error& error) {
            study.notices.push_back({Severity::Warning, std::string("Sessions were not read: ") + error.what()});
        }
    }
    if (sessions)
        study.notices.push_back(
            {Severity::Information, "What " + std::to_string(sessions) +
                                        " sessions' own tables say was joined to the participants (column_ses-...)"});
}

/// A folder of DICOM files as a study of one run. Its name is no subject: folders are often called after the person.
Study dicomStudy(const fs::path& folder) {
    Study study;
    study.root = folder;
    study.name = "DICOM series";
    RunInput run;
    run.subject = "01";
    run.bold = folder;
    study.runs.push_back(std::move(run));
    study.notices.push_back(
        {Severity::Information, "The folder holds DICOM files; its largest series is taken as one run of sub-01"});
    study.notices.push_back(
        {Severity::Warning, "DICOM images are raw: preprocess them (for example with fMRIPrep) so that an atlas fits"});
    return study;
}

/// How a file of the line is read: as an image or a dense series that needs labels, or as ready region series.
bool needsLabels(const ScannedFile& file) {
    const std::string extension = text::lower(file.name.extension);
    return extension == ".nii" || extension == ".nii.gz" || extension == ".hdr" || extension == ".img" ||
           extension == ".hdr.gz" || extension == ".img.gz" || extension == ".dtseries.nii" ||
           extension.ends_with(".gii") || extension.ends_with(".gii.gz") || isDicomFile(file.path) ||
           fs::is_directory(file.path);
}

/// The right hemisphere's file comes with the left one's.
bool isSecondHemisphere(const ScannedFile& file, const std::vector<fs::path>& files) {
    const std::string extension = text::lower(file.name.extension);
    if (!extension.ends_with(".gii") && !extension.ends_with(".gii.gz")) return false;
    const std::string name = file.path.filename().string();
    for (const auto& [right, left] : {std::pair{"hemi-R", "hemi-L"}, {".R.", ".L."}, {"rh.", "lh."}, {"rh_", "lh_"}}) {
        const auto at = name.find(right);
        if (at == name.npos) continue;
        std::string other = name;
        other.replace(at, std::string_view(right).size(), left);
        return std::find(files.begin(), files.end(), file.path.parent_path() / other) != files.end();
    }
    return false;
}

}  // namespace

Study openStudy(const fs::path& folder, const JobContext& context) {
    std::error_code error;
    if (!fs::exists(folder, error)) throw Error(ErrorKind::FileAccess, "There is no folder " + folder.string());
    if (!fs::is_directory(folder, error))
        throw Error(ErrorKind::BadInput, folder.string() + " is a file; choose the folder of the study");
    context.report(0, "Looking through the folder");
    Study study;
    study.root = folder;
    study.name = studyName(folder);
    std::vector<ScannedFile> files = scanFolder(folder, false, context);
    bool found = findRuns(study, files, context);
    if (!found) {
        files = scanFolder(folder, true, context);
        found = findRuns(study, files, context);
    }
    if (!found && holdsDicom(folder, context)) return dicomStudy(folder);
    if (!found)
        throw Error(ErrorKind::BadInput,
                    "Found neither BOLD images (sub-..._bold.nii.gz, DICOM) nor region series "
                    "(..._timeseries.tsv, .npy, .mat, .csv, .1D) under " +
                        folder.string());
    const SidecarIndex sidecars(files, folder);
    for (auto& run : study.runs) {
        context.throwIfCancelled();
        const fs::path& path = run.bold.empty() ? run.series : run.bold;
        if (run.repetitionTime <= 0)
            run.repetitionTime = sidecars.repetitionTime({path, parseBidsName(path.filename().string()), 0});
    }
    findAtlas(study, files);
    findParticipants(study, folder);
    readSessions(study, files);
    takeRepetitionTimes(study);
    makeIdsDistinct(study);
    noteMissingPieces(study);
    context.report(1);
    return study;
}

namespace {

/// What lies in the folders of hand-picked files, each folder listed once.
class Neighbours {
public:
    const std::vector<ScannedFile>& of(const ScannedFile& file) {
        const fs::path folder = fs::absolute(file.path).lexically_normal().parent_path();
        const auto [entry, fresh] = m_folders.try_emplace(folder);
        if (fresh) entry->second = listFolder(folder);
        return entry->second;
    }

private:
    std::map<fs::path, std::vector<ScannedFile>> m_folders;
};

}  // namespace

Study studyOfFiles(const std::vector<fs::path>& files) {
    Study study;
    std::vector<ScannedFile> scanned;
    for (const auto& path : files) {
        std::error_code error;
        if (fs::is_directory(path, error) && holdsDicom(path)) {
            scanned.push_back({path, {}, 0});
            continue;
        }
        if (!fs::is_regular_file(path, error)) throw Error(ErrorKind::FileAccess, "There is no file " + path.string());
        const auto size = fs::file_size(path, error);
        scanned.push_back({path, parseBidsName(path.filename().string()), error ? 0 : size});
    }
    if (scanned.empty()) throw Error(ErrorKind::BadInput, "No files were chosen");
    study.root = fs::absolute(files.front()).lexically_normal().parent_path();
    study.name = files.size() == 1 ? files.front().stem().string() : study.root.filename().string();
    const auto subjects = subjectsOfFiles(scanned);
    const SidecarIndex sidecars(scanned, study.root);
    Neighbours neighbours;
    for (std::size_t i = 0; i < scanned.size(); ++i) {
        if (isSecondHemisphere(scanned[i], files)) continue;
        RunInput run = runOfName(scanned[i].name);
        const bool dicom = fs::is_directory(files[i]) || isDicomFile(files[i]);
        run.subject = dicom ? std::to_string(i + 1) : subjects[i];  // their names are often those of people
        if (dicom) run.session = run.task = run.run = {};
        (needsLabels(scanned[i]) ? run.bold : run.series) = files[i];
        run.repetitionTime = sidecars.repetitionTime(scanned[i]);
        if (!dicom && !run.bold.empty()) addCompanions(run, scanned[i], neighbours.of(scanned[i]));
        study.runs.push_back(std::move(run));
    }
    findParticipants(study, study.root);
    takeRepetitionTimes(study);
    makeIdsDistinct(study);
    return study;
}

}  // namespace chronnect
