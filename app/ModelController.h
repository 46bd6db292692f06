#pragma once

#include "app/LearningModule.h"
#include "core/learning/Application.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"

#include <QObject>
#include <QPointer>

#include <filesystem>
#include <memory>

namespace chronnect {

/// What is done with a model once it is trained: it is opened, saved, applied to the open study, and what it computed
/// is written for other programs.
class ModelController : public QObject {
    Q_OBJECT

public:
    ModelController(ProjectDocument& document, JobRunner& runner, std::shared_ptr<LearningModule> module,
                    QObject* parent = nullptr);

    /// A model file (.chm) or a STAGIN checkpoint (.pth, .pt), whose windows are those of the fine-tuning form. Takes
    /// the place of the project's model of its kind; undo brings that back.
    void open(const std::filesystem::path& path);
    /// As a model file (.chm), a TorchScript module (.pt) or weights (.safetensors), by the ending.
    void save(Model::Kind kind, const std::filesystem::path& path);
    /// Runs the fine-tuned model on every run that is used. `force` overrules a red passport.
    void apply(bool force);
    void exportPredictions(const std::filesystem::path& path);
    /// An .npz with the arrays, and a .json beside it that tells what they are.
    void exportArrays(const std::filesystem::path& path, std::vector<NamedArray> arrays, Json about);

    static bool isModelFile(const QString& path);

Q_SIGNALS:
    void opened(chronnect::Model::Kind kind);
    void applying(bool on);
    void applied();
    void done(const QString& sentence);
    void failed(const QString& sentence);

private:
    void adopt(Model model, const std::filesystem::path& path);
    template <class Work>
    void write(const QString& title, const std::filesystem::path& path, Work work);

    ProjectDocument& m_document;
    JobRunner& m_runner;
    std::shared_ptr<LearningModule> m_module;
    QPointer<Job> m_applying;
};

}  // namespace chronnect
