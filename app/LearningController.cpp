#include "app/LearningController.h"

#include "app/AppPaths.h"
#include "core/base/SpecJson.h"
#include "core/learning/Passport.h"
#include "core/learning/WindowGrid.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace chronnect {

namespace {

using Devices = std::pair<DeviceReport, QStringList>;

/// The phenotype text of every scan, by its subject; empty where the table has none.
std::vector<std::string> targetsOf(const Project& project, const ScanSource& scans) {
    const Table& table = project.study.participants;
    const auto column = table.column(project.finetune.target);
    if (!column)
        throw Error(ErrorKind::BadInput,
                    "participants.tsv has no column '" + project.finetune.target + "'; choose another target");
    std::vector<std::string> targets;
    for (std::size_t i = 0; i < scans.count(); ++i) {
        const int row = project.study.participantRow(scans.info(i).subject);
        const bool known = row >= 0 && !table.isMissing(static_cast<std::size_t>(row), *column);
        targets.push_back(known ? table.rows[static_cast<std::size_t>(row)][*column] : std::string());
    }
    return targets;
}

/// Exactly what is trained on what: the same key means that a checkpoint continues this training and no other.
std::string trainingKey(const Project& project, Model::Kind kind) {
    Json key = Json::object();
    key.set("kind", kind == Model::Kind::Pretrained ? "pretrain" : "finetune");
    key.set("spec", kind == Model::Kind::Pretrained ? toJson(project.pretrain) : toJson(project.finetune));
    key.set("analysis", toJson(project.resultSpec)).set("root", project.study.root.generic_string());
    Json scans = Json::array();
    if (project.result)
        for (const auto& [id, run] : project.result->runs)
            if (run.cleaned) scans.push(Json(id + "/" + std::to_string(run.cleaned->series.values.size())));
    Json excluded = Json::array();
    for (const auto& exclusion : project.exclusions) excluded.push(Json(exclusion.run));
    key.set("scans", std::move(scans)).set("excluded", std::move(excluded));
    return key.dump(-1);
}

}  // namespace

LearningController::LearningController(ProjectDocument& document, ViewState& state, JobRunner& runner, QObject* parent)
    : QObject(parent),
      m_document(document),
      m_state(state),
      m_runner(runner),
      m_module(std::make_shared<LearningModule>()) {
    m_tick.setInterval(100);
    connect(&m_tick, &QTimer::timeout, this, &LearningController::publishHistory);
}

void LearningController::lookForDevices() {
    Job* job = m_runner.start(
        tr("Look for devices"),
        [module = m_module](const JobContext&) {
            const auto engine = module->engine();
            QStringList objectives;
            for (const auto& name : engine->objectives()) objectives << QString::fromStdString(name);
            return Devices{engine->devices(), objectives};
        },
        [this](Outcome<Devices> outcome) {
            if (const auto* devices = std::get_if<Devices>(&outcome))
                Q_EMIT devicesFound(devices->first, devices->second);
            else if (const auto* error = std::get_if<Error>(&outcome))
                Q_EMIT unavailable(QString::fromStdString(error->what()));
        });
    job->setQuiet(true);
}

CheckpointPlan LearningController::plan(Model::Kind kind, bool resume) const {
    CheckpointPlan result;
    result.finish = m_finish.get_token();
    result.folder = AppPaths::checkpoints(trainingKey(m_document.project(), kind));
    result.resume = resume;
    return result;
}

bool LearningController::isResumable(Model::Kind kind) const {
    if (!m_document.project().result) return false;
    std::error_code ignored;
    const auto folder = plan(kind, true).folder;
    return std::filesystem::is_directory(folder, ignored) && !std::filesystem::is_empty(folder, ignored);
}

template <class Result, class Work>
void LearningController::train(Model::Kind kind, const QString& title, Work work,
                               std::shared_ptr<const Result> Project::*member) {
    m_kind = kind;
    m_mailbox = std::make_shared<Mailbox>();
    m_history.clear();
    const TrainingObserver observer = [mailbox = m_mailbox](const TrainingSnapshot& snapshot) {
        const std::lock_guard lock(mailbox->mutex);
        mailbox->fresh.push_back(snapshot);
    };
    const auto folder = plan(kind, false).folder;
    const auto done = [this, kind, member, folder, study = m_document.project().study](Outcome<Result> outcome) {
        endTraining();
        if (auto* result = std::get_if<Result>(&outcome)) {
            std::error_code ignored;  // finished: nothing is left to resume, but a pretraining can be branched from
            if (kind == Model::Kind::Pretrained)
                EarlierTrainings::keepFinished(folder);
            else
                std::filesystem::remove_all(folder, ignored);
            if (m_document.project().study == study)
                m_document.amend([&](Project& project) {
                    project.*member = std::make_shared<const Result>(std::move(*result));
                    if (kind == Model::Kind::Finetuned) project.applied = nullptr;  // of the model before
                });
        }
        Q_EMIT trainingChanged(kind, false);
        if (outcome.index() == 0) Q_EMIT trained(kind);
        if (const auto* error = std::get_if<Error>(&outcome)) Q_EMIT failed(QString::fromStdString(error->what()));
    };
    m_training = m_runner.start(
        title, [work, observer](const JobContext& context) { return work(observer, context); }, done);
    m_tick.start();
    Q_EMIT trainingChanged(kind, true);
}

void LearningController::endTraining() {
    publishHistory();
    m_tick.stop();
    m_training = nullptr;
}

void LearningController::lookForBranches() {
    using Trainings = std::vector<EarlierTraining>;
    m_runner.start(
        tr("Look for earlier trainings"),
        [project = m_document.project()](const JobContext& context) {
            return EarlierTrainings::list(project.pretrain, regionsHash(scanSource(project)->regions()), context);
        },
        [this](Outcome<Trainings> outcome) {
            if (const auto* found = std::get_if<Trainings>(&outcome))
                Q_EMIT branchesFound(*found);
            else if (const auto* error = std::get_if<Error>(&outcome))
                Q_EMIT failed(QString::fromStdString(error->what()));
        });
}

void LearningController::pretrain(bool resume, const std::filesystem::path& branchFrom) {
    if (m_training) return;
    m_finish = std::stop_source();
    CheckpointPlan wanted = plan(Model::Kind::Pretrained, resume);
    wanted.branchFrom = branchFrom;
    const Project project = m_document.project();
    train<PretrainResult>(
        Model::Kind::Pretrained, tr("Pretrain"),
        [project, module = m_module, plan = wanted](const TrainingObserver& observer, const JobContext& context) {
            std::filesystem::create_directories(plan.folder);
            return module->engine()->pretrain(*scanSource(project), project.pretrain, plan, observer, context);
        },
        &Project::pretrained);
}

void LearningController::forecast() {
    if (m_training || m_forecasting) return;
    m_forecasting = m_runner.start(
        tr("Forecast of the pretraining"),
        [project = m_document.project(), module = m_module](const JobContext& context) {
            return module->engine()->forecast(*scanSource(project), project.pretrain, context);
        },
        [this](Outcome<ResourceForecast> outcome) {
            m_forecasting = nullptr;
            Q_EMIT forecasting(false);
            if (const auto* made = std::get_if<ResourceForecast>(&outcome))
                Q_EMIT forecastMade(*made);
            else if (const auto* error = std::get_if<Error>(&outcome))
                Q_EMIT failed(QString::fromStdString(error->what()));
        });
    Q_EMIT forecasting(true);
}

void LearningController::finetune(bool resume) {
    if (m_training) return;
    m_finish = std::stop_source();
    const Project project = m_document.project();
    train<FinetuneResult>(
        Model::Kind::Finetuned, tr("Fine-tune on %1").arg(QString::fromStdString(project.finetune.target)),
        [project, module = m_module, plan = plan(Model::Kind::Finetuned, resume)](const TrainingObserver& observer,
                                                                                  const JobContext& context) {
            std::filesystem::create_directories(plan.folder);
            const auto scans = scanSourceWithMotion(project);
            const Model* pretrained = project.pretrained ? &project.pretrained->model : nullptr;
            return module->engine()->finetune(*scans, targetsOf(project, *scans), pretrained, project.finetune, plan,
                                              observer, context);
        },
        &Project::finetuned);
}

void LearningController::pauseTraining() {
    if (m_training) m_training->cancel();
}

void LearningController::finishTraining() { m_finish.request_stop(); }

void LearningController::publishHistory() {
    std::vector<TrainingSnapshot> fresh;
    {
        const std::lock_guard lock(m_mailbox->mutex);
        fresh.swap(m_mailbox->fresh);
    }
    if (fresh.empty()) return;
    m_history.insert(m_history.end(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
    const double left = m_history.back().secondsLeft;
    if (m_training) m_training->setSecondsLeft(left > 0 ? left : -1);
    Q_EMIT historyChanged(m_kind, m_history);
}

std::size_t LearningController::scanOf(const ScanSource& scans) const {
    for (std::size_t i = 0; i < scans.count(); ++i)
        if (scans.info(i).id == m_state.run().toStdString()) return i;
    throw Error(ErrorKind::BadInput,
                m_state.run().toStdString() + " has no series or is excluded; choose another run or analyse it first");
}

void LearningController::explain() {
    const Project project = m_document.project();
    if (!project.finetuned) return;
    if (m_explaining) m_explaining->cancel();
    try {
        const auto scans = scanSource(project);
        const std::size_t scan = scanOf(*scans);
        m_explaining = m_runner.start(
            tr("Explain %1").arg(m_state.run()),
            [scans, scan, result = project.finetuned, device = project.finetune.device,
             module = m_module](const JobContext& context) {
                return module->engine()->explain(*scans, scan, result->model, device, context);
            },
            [this](Outcome<Explanation> outcome) {
                Q_EMIT explaining(false);
                if (auto* explanation = std::get_if<Explanation>(&outcome))
                    Q_EMIT explained(std::make_shared<const Explanation>(std::move(*explanation)));
                else if (const auto* error = std::get_if<Error>(&outcome))
                    Q_EMIT failed(QString::fromStdString(error->what()));
            });
        Q_EMIT explaining(true);
    } catch (const Error& error) {
        Q_EMIT failed(QString::fromStdString(error.what()));
    }
}

MaskRequest LearningController::inWindowsOfModel(const MaskRequest& request, const Model& model,
                                                 std::size_t volumes) const {
    const SlidingWindowSpec shown = m_document.project().spec.window;
    GraphSpec graph;
    readJson(graph, model.passport["graph"]);
    const int count = (static_cast<int>(volumes) - graph.windowLength + graph.windowStep - 1) / graph.windowStep;
    return inWindowsOf(request, {shown.length, shown.step, m_state.windowCount()},
                       {graph.windowLength, graph.windowStep, std::max(0, count)});
}

void LearningController::reconstruct(const MaskRequest& asked) {
    const Project project = m_document.project();
    if (!project.pretrained) return;
    if (m_reconstructing) m_reconstructing->cancel();
    try {
        const auto scans = scanSource(project);
        const std::size_t scan = scanOf(*scans);
        const MaskRequest request = inWindowsOfModel(asked, project.pretrained->model, scans->info(scan).volumes);
        m_reconstructing = m_runner.start(
            tr("Rebuild window %1 of %2").arg(asked.window + 1).arg(m_state.run()),
            [scans, scan, request, result = project.pretrained, device = project.pretrain.device,
             module = m_module](const JobContext& context) {
                return module->engine()->reconstruct(*scans, scan, result->model, request, device, context);
            },
            [this](Outcome<Reconstruction> outcome) {
                Q_EMIT reconstructing(false);
                if (auto* reconstruction = std::get_if<Reconstruction>(&outcome))
                    Q_EMIT reconstructed(std::make_shared<const Reconstruction>(std::move(*reconstruction)));
                else if (const auto* error = std::get_if<Error>(&outcome))
                    Q_EMIT failed(QString::fromStdString(error->what()));
            });
        Q_EMIT reconstructing(true);
    } catch (const Error& error) {
        Q_EMIT failed(QString::fromStdString(error.what()));
    }
}

}  // namespace chronnect
