#include "core/project/ProjectFile.h"
#include "core/project/detail/Checksum.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/Hdf5Edits.h"
#include "tests/fuzz/ScratchFile.h"

#include <array>

using namespace chronnect;

namespace {

const std::array<std::string, 32> names{"study",
                                        "exclusions",
                                        "answers",
                                        "view",
                                        "spec",
                                        "spec/analysis",
                                        "spec/analysis_of_result",
                                        "spec/pretrain",
                                        "spec/finetune",
                                        "results",
                                        "results/parcellation",
                                        "results/notices",
                                        "results/run_0",
                                        "results/run_0/id",
                                        "results/run_0/problem",
                                        "results/run_0/extracted",
                                        "results/run_0/extracted/regions",
                                        "results/run_0/extracted/values",
                                        "results/run_0/extracted/coverage",
                                        "results/run_0/extracted/atlas_voxels",
                                        "results/run_0/cleaned",
                                        "results/run_0/cleaned/regions",
                                        "results/run_0/cleaned/values",
                                        "results/run_0/cleaned/volumes",
                                        "results/run_0/cleaned/sample_mask",
                                        "results/run_0/cleaned/notices",
                                        "models",
                                        "models/pretrained",
                                        "models/pretrained/model",
                                        "models/finetuned",
                                        "results/run_0/finished",
                                        "results/run_0/finished/edges"};

std::string smallProject() {
    const fuzz::ScratchFile scratch(".chronnect");
    Project project;
    RunInput run;
    run.subject = "01";
    project.study.runs = {run};
    auto extracted = std::make_shared<ExtractedSeries>();
    extracted->series.regions = {"a", "b"};
    extracted->series.repetitionTime = 2;
    extracted->series.values = {1, 2, 3, 4, 5, 6, 7, 8};
    extracted->coverage = {{5, 6}, {5, 6}, {4, 6}, {0.8, 1}};
    auto cleaned = std::make_shared<CleanedSeries>();
    cleaned->series = extracted->series;
    cleaned->series.volumes = {0, 1, 2, 3};
    cleaned->sampleMask.assign(4, true);
    auto result = std::make_shared<StudyResult>();
    result->parcellation = std::make_shared<const Parcellation>();
    result->runs[run.id()] = {
        extracted, cleaned, {}, std::make_shared<const ConnectivityMatrix>(ConnectivityMatrix{{"a", "b"}, {0.5}, {}})};
    project.result = result;
    PretrainResult pretrained;
    pretrained.model.regions = {"a", "b"};
    pretrained.model.passport = Json::object();
    pretrained.model.weights.resize(16);
    project.pretrained = std::make_shared<const PretrainResult>(pretrained);
    const auto& path = scratch.fill({});
    std::filesystem::remove(path);
    saveProject(path, project, Json::object());
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

/// Edits behind a right digest, as somebody with a tool would make them: without one no project is opened at all.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".chronnect");
    static const std::string whole = smallProject();
    fuzz::Input input(data, size);
    const auto& path = file.fill(whole);
    fuzz::editHdf5(path, names, input);
    if (std::filesystem::file_size(path) > detail::userBlockSize) detail::sealFile(path, projectFormatVersion);
    return fuzz::refuseOrAccept([&] {
        const Project project = openProject(path).project;
        // What the window asks of a project as soon as it is open.
        const StudyResult used = usedResult(project);
        for (const auto& [id, run] : used.runs)
            if (run.cleaned && run.cleaned->series.values.size() !=
                                   run.cleaned->series.volumeCount() * run.cleaned->series.regionCount())
                __builtin_trap();
        for (const auto& [id, run] : used.runs)
            if (run.finished && run.finished->edges.size() != edgeCountOf(run.finished->regions.size()))
                __builtin_trap();
        usedStudy(project);
        scanSource(project);
    });
}
