#include "core/project/ProjectFile.h"

#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "core/project/detail/Checksum.h"
#include "core/store/detail/Hdf5.h"
#include "core/project/detail/Inputs.h"
#include "core/project/detail/LearningJson.h"
#include "core/project/detail/ResultGroups.h"
#include "core/project/detail/ValueJson.h"

namespace chronnect {

namespace fs = std::filesystem;
using namespace detail;

namespace {

Json exclusionsToJson(const std::vector<Exclusion>& exclusions) {
    Json result = Json::array();
    for (const Exclusion& exclusion : exclusions) {
        Json item = Json::object();
        item.set("run", exclusion.run).set("reason", exclusion.reason);
        result.push(std::move(item));
    }
    return result;
}

std::vector<Exclusion> exclusionsFromJson(const Json& json) {
    std::vector<Exclusion> result;
    for (const Json& item : json.items()) result.push_back({item["run"].text(), item["reason"].text()});
    return result;
}

Json answersToJson(const std::vector<Answer>& answers) {
    Json result = Json::array();
    for (const Answer& answer : answers) {
        Json item = Json::object();
        item.set("about", answer.about).set("question", answer.question).set("answer", answer.answer);
        result.push(std::move(item));
    }
    return result;
}

std::vector<Answer> answersFromJson(const Json& json) {
    std::vector<Answer> result;
    for (const Json& item : json.items())
        result.push_back({item["about"].text(), item["question"].text(), item["answer"].text()});
    return result;
}

void writeSpecs(const H5Group& root, const Project& project) {
    const H5Group group = root.create("spec");
    group.writeText("analysis", toJson(project.spec).dump());
    group.writeText("analysis_of_result", toJson(project.resultSpec).dump());
    group.writeText("pretrain", toJson(project.pretrain).dump());
    group.writeText("finetune", toJson(project.finetune).dump());
}

void readSpecs(const H5Group& root, Project& project) {
    const H5Group group = root.open("spec");
    readJson(project.spec, Json::parse(group.readText("analysis")));
    readJson(project.resultSpec, Json::parse(group.readText("analysis_of_result")));
    readJson(project.pretrain, Json::parse(group.readText("pretrain")));
    readJson(project.finetune, Json::parse(group.readText("finetune")));
}

void writeContent(const H5Group& root, const fs::path& path, const Project& project, const Json& view,
                  const JobContext& context) {
    root.writeNumber("format_version", projectFormatVersion);
    root.writeText("written_by", versionText());
    root.writeText("study", studyToJson(project.study, [&](const fs::path& input) {
                                context.throwIfCancelled();
                                return describeInput(input, path);
                            }).dump());
    root.writeText("exclusions", exclusionsToJson(project.exclusions).dump());
    root.writeText("answers", answersToJson(project.answers).dump());
    root.writeText("view", view.dump());
    writeSpecs(root, project);
    if (project.result) writeResult(root, *project.result, context.part(0.05, 0.8));
    const H5Group models = root.create("models");
    if (project.pretrained) writePretrained(models, *project.pretrained);
    if (project.finetuned) writeFinetuned(models, *project.finetuned);
    if (project.applied) writeApplied(models, *project.applied);
}

ProjectFileContent readContent(const H5Group& root, const fs::path& path, const JobContext& context) {
    ProjectFileContent content;
    Project& project = content.project;
    InputFinder finder(path);
    project.study = studyFromJson(Json::parse(root.readText("study")), [&](const Json& input) {
        context.throwIfCancelled();
        return finder.find(input);
    });
    content.notices = finder.notices();
    project.exclusions = exclusionsFromJson(Json::parse(root.readText("exclusions")));
    if (root.has("answers"))
        project.answers = answersFromJson(Json::parse(root.readText("answers")));  // later than version 1.0
    content.view = Json::parse(root.readText("view"));
    readSpecs(root, project);
    if (root.has("results"))
        project.result = std::make_shared<const StudyResult>(readResult(root, context.part(0.05, 0.8)));
    const H5Group models = root.open("models");
    if (models.has("pretrained")) project.pretrained = std::make_shared<const PretrainResult>(readPretrained(models));
    if (models.has("finetuned")) project.finetuned = std::make_shared<const FinetuneResult>(readFinetuned(models));
    if (models.has("applied")) project.applied = std::make_shared<const Application>(readApplied(models));
    return content;
}

/// One earlier version stays as `name.chronnect.bak`; the present file is never out of its place.
void keepBackup(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error)) return;
    fs::path backup = path;
    backup += ".bak";
    fs::remove(backup, error);
    fs::create_hard_link(path, backup, error);
    if (error) fs::copy_file(path, backup, fs::copy_options::overwrite_existing, error);
    if (error) throw fileError("Cannot keep", backup, error);
}

}  // namespace

void saveProject(const fs::path& path, const Project& project, const Json& view, const JobContext& context) {
    const fs::path target = fs::absolute(path);
    writeAtomically(target, [&](const fs::path& temporary) {
        {
            const H5Session session;
            H5File file = H5File::create(temporary, userBlockSize);
            writeContent(file.root(), target, project, view, context);
            file.close();
        }
        sealFile(temporary, projectFormatVersion);
        context.throwIfCancelled();
        keepBackup(target);
    });
    context.report(1.0, "Saved");
}

ProjectFileContent openProject(const fs::path& path, const JobContext& context) {
    const int version = checkSeal(path, projectFormatVersion);
    if (version > projectFormatVersion)
        throw Error(ErrorKind::Unsupported, path.string() + " was written by a newer version of Chronnect (format " +
                                                std::to_string(version) + "; this one reads up to " +
                                                std::to_string(projectFormatVersion) + "): update the program");
    context.throwIfCancelled();
    try {
        const H5Session session;
        const H5File file = H5File::open(path);
        if (file.root().readNumber("format_version") != static_cast<double>(version))
            throw Error(ErrorKind::BadInput, "its two version numbers differ");
        return readContent(file.root(), path, context);
    } catch (const Error& error) {
        throw Error("Cannot open " + path.string(), error);
    }
}

}  // namespace chronnect
