#pragma once

#include "widgets/ProjectDocument.h"
#include "widgets/SpecForm.h"

#include <QWidget>

class QLabel;
class QTabWidget;

namespace chronnect {

class ApplyBoard;
class TrainingBoard;

/// Pretraining on the graphs themselves, then fine-tuning on a phenotype, then what the model says of every run.
class LearnPage : public QWidget {
    Q_OBJECT

public:
    explicit LearnPage(ProjectDocument& document, QWidget* parent = nullptr);

    TrainingBoard& pretraining() { return *m_pretraining; }
    TrainingBoard& finetuning() { return *m_finetuning; }
    ApplyBoard& application() { return *m_application; }
    void showTab(Model::Kind kind);
    void showApplication();

    /// What the learning library can run on, or one sentence on why it is missing.
    void setDevices(const DeviceReport& report, const QStringList& objectives);
    void setLearningProblem(const QString& sentence);
    QString deviceText() const;
    void setResumable(bool pretraining, bool finetuning);

Q_SIGNALS:
    void devicesRequested();
    void analysisRequested();

private:
    template <class Form>
    QWidget* makeTab(Form* form, TrainingBoard* board, const QString& intro);
    void refresh(Aspects aspects);
    void showPassport();
    QString obstacle() const;

    ProjectDocument& m_document;
    QTabWidget* m_tabs;
    SpecForm<PretrainSpec>* m_pretrainForm;
    SpecForm<FinetuneSpec>* m_finetuneForm;
    TrainingBoard* m_pretraining;
    TrainingBoard* m_finetuning;
    ApplyBoard* m_application;
    QLabel* m_passport;
    QLabel* m_devices;
    QString m_learningProblem;
};

}  // namespace chronnect
