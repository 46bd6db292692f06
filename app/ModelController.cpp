#include "app/ModelController.h"

#include "app/AppPaths.h"
#include "core/base/Files.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"
#include "core/learning/SafeTensors.h"
#include "core/learning/TensorArchive.h"

#include <QDir>

namespace chronnect {

namespace {

Notice whereFrom(const std::filesystem::path& path) {
    return {Severity::Information, "Opened from " + path.string() +
                                       ". Scores belong to the training that made the model and are not in its file."};
}

bool isCheckpoint(const std::filesystem::path& path) { return path.extension() == ".pth" || path.extension() == ".pt"; }

std::string bytesOf(const Model& model, const std::filesystem::path& path, LearningModule& module) {
    if (path.extension() == ".pt") return module.engine()->torchScript(model);
    return safeTensors(unpackTensors(model.weights), aboutModel(model));
}

}  // namespace

ModelController::ModelController(ProjectDocument& document, JobRunner& runner, std::shared_ptr<LearningModule> module,
                                 QObject* parent)
    : QObject(parent), m_document(document), m_runner(runner), m_module(std::move(module)) {}

bool ModelController::isModelFile(const QString& path) {
    for (const char* ending : {".chm", ".pth", ".pt"})
        if (path.endsWith(QLatin1String(ending), Qt::CaseInsensitive)) return true;
    return false;
}

void ModelController::open(const std::filesystem::path& path) {
    if (m_document.project().study.runs.empty())
        return Q_EMIT failed(tr("Open a study first: a model is opened to be applied to its runs or trained further."));
    m_runner.start(
        tr("Open %1").arg(toText(path.filename())),
        [path, graph = m_document.project().finetune.graph, module = m_module](const JobContext&) {
            return isCheckpoint(path) ? module->engine()->importStaginCheckpoint(path, graph) : loadModel(path);
        },
        [this, path](Outcome<Model> outcome) {
            if (auto* model = std::get_if<Model>(&outcome))
                adopt(std::move(*model), path);
            else if (const auto* error = std::get_if<Error>(&outcome))
                Q_EMIT failed(QString::fromStdString(error->what()));
        });
}

void ModelController::adopt(Model model, const std::filesystem::path& path) {
    const Model::Kind kind = model.kind;
    m_document.edit(tr("Open model %1").arg(toText(path.filename())), [&](Project& project) {
        if (kind == Model::Kind::Pretrained) {
            PretrainResult result;
            result.model = std::move(model);
            result.notices.push_back(whereFrom(path));
            project.pretrained = std::make_shared<const PretrainResult>(std::move(result));
        } else {
            FinetuneResult result;
            result.model = std::move(model);
            result.notices.push_back(whereFrom(path));
            project.finetuned = std::make_shared<const FinetuneResult>(std::move(result));
            project.applied = nullptr;
        }
    });
    Q_EMIT opened(kind);
}

template <class Work>
void ModelController::write(const QString& title, const std::filesystem::path& path, Work work) {
    m_runner.start(
        title,
        [work = std::move(work)](const JobContext&) {
            work();
            return true;
        },
        [this, path](Outcome<bool> outcome) {
            if (const auto* error = std::get_if<Error>(&outcome))
                Q_EMIT failed(QString::fromStdString(error->what()));
            else if (outcome.index() == 0)
                Q_EMIT done(tr("Written: %1").arg(QDir::toNativeSeparators(toText(path))));
        });
}

void ModelController::save(Model::Kind kind, const std::filesystem::path& path) {
    const Project project = m_document.project();
    const bool pretrained = kind == Model::Kind::Pretrained;
    if (pretrained ? !project.pretrained : !project.finetuned) return;
    write(tr("Save model %1").arg(toText(path.filename())), path, [project, pretrained, path, module = m_module] {
        const Model& model = pretrained ? project.pretrained->model : project.finetuned->model;
        if (path.extension() == ".pt" || path.extension() == ".safetensors")
            writeFileAtomically(path, bytesOf(model, path, *module));
        else
            saveModel(path, model);
    });
}

void ModelController::apply(bool force) {
    const Project project = m_document.project();
    if (!project.finetuned || !project.result || m_applying) return;
    m_applying = m_runner.start(
        tr("Apply the model '%1'").arg(QString::fromStdString(project.finetuned->model.name)),
        [project, force, module = m_module](const JobContext& context) {
            return applyModel(*module->engine(), *scanSource(project), project.finetuned->model,
                              project.finetune.device, force, context);
        },
        [this, model = project.finetuned, result = project.result](Outcome<Application> outcome) {
            m_applying = nullptr;
            Q_EMIT applying(false);
            if (auto* made = std::get_if<Application>(&outcome)) {
                const Project& now = m_document.project();
                if (now.finetuned != model || now.result != result) return;  // of what is no longer there
                m_document.amend(
                    [&](Project& amended) { amended.applied = std::make_shared<const Application>(std::move(*made)); });
                Q_EMIT applied();
            } else if (const auto* error = std::get_if<Error>(&outcome)) {
                Q_EMIT failed(QString::fromStdString(error->what()));
            }
        });
    Q_EMIT applying(true);
}

void ModelController::exportPredictions(const std::filesystem::path& path) {
    const auto application = m_document.project().applied;
    if (!application) return;
    write(tr("Export predictions"), path, [application, path] { writeTable(path, applicationTable(*application)); });
}

void ModelController::exportArrays(const std::filesystem::path& path, std::vector<NamedArray> arrays, Json about) {
    write(tr("Export %1").arg(toText(path.filename())), path, [path, arrays = std::move(arrays), about] {
        writeNpz(path, arrays);
        std::filesystem::path beside = path;
        writeFileAtomically(beside.replace_extension(".json"), about.dump());
    });
}

}  // namespace chronnect
