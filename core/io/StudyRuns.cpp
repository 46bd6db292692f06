#include "core/io/StudyRuns.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/SeriesFiles.h"
#include "core/io/SeriesSources.h"
#include "core/io/Text.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

bool isNifti(const ScannedFile& file) { return file.name.extension == ".nii" || file.name.extension == ".nii.gz"; }

bool isBold(const ScannedFile& file) {
    return file.name.suffix == "bold" && isNifti(file) && !file.name.entity("sub").empty();
}

/// Lower is better: preprocessed, then raw, then denoised or smoothed variants.
int processingRank(const ScannedFile& file) {
    const std::string desc = file.name.entity("desc");
    if (desc.starts_with("preproc")) return 0;
    if (desc.empty()) return 1;
    return 2;
}

/// Lower is better: standard spaces first, since atlases lie there.
int spaceRank(const ScannedFile& file) {
    const std::string space = file.name.entity("space");
    if (space.starts_with("MNI152NLin6Asym")) return 0;
    if (space.starts_with("MNI152NLin2009c")) return 1;
    if (space.starts_with("MNI") || space == "template") return 2;
    return space == "T1w" ? 4 : space.empty() ? 5 : 3;
}

bool isSeriesExtension(const std::string& extension) {
    const auto& known = seriesExtensions();
    return std::find(known.begin(), known.end(), text::lower(extension)) != known.end();
}

/// Position in the order of preference: texts carry the region names.
int extensionRank(const std::string& extension) {
    constexpr std::string_view order[] = {".tsv", ".npy", ".mat", ".csv", ".npz", ".1d", ".txt"};
    const std::string lower = text::lower(extension);
    const auto found = std::find(std::begin(order), std::end(order), lower);
    return static_cast<int>(found - std::begin(order));
}

bool isReadySeries(const ScannedFile& file) {
    const std::string desc = file.name.entity("desc"), stat = file.name.entity("stat");
    if (file.name.extension == ".ptseries.nii")
        return !file.name.entity("sub").empty() && (file.name.suffix == "timeseries" || file.name.suffix == "bold");
    return file.name.suffix == "timeseries" && isSeriesExtension(file.name.extension) &&
           !desc.starts_with("confounds") && (stat.empty() || stat == "mean");
}

std::string atlasOf(const ScannedFile& file) {
    std::string atlas = file.name.entity("atlas");
    if (const std::string seg = file.name.entity("seg"); !seg.empty()) atlas += (atlas.empty() ? "" : " ") + seg;
    if (const std::string scale = file.name.entity("scale"); !scale.empty()) atlas += " " + scale;
    return atlas;
}

bool isConfounds(const ScannedFile& file) {
    if (file.name.extension == ".1D") return file.name.suffix == "regressors";  // C-PAC
    if (file.name.extension != ".tsv") return false;
    const bool named = file.name.entity("desc").starts_with("confounds");
    return (named && (file.name.suffix == "timeseries" || file.name.suffix == "regressors")) ||
           file.name.suffix == "confounds";
}

bool isBrainMask(const ScannedFile& file) {
    const std::string desc = file.name.entity("desc");
    return file.name.suffix == "mask" && isNifti(file) && (desc.starts_with("brain") || desc == "bold" || desc.empty());
}

bool isMaskOf(const ScannedFile& mask, const ScannedFile& image) {
    return isBrainMask(mask) && mask.name.entity("space") == image.name.entity("space") &&
           mask.name.entity("res") == image.name.entity("res");
}

/// Of several images of one run, one is analysed; which, and what else there was, is said once.
void addImageRuns(Study& study, const std::vector<ScannedFile>& files, int worstRank) {
    std::map<std::string, const ScannedFile*> best, confounds;
    std::map<std::string, std::vector<const ScannedFile*>> masks;
    std::set<std::string> spaces;
    const auto rank = [](const ScannedFile& f) {
        return std::tuple(processingRank(f), spaceRank(f), f.name.entity("space"), f.path.string());
    };
    for (const auto& file : files) {
        if (isConfounds(file)) confounds.emplace(file.runKey(), &file);
        if (isBrainMask(file)) masks[file.runKey()].push_back(&file);
        if (!isBold(file) || processingRank(file) > worstRank) continue;
        if (processingRank(file) == 0) spaces.insert(file.name.entity("space"));
        const auto [entry, fresh] = best.emplace(file.runKey(), &file);
        if (!fresh && rank(file) < rank(*entry->second)) entry->second = &file;
    }
    for (const auto& [key, file] : best) {
        RunInput run = runOfName(file->name);
        run.bold = file->path;
        if (const auto found = confounds.find(key); found != confounds.end()) run.confounds = found->second->path;
        for (const ScannedFile* mask : masks[key])
            if (isMaskOf(*mask, *file)) run.mask = mask->path;
        study.runs.push_back(std::move(run));
    }
    if (spaces.size() > 1)
        study.notices.push_back(
            {Severity::Information,
             "The images come in " + std::to_string(spaces.size()) + " spaces; for each run one was taken, " +
                 (study.runs.front().space.empty() ? std::string("the native one") : study.runs.front().space) +
                 " for the first"});
    const auto raw =
        std::count_if(best.begin(), best.end(), [](const auto& b) { return processingRank(*b.second) == 1; });
    const auto denoised = std::count_if(best.begin(), best.end(), [](const auto& b) {
        const std::string desc = text::lower(b.second->name.entity("desc"));
        return desc.find("denois") != desc.npos || desc.find("aroma") != desc.npos;
    });
    if (denoised)
        study.notices.push_back(
            {Severity::Information, std::to_string(denoised) + " of " + std::to_string(best.size()) +
                                        " images are denoised already: cleaning them again needs no confounds"});
    if (raw)
        study.notices.push_back(
            {Severity::Warning, std::to_string(raw) + " of " + std::to_string(best.size()) +
                                    " images are raw: preprocess them (for example with fMRIPrep) so "
                                    "that an atlas fits"});
}

/// Dense series on surfaces: CIFTI, or the left GIFTI file of each pair. They need labels of the same mesh.
bool isSurfaceSeries(const ScannedFile& file) {
    const std::string extension = text::lower(file.name.extension);
    if (file.name.suffix != "bold" || file.name.entity("sub").empty()) return false;
    return extension == ".dtseries.nii" || (extension.starts_with(".func.gii") && file.name.entity("hemi") != "R");
}

bool addSurfaceRuns(Study& study, const std::vector<ScannedFile>& files) {
    std::map<std::string, const ScannedFile*> best, confounds;
    for (const auto& file : files) {
        if (isConfounds(file)) confounds.emplace(file.runKey(), &file);
        if (!isSurfaceSeries(file)) continue;
        const auto [entry, fresh] = best.emplace(file.runKey(), &file);
        if (!fresh && processingRank(file) < processingRank(*entry->second)) entry->second = &file;
    }
    for (const auto& [key, file] : best) {
        RunInput run = runOfName(file->name);
        run.bold = file->path;
        if (const auto found = confounds.find(key); found != confounds.end()) run.confounds = found->second->path;
        study.runs.push_back(std::move(run));
    }
    if (!best.empty())
        study.notices.push_back(
            {Severity::Question,
             "The runs lie on surfaces: choose labels of the same mesh (.dlabel.nii or .label.gii)"});
    return !best.empty();
}

void addRunPerFile(Study& study, const std::vector<ScannedFile>& files) {
    const auto subjects = subjectsOfFiles(files);
    for (std::size_t i = 0; i < files.size(); ++i) {
        RunInput run = runOfName(files[i].name);
        run.subject = subjects[i];
        run.series = files[i].path;
        study.runs.push_back(std::move(run));
    }
}

void addSeriesRuns(Study& study, const std::vector<const ScannedFile*>& series) {
    std::map<std::string, std::size_t> atlases;
    for (const auto* file : series) ++atlases[atlasOf(*file)];
    const auto most = std::max_element(atlases.begin(), atlases.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (atlases.size() > 1) {
        std::string names;
        for (const auto& [name, count] : atlases)
            names += (names.empty() ? "" : ", ") + name + " (" + std::to_string(count) + ")";
        study.notices.push_back({Severity::Question, "The folder holds series for several atlases: " + names + "; '" +
                                                         most->first +
                                                         "' was taken, open a subfolder to choose another"});
    }
    std::map<std::string, const ScannedFile*> best;
    std::set<std::string> variants;
    const auto rank = [](const ScannedFile& f) {
        return std::tuple(spaceRank(f), f.name.entities, extensionRank(f.name.extension));
    };
    for (const auto* file : series) {
        if (atlasOf(*file) != most->first) continue;
        const auto [entry, fresh] = best.emplace(file->runKey(), file);
        // The same run in two folders is two files worth keeping apart; in one folder it is two formats of one.
        if (fresh) continue;
        if (entry->second->name.entities != file->name.entities) variants.insert(file->runKey());
        if (entry->second->path.parent_path() != file->path.parent_path())
            best.emplace(file->path.string(), file);
        else if (rank(*file) < rank(*entry->second))
            entry->second = file;
    }
    if (!variants.empty())
        study.notices.push_back(
            {Severity::Question, std::to_string(variants.size()) +
                                     " runs come in several variants (spaces, regressors); one of each "
                                     "was taken, the first of " +
                                     *variants.begin() + " is " +
                                     best.at(*variants.begin())->path.filename().string()});
    std::vector<ScannedFile> chosen;
    for (const auto& [key, file] : best) chosen.push_back(*file);
    addRunPerFile(study, chosen);
}

/// Names of tables and notes that lie beside series in every data set.
bool isSurelyNoSeries(const ScannedFile& file) {
    const std::string name = text::lower(file.path.filename().string());
    for (const char* start :
         {"participants", "readme", "license", "changes", "source", "phenotypic", "dataset_description"})
        if (name.starts_with(start)) return true;
    if (file.name.entity("desc").starts_with("confounds")) return true;
    for (const char* suffix :
         {"sessions", "scans", "events", "confounds", "regressors", "channels", "physio", "dseg", "mixing", "metrics",
          "motion", "outliers", "design", "relmat", "conmat", "labels", "bold"})
        if (text::lower(file.name.suffix) == suffix) return true;
    return false;
}

/// A cheap look: a text whose first rows are numbers, or an array with two longer axes.
bool looksLikeSeries(const ScannedFile& file) {
    if (!isSeriesExtension(file.name.extension) || file.size < 32 || isSurelyNoSeries(file)) return false;
    try {
        const std::string extension = text::lower(file.path.extension().string());
        if (extension == ".mat" || extension == ".npz") {
            const SeriesFile read = readSeries(file.path);
            return read.series.volumeCount() >= 10 && read.series.regionCount() >= 2 &&
                   read.series.volumeCount() != read.series.regionCount();
        }
        std::ifstream stream(file.path, std::ios::binary);
        std::string head(std::size_t{1} << 20, '\0');
        stream.read(head.data(), static_cast<std::streamsize>(head.size()));
        head.resize(static_cast<std::size_t>(stream.gcount()));
        if (extension == ".npy") {
            const auto shape = npyShape(head);
            return shape.size() == 2 && shape[0] != shape[1] && std::min(shape[0], shape[1]) >= 2 &&
                   std::max(shape[0], shape[1]) >= 10;
        }
        if (head.size() == std::size_t{1} << 20)
            head.resize(head.rfind('\n') == head.npos ? head.size() : head.rfind('\n'));
        const NumericMatrix matrix = parseSeriesText(text::toUtf8(head, "The file"));
        // Lists of coordinates and confounds are tables of numbers too.
        for (const auto& name : matrix.columnNames)
            for (const char* column : {"x", "trans_x", "rot_x", "csf", "framewise_displacement", "age"})
                if (text::lower(name) == column) return false;
        return matrix.rows >= 2 && matrix.columns >= 2 && std::max(matrix.rows, matrix.columns) >= 10;
    } catch (const Error&) {
        return false;
    }
}

bool addAnySeries(Study& study, const std::vector<ScannedFile>& files, const JobContext& context) {
    std::vector<ScannedFile> chosen;
    for (const auto& file : files) {
        context.throwIfCancelled();
        if (looksLikeSeries(file)) chosen.push_back(file);
    }
    if (chosen.empty()) return false;
    addRunPerFile(study, chosen);
    study.notices.push_back(
        {Severity::Question, std::to_string(chosen.size()) +
                                 " files that look like region series were taken as runs; the names do "
                                 "not follow BIDS, so check subjects and sessions"});
    return true;
}

/// Matrices of another program, where a folder holds nothing that they could be computed from.
bool addFinishedMatrices(Study& study, const std::vector<ScannedFile>& files) {
    std::vector<ScannedFile> chosen;
    for (const auto& file : files)
        if (text::lower(file.name.extension) == ".pconn.nii") chosen.push_back(file);
    if (chosen.empty()) return false;
    addRunPerFile(study, chosen);
    study.notices.push_back({Severity::Information,
                             "The folder holds finished matrices of connectivity (.pconn.nii) and no series: they can "
                             "be looked at and converted, not cut into windows or learned from"});
    return true;
}

/// How many whole '_' pieces all names share at the front (or the back).
std::size_t sharedPieces(const std::vector<std::vector<std::string>>& names, bool front) {
    std::size_t shared = 0;
    while (true) {
        for (const auto& name : names) {
            if (shared + 1 >= name.size()) return shared;
            const auto at = [&](const std::vector<std::string>& n) {
                return front ? n[shared] : n[n.size() - 1 - shared];
            };
            if (at(name) != at(names.front())) return shared;
        }
        ++shared;
    }
}

}  // namespace

std::vector<std::string> subjectsOfFiles(const std::vector<ScannedFile>& files) {
    std::vector<std::vector<std::string>> pieces;
    std::set<std::string> stems;
    for (const auto& file : files) {
        std::string stem = file.path.filename().string();
        stem.resize(stem.size() - file.name.extension.size());
        if (file.name.suffix == "timeseries" && !file.name.other.empty()) stem = file.name.other;
        stems.insert(stem);
        pieces.emplace_back();
        for (const auto piece : text::cells(stem, '_')) pieces.back().emplace_back(piece);
    }
    const bool distinct = stems.size() == files.size() && files.size() > 1;
    std::vector<std::vector<std::string>> trimmed = pieces;
    if (distinct) {
        const bool ready =
            std::all_of(files.begin(), files.end(), [](const auto& f) { return f.name.suffix == "timeseries"; });
        const std::size_t back = ready ? 0 : sharedPieces(pieces, false);
        for (auto& piece : trimmed) piece.resize(piece.size() - back);
        const std::size_t front = ready ? 0 : sharedPieces(trimmed, true);
        for (auto& piece : trimmed) piece.erase(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(front));
    }
    // Equal names in different folders: the folders name the subjects.
    std::vector<std::vector<std::string>> folders;
    for (const auto& file : files) {
        folders.emplace_back();
        for (const auto& part : file.path.parent_path()) folders.back().push_back(part.string());
    }
    const std::size_t sharedFolders = files.size() > 1 ? sharedPieces(folders, true) : 0;
    std::vector<std::string> subjects;
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::string subject = files[i].name.entity("sub");
        if (subject.empty() && stems.size() == 1 && files.size() > 1 && sharedFolders < folders[i].size())
            subject = folders[i][sharedFolders];
        if (subject.empty())
            for (const auto& piece : trimmed[i]) subject += (subject.empty() ? "" : "_") + piece;
        if (subject.starts_with("sub-")) subject.erase(0, 4);
        subjects.push_back(subject.empty() ? std::to_string(i + 1) : subject);
    }
    return subjects;
}

bool findRuns(Study& study, const std::vector<ScannedFile>& files, const JobContext& context) {
    const auto has = [&](int rank) {
        return std::any_of(files.begin(), files.end(),
                           [&](const auto& f) { return isBold(f) && processingRank(f) == rank; });
    };
    std::vector<const ScannedFile*> series;
    for (const auto& file : files)
        if (isReadySeries(file)) series.push_back(&file);
    if (has(0))
        addImageRuns(study, files, 0);
    else if (!series.empty())
        addSeriesRuns(study, series);
    else if (has(1) || has(2))
        addImageRuns(study, files, 2);
    else
        return addSurfaceRuns(study, files) || addAnySeries(study, files, context) || addFinishedMatrices(study, files);
    if (has(0) && !series.empty())
        study.notices.push_back({Severity::Information, "The folder also holds " + std::to_string(series.size()) +
                                                            " files of ready region series; the images were taken"});
    return true;
}

void addCompanions(RunInput& run, const ScannedFile& image, const std::vector<ScannedFile>& beside) {
    if (image.name.entity("sub").empty()) return;  // other names do not say what belongs together
    const std::string key = image.runKey();
    for (const ScannedFile& file : beside) {
        if (file.runKey() != key) continue;
        if (run.confounds.empty() && isConfounds(file)) run.confounds = file.path;
        if (run.mask.empty() && isMaskOf(file, image)) run.mask = file.path;
    }
}

fs::path tableBeside(const fs::path& image) {
    const ScannedFile atlas{image, parseBidsName(image.filename().string()), 0};
    if (!isNifti(atlas)) return {};  // labels on surfaces name their regions themselves
    const std::string name = image.filename().string();
    const std::string stem = name.substr(0, name.size() - atlas.name.extension.size());
    fs::path best;
    for (const ScannedFile& file : listFolder(fs::absolute(image).parent_path())) {
        const std::string extension = text::lower(file.name.extension);
        if (extension != ".tsv" && extension != ".csv" && extension != ".txt" && extension != ".xml") continue;
        const bool sameName = file.path.filename().string() == stem + file.name.extension;
        const bool sameAtlas = file.name.suffix == "dseg" && atlas.name.suffix == "dseg" && !atlasOf(file).empty() &&
                               atlasOf(file) == atlasOf(atlas) && file.name.entity("sub") == atlas.name.entity("sub");
        if (sameName || (sameAtlas && best.empty())) best = file.path;
        if (sameName) break;
    }
    return best;
}

void findAtlas(Study& study, const std::vector<ScannedFile>& files) {
    const auto isAtlas = [](const ScannedFile& file, const char* extension) {
        return file.name.suffix == "dseg" && file.name.entity("sub").empty() &&
               file.name.extension.starts_with(extension) &&
               (!file.name.entity("atlas").empty() || !file.name.entity("seg").empty() ||
                !file.name.entity("tpl").empty());
    };
    std::vector<const ScannedFile*> images, tables;
    for (const auto& file : files) {
        if (isAtlas(file, ".nii")) images.push_back(&file);
        if (isAtlas(file, ".tsv")) tables.push_back(&file);
    }
    const auto matching = [](const ScannedFile& table, const ScannedFile& other) {
        return atlasOf(table) == atlasOf(other);
    };
    if (!study.runs.empty() && !study.runs.front().series.empty()) {
        const ScannedFile first{{}, parseBidsName(study.runs.front().series.filename().string()), 0};
        for (const auto* table : tables)
            if (matching(*table, first)) study.atlasTable = table->path;
        return;
    }
    if (images.empty()) return;
    study.atlasImage = images.front()->path;
    for (const auto* table : tables)
        if (matching(*table, *images.front())) study.atlasTable = table->path;
    if (images.size() > 1)
        study.notices.push_back({Severity::Question, "The folder holds " + std::to_string(images.size()) +
                                                         " atlas images; " + study.atlasImage.filename().string() +
                                                         " was taken, choose another if it is not the right one"});
    if (study.atlasTable.empty())
        study.notices.push_back({Severity::Warning, "The atlas image " + study.atlasImage.filename().string() +
                                                        " has no region table beside it"});
}

}  // namespace chronnect
