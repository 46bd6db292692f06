#include "core/pipeline/DemoStudy.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/NumberText.h"
#include "core/base/ParallelFor.h"
#include "core/base/Random.h"
#include "core/base/SpecJson.h"
#include "core/imaging/Nifti.h"
#include "core/io/Tables.h"
#include "core/pipeline/DemoStudyTexts.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

/// Raised whenever the same settings give other files.
constexpr int formatVersion = 1;
constexpr const char* spaceName = "MNI152NLin2009cAsym";

fs::path recordOf(const fs::path& folder) { return folder / "ground_truth" / "simulation.json"; }

/// The record of the study in the folder, or null.
Json readRecord(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::exists(recordOf(folder), ignored)) return {};
    try {
        return Json::parse(readFile(recordOf(folder)));
    } catch (const Error&) {
        return {};
    }
}

std::string runName(const std::pair<std::string, std::string>& run) {
    return "sub-" + run.first + (run.second.empty() ? "" : "_ses-" + run.second) + "_task-rest";
}

fs::path runFolder(const fs::path& folder, const std::pair<std::string, std::string>& run) {
    fs::path result = folder / ("sub-" + run.first);
    if (!run.second.empty()) result /= "ses-" + run.second;
    return result / "func";
}

fs::path boldPath(const fs::path& folder, const std::pair<std::string, std::string>& run) {
    return runFolder(folder, run) / (runName(run) + "_space-" + spaceName + "_desc-preproc_bold.nii.gz");
}

/// What every run shares: the voxels of the brain, what they show, and how artefacts reach them.
struct BrainVoxels {
    SimulatedAnatomy anatomy;
    std::vector<std::size_t> index;   ///< place in the volume
    std::vector<std::size_t> region;  ///< region whose signal shows
    std::vector<double> gain;         ///< how strongly
    std::vector<double> loadings;     ///< voxels x artefacts
    std::size_t artefacts = 0;
};

BrainVoxels makeBrain(const SimulatedStudy& study) {
    BrainVoxels brain;
    brain.anatomy = simulateAnatomy(study.parcellation, study.spec.voxelMm);
    const VoxelGrid& grid = brain.anatomy.mask.grid;
    Random random = Random(static_cast<std::uint64_t>(study.spec.seed)).stream("voxels");
    for (std::size_t v = 0; v < grid.voxelCount(); ++v) {
        if (brain.anatomy.mask.values[v] == 0) continue;
        const std::size_t i = v % grid.size[0], j = v / grid.size[0] % grid.size[1],
                          k = v / grid.size[0] / grid.size[1];
        const auto place = grid.world(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        const std::int32_t label = brain.anatomy.labels.labels[v];
        std::size_t nearest = static_cast<std::size_t>(std::max(0, label - 1));
        double distance = 0;
        if (label == 0) {
            double best = 1e300;
            for (std::size_t n = 0; n < study.parcellation.regions.size(); ++n) {
                const auto& c = study.parcellation.regions[n].centre;
                const double d = std::hypot(place[0] - c[0], place[1] - c[1], place[2] - c[2]);
                if (d >= best) continue;
                best = d;
                nearest = n;
            }
            distance = best;
        }
        brain.index.push_back(v);
        brain.region.push_back(nearest);
        // Tissue between the regions follows the nearest one, less the further away it is.
        brain.gain.push_back(label ? random.uniform(0.85, 1.15) : 0.7 * std::exp(-distance / 15));
        const auto loadings = artefactLoadings(place);
        brain.artefacts = loadings.size();
        brain.loadings.insert(brain.loadings.end(), loadings.begin(), loadings.end());
    }
    return brain;
}

void writeBoldOf(const fs::path& path, const SimulatedStudy& study, const SimulatedRun& run,
                 const SimulatedSubject& subject, const BrainVoxels& brain, const JobContext& context) {
    BoldWriteSpec spec;
    spec.grid = brain.anatomy.mask.grid;
    spec.volumes = run.series.volumeCount();
    spec.repetitionTime = study.spec.repetitionTime;
    Random random =
        Random(static_cast<std::uint64_t>(study.spec.seed)).stream("voxel noise " + run.subject + " " + run.session);
    writeBold(path, spec, [&](std::size_t t, std::span<float> voxels) {
        context.throwIfCancelled();
        std::fill(voxels.begin(), voxels.end(), 0.0f);
        const double* course = run.artefacts.values.data() + t * run.artefacts.count;
        for (std::size_t v = 0; v < brain.index.size(); ++v) {
            double percent = brain.gain[v] * run.series.at(t, brain.region[v]) + subject.noiseLevel * random.normal();
            const double* loading = brain.loadings.data() + v * brain.artefacts;
            for (std::size_t a = 0; a < brain.artefacts; ++a) percent += loading[a] * course[a];
            const double mean = static_cast<double>(brain.anatomy.baseline.values[brain.index[v]]);
            voxels[brain.index[v]] = static_cast<float>(std::clamp(mean * (1 + 0.01 * percent), 0.0, 32000.0));
        }
    });
}

Table confoundTable(const Confounds& confounds) {
    Table table;
    table.columns = confounds.names;
    for (std::size_t v = 0; v < confounds.volumeCount(); ++v) {
        table.rows.emplace_back();
        for (std::size_t c = 0; c < confounds.names.size(); ++c)
            table.rows.back().push_back(std::isnan(confounds.at(v, c)) ? "n/a" : numberText(confounds.at(v, c), 10));
    }
    return table;
}

void writeTruthOf(const fs::path& folder, const std::string& name, const SimulatedRun& run) {
    Table states{{"volume", "onset", "state"}, {}}, signal{run.series.regions, {}};
    for (std::size_t v = 0; v < run.states.size(); ++v) {
        states.rows.push_back({std::to_string(v), numberText(static_cast<double>(v) * run.series.repetitionTime, 9),
                               std::to_string(run.states[v] + 1)});
        signal.rows.emplace_back();
        for (const double value : run.series.row(v)) signal.rows.back().push_back(fixedText(value, 5));
    }
    writeTable(folder / (name + "_states.tsv"), states);
    writeTable(folder / (name + "_signal.tsv"), signal);
}

void writeRun(const fs::path& folder, const SimulatedStudy& study, std::size_t index, const BrainVoxels& brain,
              const JobContext& context) {
    const auto& key = study.runs[index];
    const SimulatedRun run = simulateRun(study, index);
    context.throwIfCancelled();
    const std::string name = runName(key);
    const fs::path func = runFolder(folder, key);
    fs::create_directories(func);
    const std::string spaced = name + "_space-" + spaceName;
    writeBoldOf(boldPath(folder, key), study, run, study.subjects[study.subjectOf(index)], brain, context);
    writeFileAtomically(func / (spaced + "_desc-preproc_bold.json"), demo::boldSidecar(study.spec).dump() + "\n");
    writeVolume(func / (spaced + "_desc-brain_mask.nii.gz"), brain.anatomy.mask);
    writeTable(func / (name + "_desc-confounds_timeseries.tsv"), confoundTable(run.confounds));
    writeFileAtomically(func / (name + "_desc-confounds_timeseries.json"),
                        demo::confoundSidecar(run.confounds).dump() + "\n");
    writeTruthOf(folder / "ground_truth", name, run);
}

/// What stands in the folder before a study is written: nothing, or a simulated study that is taken away.
void clearFolder(const fs::path& folder) {
    std::error_code problem;
    if (!fs::exists(folder) || fs::is_empty(folder)) return;
    if (readRecord(folder).isNull())
        throw Error(ErrorKind::BadInput,
                    folder.string() + " is not empty and holds no simulated study; choose another folder");
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("sub-") || name == "ground_truth" || name == "atlas")
            fs::remove_all(entry.path(), problem);
    }
}

void writeSharedFiles(const fs::path& folder, const SimulatedStudy& study, const BrainVoxels& brain) {
    const std::string atlas = std::string("tpl-") + spaceName + "_atlas-" + study.parcellation.name + "_dseg";
    fs::create_directories(folder / "atlas");
    writeLabels(folder / "atlas" / (atlas + ".nii.gz"), brain.anatomy.labels);
    writeRegionTable(folder / "atlas" / (atlas + ".tsv"), study.parcellation);
    writeFileAtomically(folder / "atlas" / (atlas + ".json"), demo::atlasSidecar().dump() + "\n");
    writeTable(folder / "participants.tsv", study.participants);
    writeFileAtomically(folder / "participants.json", demo::participantsSidecar().dump() + "\n");
    writeFileAtomically(folder / "dataset_description.json", demo::datasetDescription(study.spec).dump() + "\n");
    writeFileAtomically(folder / "README.md", demo::readMe(study));
    writeTable(folder / "ground_truth" / "subjects.tsv", demo::subjectTruth(study));
    writeTable(folder / "ground_truth" / "states.tsv", demo::stateTruth(study));
}

}  // namespace

bool holdsSimulatedStudy(const fs::path& folder, const SimulationSpec& spec) {
    const Json record = readRecord(folder);
    if (!record["Finished"].boolean() || record["FormatVersion"].number() != formatVersion) return false;
    if (record["Settings"].dump(-1) != toJson(spec).dump(-1)) return false;
    for (const auto& run : simulateStudy(spec).runs)
        if (!fs::exists(boldPath(folder, run))) return false;
    return true;
}

void writeSimulatedStudy(const fs::path& folder, const SimulationSpec& spec, const JobContext& context) {
    if (holdsSimulatedStudy(folder, spec)) {
        context.report(1, "The study is already there");
        return;
    }
    const SimulatedStudy study = simulateStudy(spec);
    const BrainVoxels brain = makeBrain(study);
    try {
        clearFolder(folder);
        fs::create_directories(folder / "ground_truth");
        Json record = demo::truthRecord(study).set("FormatVersion", formatVersion).set("Finished", false);
        writeFileAtomically(recordOf(folder), record.dump() + "\n");
        writeSharedFiles(folder, study, brain);
        std::mutex mutex;
        std::size_t done = 0;
        parallelFor(study.runs.size(), context, [&](std::size_t run) {
            writeRun(folder, study, run, brain, context);
            const std::lock_guard lock(mutex);
            ++done;
            context.report(static_cast<double>(done) / static_cast<double>(study.runs.size()),
                           "Simulated " + countText(done, "run") + " of " + std::to_string(study.runs.size()));
        });
        writeFileAtomically(recordOf(folder), record.set("Finished", true).dump() + "\n");
    } catch (const fs::filesystem_error& error) {
        throw fileError("Cannot write the simulated study to", folder, error.code());
    }
}

}  // namespace chronnect
