#pragma once

#include "app/EarlierTrainings.h"
#include "app/LearningModule.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <memory>
#include <mutex>
#include <vector>

namespace chronnect {

/// Trains, explains and rebuilds through the learning module, one training at a time.
class LearningController : public QObject {
    Q_OBJECT

public:
    LearningController(ProjectDocument& document, ViewState& state, JobRunner& runner, QObject* parent = nullptr);

    void lookForDevices();
    /// `branchFrom`: the checkpoint of another training to start from.
    void pretrain(bool resume, const std::filesystem::path& branchFrom = {});
    /// Looks for checkpoints that the pretraining that is set could go on from; branchesFound tells them.
    void lookForBranches();
    /// Takes two steps of the pretraining that is set and tells what all of it would need.
    void forecast();
    void finetune(bool resume);
    void explain();
    void reconstruct(const MaskRequest& asked);
    void pauseTraining();   ///< stops; the last checkpoint stays to resume from
    void finishTraining();  ///< stops and keeps what has been learned so far as the result
    const std::shared_ptr<LearningModule>& module() const { return m_module; }
    bool isTraining() const { return m_training; }
    /// Whether an interrupted training of the present settings and scans waits on disk.
    bool isResumable(Model::Kind kind) const;

Q_SIGNALS:
    void devicesFound(const chronnect::DeviceReport& report, const QStringList& objectives);
    void unavailable(const QString& sentence);
    void trainingChanged(chronnect::Model::Kind kind, bool running);
    /// The whole history so far; what was there before stays as it was.
    void historyChanged(chronnect::Model::Kind kind, const std::vector<chronnect::TrainingSnapshot>& history);
    void trained(chronnect::Model::Kind kind);
    void branchesFound(const std::vector<chronnect::EarlierTraining>& trainings);
    void forecasting(bool on);
    void forecastMade(const chronnect::ResourceForecast& forecast);
    void explaining(bool on);
    void explained(std::shared_ptr<const chronnect::Explanation> explanation);
    void reconstructing(bool on);
    void reconstructed(std::shared_ptr<const chronnect::Reconstruction> reconstruction);
    void failed(const QString& sentence);

private:
    /// The same request counted in the model's own windows; it comes counted in the windows of the Explore page.
    MaskRequest inWindowsOfModel(const MaskRequest& request, const Model& model, std::size_t volumes) const;

    /// Filled by the training thread, emptied by the window ten times a second: neither waits for the other, and the
    /// cost of a turn does not grow with the length of the training.
    struct Mailbox {
        std::mutex mutex;
        std::vector<TrainingSnapshot> fresh;
    };

    template <class Result, class Work>
    void train(Model::Kind kind, const QString& title, Work work, std::shared_ptr<const Result> Project::*member);
    void endTraining();
    void publishHistory();
    CheckpointPlan plan(Model::Kind kind, bool resume) const;
    std::size_t scanOf(const ScanSource& scans) const;

    ProjectDocument& m_document;
    ViewState& m_state;
    JobRunner& m_runner;
    std::shared_ptr<LearningModule> m_module;
    QPointer<Job> m_training, m_explaining, m_reconstructing, m_forecasting;
    Model::Kind m_kind = Model::Kind::Pretrained;
    std::shared_ptr<Mailbox> m_mailbox;
    std::vector<TrainingSnapshot> m_history;
    QTimer m_tick;
    std::stop_source m_finish;
};

}  // namespace chronnect
