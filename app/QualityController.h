#pragma once

#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"
#include "widgets/pages/QualityPage.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <filesystem>
#include <memory>
#include <optional>

namespace chronnect {

/// Computes what the quality page shows, when it shows it and not before.
class QualityController : public QObject {
    Q_OBJECT

public:
    QualityController(ProjectDocument& document, ViewState& state, JobRunner& runner, QObject* parent = nullptr);

    /// What is on the screen now; empty = the page is hidden.
    void setWanted(std::optional<QualityPage::Tab> tab);
    void showInspection(std::shared_ptr<const AtlasInspection> inspection);  ///< one that was made elsewhere
    void exportTable(const std::filesystem::path& file);
    void exportAtlas(const std::filesystem::path& file);
    bool isPending() const { return m_job || m_delay.isActive(); }

Q_SIGNALS:
    void cohortChanged(std::shared_ptr<const chronnect::CohortQualityView> cohort);
    void runChanged(std::shared_ptr<const chronnect::RunQualityView> run);
    void atlasChanged(std::shared_ptr<const chronnect::AtlasInspection> inspection);
    void failed(const QString& sentence);
    void exported(const QString& sentence);

private:
    template <class Result, class Work, class Store>
    void start(const QString& title, Work work, Store store);
    void refresh();
    void onDocumentChanged(Aspects aspects);

    ProjectDocument& m_document;
    ViewState& m_state;
    JobRunner& m_runner;
    QPointer<Job> m_job;
    QTimer m_delay;
    std::optional<QualityPage::Tab> m_wanted;
    int m_request = 0;
    std::shared_ptr<const CohortQualityView> m_cohort;
    std::shared_ptr<const RunQualityView> m_run;
    std::shared_ptr<const CleanedSeries> m_runSeries;  ///< what m_run was made of
    std::shared_ptr<const AtlasInspection> m_atlas;
};

}  // namespace chronnect
