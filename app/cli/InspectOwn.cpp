#include "app/cli/InspectOwn.h"

#include "app/cli/Learning.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/BidsDataset.h"
#include "core/io/Tables.h"
#include "core/io/ZipArchive.h"
#include "core/learning/TensorArchive.h"
#include "core/store/CohortStore.h"

#ifdef CHRONNECT_HAS_TRAIN
#include "core/model/TorchPickle.h"
#endif

#include <algorithm>
#include <cctype>
#include <set>

namespace chronnect::cli {

namespace {

namespace fs = std::filesystem;

Json report(const char* kind, Json facts) { return Json::object().set("kind", kind).set("facts", std::move(facts)); }

std::string lowerName(const fs::path& path) {
    std::string name = path.filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

void addTotals(Json& facts, const std::vector<NamedTensor>& tensors) {
    std::size_t numbers = 0;
    for (const NamedTensor& tensor : tensors) numbers += tensor.values.size();
    facts.set("tensors", tensors.size()).set("numbers", numbers);
}

/// The state of a training that --resume goes on from.
Json inspectCheckpoint(const fs::path& path) {
    const Model state = loadModel(path);
    Json facts = Json::object();
    for (const std::string& key : state.passport.keys()) {
        const Json& value = state.passport[key];
        if (!value.isObject() && !value.isArray()) facts.set(key, value);
    }
    addTotals(facts, unpackTensors(state.weights));
    if (!state.history.empty())
        facts.set("step", state.history.back().step).set("steps_planned", state.history.back().steps);
    return report("state of a training", std::move(facts));
}

Json inspectCohort(const fs::path& path) {
    const auto source = openCohortStore(path);
    std::set<std::string> people, sites;
    std::size_t volumes = 0, withMotion = 0;
    for (std::size_t scan = 0; scan < source->count(); ++scan) {
        const ScanInfo& info = source->info(scan);
        people.insert(info.subject);
        if (!info.site.empty()) sites.insert(info.site);
        volumes += info.volumes;
        withMotion += info.meanFd >= 0;
    }
    Json facts = Json::object();
    facts.set("scans", source->count()).set("subjects", people.size()).set("sites", sites.size());
    facts.set("regions", source->regions().size()).set("volumes", volumes);
    facts.set("repetition_time_s", source->repetitionTime() > 0 ? Json(source->repetitionTime()) : Json());
    facts.set("with_mean_fd", withMotion).set("phenotypes", Json(readCohortPhenotypes(path).columns));
    return report("cohort file", facts.set("cleaning", source->cleaning()));
}

/// A state dict of the public STAGIN code, else any other by what it holds.
Json inspectStateDict([[maybe_unused]] const fs::path& path) {
#ifdef CHRONNECT_HAS_TRAIN
    Json facts = Json::object();
    const auto tensors = readTorchStateDict(path);
    try {
        const Model model = learningEngine()->importStaginCheckpoint(path, GraphSpec{});
        const Json& network = model.passport["network"];
        for (const char* key : {"hidden", "layers", "readout"}) facts.set(key, network[key]);
        const bool token = network["pooling"].text() == nameOf(TimePooling::Param);
        facts.set("pooling", token ? "param" : "sum or mean, which the file does not tell");
        facts.set("regions", model.regions.size()).set("outputs", std::max<std::size_t>(1, model.classes.size()));
        addTotals(facts, tensors);
        return report("STAGIN checkpoint (PyTorch state dict)", std::move(facts));
    } catch (const Error& error) {
        addTotals(facts, tensors);
        std::vector<std::string> names;
        for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
        facts.set("names", Json(names)).set("not_used_because", error.what());
        return report("PyTorch state dict of another network", std::move(facts));
    }
#else
    throw Error(ErrorKind::Unsupported, missingLearning());
#endif
}

/// A model that `export` wrote for Python; empty for PyTorch files of other kinds.
std::optional<Json> inspectExported(const fs::path& path) try {
    const std::string bytes = readFile(path);
    bool torchScript = false;
    Json facts = Json::object();
    for (const ZipEntry& entry : zipEntries(bytes)) {
        torchScript = torchScript || entry.name.find("/code/") != std::string::npos;
        if (!entry.name.ends_with("/extra/chronnect.json")) continue;
        const Json about = Json::parse(zipContent(bytes, entry));
        for (const std::string& key : about.keys())
            if (!about[key].isObject()) facts.set(key, about[key]);
    }
    if (!torchScript) return std::nullopt;
    const char* kind = facts.keys().empty() ? "TorchScript model of another program" : "TorchScript model for Python";
    return report(kind, std::move(facts));
} catch (const Error&) {
    return std::nullopt;  // no archive, or a damaged one: the reader of state dicts says so
}

/// What our own JSON files are known by.
const char* kindOfJson(const Json& json) {
    if (json["targets"].isArray() && json.contains("record")) return "results of an experiment";
    if (json.contains("verdict") && json["scores"].isArray()) return "results of a fine-tuning";
    if (json.contains("effective_rank") && json["scores"].isArray()) return "results of a pretraining";
    if (json.contains("maps")) return "explanation of a model";
    if (json.contains("result") && json.contains("settings")) return "answer of a command";
    if (json.contains("Cleaning") || json.contains("RepetitionTime")) return "JSON file beside images or series";
    if (json.contains("BIDSVersion")) return "description of a data set";
    return "JSON file";
}

Json inspectJson(const fs::path& path) {
    const Json json = Json::parse(readFile(path, std::size_t{256} << 20));
    Json facts = Json::object();
    if (!json.isObject()) return report("JSON file", facts.set("entries", json.size()));
    for (const Json& target : json["targets"].items())
        if (target.isObject())
            facts.set(target["target"].text(), std::to_string(static_cast<long>(target["scans"].number())) +
                                                   " scans, " + std::to_string(target["scores"].size()) + " scores; " +
                                                   target["verdict"].text());
    for (const std::string& key : json.keys()) {
        const Json& value = json[key];
        if (!value.isObject() && !value.isArray()) facts.set(key, value);
    }
    return report(kindOfJson(json), facts.set("entries", Json(json.keys())));
}

bool endsWithAny(const std::string& name, std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

Json inspectStudyOfSeries(const fs::path& folder) {
    const Study study = openStudy(folder);
    std::set<std::string> subjects;
    std::size_t images = 0;
    for (const RunInput& run : study.runs) {
        subjects.insert(run.subject);
        images += !run.bold.empty();
    }
    return report("study folder", Json::object()
                                      .set("runs", study.runs.size())
                                      .set("subjects", subjects.size())
                                      .set("images", images)
                                      .set("ready_series", study.runs.size() - images)
                                      .set("participants", study.participants.rows.size()));
}

}  // namespace

std::optional<Json> inspectOwn(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) return std::nullopt;
    const std::string name = lowerName(path);
    if (name.ends_with(cohortExtension)) return inspectCohort(path);
    if (name.ends_with(".chronnect-checkpoint")) return inspectCheckpoint(path);
    if (endsWithAny(name, {".pth", ".pt"})) {
        auto exported = inspectExported(path);
        return exported ? std::move(*exported) : inspectStateDict(path);
    }
    if (name.ends_with(".json")) return inspectJson(path);
    return std::nullopt;
}

Json inspectWithoutImages(const fs::path& path) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) throw Error(ErrorKind::FileAccess, "There is no file or folder " + path.string());
    if (fs::is_directory(path, ignored)) return inspectStudyOfSeries(path);
    const std::string name = lowerName(path);
    if (endsWithAny(name, {".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz", ".gii", ".gii.gz", ".dcm"}))
        throw Error(
            ErrorKind::Unsupported,
            path.string() + " is an image, and this build reads none: configure it with -DCHRONNECT_IMAGING=ON");
    try {
        const SeriesFile file = readSeries(path);
        const double seconds = file.series.repetitionTime;
        return report("region series", Json::object()
                                           .set("regions", file.series.regionCount())
                                           .set("volumes", file.series.volumeCount())
                                           .set("repetition_time_s", seconds > 0 ? Json(seconds) : Json())
                                           .set("time_axis", file.timeAxis == TimeAxis::Rows ? "rows" : "columns"));
    } catch (const Error&) {
        if (!endsWithAny(name, {".tsv", ".csv"})) throw;
        const Table table = readTable(path);
        return report("table", Json::object().set("rows", table.rows.size()).set("columns", Json(table.columns)));
    }
}

}  // namespace chronnect::cli
