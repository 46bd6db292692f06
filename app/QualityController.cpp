#include "app/QualityController.h"

#include "app/QualityViews.h"
#include "core/io/Tables.h"
#include "widgets/RunStatus.h"

#include <algorithm>

namespace chronnect {

QualityController::QualityController(ProjectDocument& document, ViewState& state, JobRunner& runner, QObject* parent)
    : QObject(parent), m_document(document), m_state(state), m_runner(runner) {
    m_delay.setSingleShot(true);
    m_delay.setInterval(150);
    connect(&m_delay, &QTimer::timeout, this, &QualityController::refresh);
    connect(&document, &ProjectDocument::changed, this, &QualityController::onDocumentChanged);
    connect(&state, &ViewState::runChanged, &m_delay, qOverload<>(&QTimer::start));
}

void QualityController::setWanted(std::optional<QualityPage::Tab> tab) {
    m_wanted = tab;
    m_delay.start();
}

void QualityController::showInspection(std::shared_ptr<const AtlasInspection> inspection) {
    m_atlas = std::move(inspection);
    Q_EMIT atlasChanged(m_atlas);
}

void QualityController::onDocumentChanged(Aspects aspects) {
    if (contains(aspects, Aspect::Study)) showInspection(nullptr);
    if (aspects & (static_cast<Aspects>(Aspect::Study) | static_cast<Aspects>(Aspect::Result) |
                   static_cast<Aspects>(Aspect::Exclusions))) {
        m_cohort = nullptr;
        if (!m_document.project().result) Q_EMIT cohortChanged(nullptr);
        m_delay.start();
    }
}

template <class Result, class Work, class Store>
void QualityController::start(const QString& title, Work work, Store store) {
    if (m_job) m_job->cancel();
    const int request = ++m_request;
    m_job = m_runner.start(title, std::move(work), [this, request, store](Outcome<Result> outcome) {
        if (request != m_request) return;
        m_job = nullptr;
        if (auto* result = std::get_if<Result>(&outcome))
            store(std::move(*result));
        else if (const auto* error = std::get_if<Error>(&outcome))
            Q_EMIT failed(QString::fromStdString(error->what()));
    });
    m_job->setQuiet(true);
}

void QualityController::refresh() {
    const Project project = m_document.project();
    const std::string id = m_state.run().toStdString();
    if (m_wanted == QualityPage::Tab::Cohort && !m_cohort && project.result) {
        start<CohortQualityView>(
            tr("Quality of the cohort"),
            [project](const JobContext& context) {
                return measureCohort(project.study, *project.result, project.exclusions, context);
            },
            [this](CohortQualityView view) {
                m_cohort = std::make_shared<const CohortQualityView>(std::move(view));
                Q_EMIT cohortChanged(m_cohort);
            });
    } else if (m_wanted == QualityPage::Tab::Run) {
        const RunResult* result = resultOf(project, id);
        const auto input = std::find_if(project.study.runs.begin(), project.study.runs.end(),
                                        [&](const RunInput& run) { return run.id() == id; });
        const bool possible = result && result->cleaned && input != project.study.runs.end();
        if (!possible) return Q_EMIT runChanged(nullptr);
        if (m_run && m_run->run == m_state.run() && m_runSeries == result->cleaned) return;
        m_runSeries = result->cleaned;
        start<RunQualityView>(
            tr("Quality of %1").arg(m_state.run()),
            [project, run = *input, result = *result](const JobContext& context) {
                return measureRun(project.study, run, result, project.result->parcellation.get(), context);
            },
            [this](RunQualityView view) {
                m_run = std::make_shared<const RunQualityView>(std::move(view));
                Q_EMIT runChanged(m_run);
            });
    } else if (m_wanted == QualityPage::Tab::Atlas && (!m_atlas || m_atlas->run != m_state.run())) {
        using Inspection = std::optional<AtlasInspection>;
        start<Inspection>(
            tr("Check the atlas"),
            [study = project.study, id](const JobContext& context) { return inspectAtlas(study, id, context); },
            [this](Inspection inspection) {
                showInspection(inspection ? std::make_shared<const AtlasInspection>(std::move(*inspection)) : nullptr);
            });
    }
}

void QualityController::exportTable(const std::filesystem::path& file) {
    if (!m_cohort) {
        Q_EMIT failed(tr("The quality of the cohort is not measured yet: wait until the table is filled."));
        return;
    }
    try {
        writeTable(file, qualityTable(*m_cohort->runs));
        Q_EMIT exported(tr("The quality table is in %1").arg(QString::fromStdString(file.string())));
    } catch (const Error& error) {
        Q_EMIT failed(QString::fromStdString(error.what()));
    }
}

void QualityController::exportAtlas(const std::filesystem::path& file) {
    if (!m_atlas) return;
    try {
        writeTable(file, atlasTable(*m_atlas));
        Q_EMIT exported(tr("The atlas check is in %1").arg(QString::fromStdString(file.string())));
    } catch (const Error& error) {
        Q_EMIT failed(QString::fromStdString(error.what()));
    }
}

}  // namespace chronnect
