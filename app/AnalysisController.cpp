#include "app/AnalysisController.h"

#include "app/AppPaths.h"
#include "app/QualityViews.h"
#include "core/imaging/Nifti.h"
#include "core/io/Tables.h"
#include "visualization/Outline.h"
#include "widgets/RunStatus.h"

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

/// Helps the eye only, so a missing or broken file is no error here: the analysis reports it.
std::vector<double> readMotion(const RunInput& run) {
    if (run.confounds.empty()) return {};
    try {
        const Confounds confounds = readConfounds(run.confounds);
        std::vector<double> values;
        if (const auto column = confounds.column("framewise_displacement"))
            for (std::size_t v = 0; v < confounds.volumeCount(); ++v) values.push_back(confounds.at(v, *column));
        return values;
    } catch (const Error&) {
        return {};
    }
}

std::shared_ptr<const Volume> readMask(const RunInput& run) {
    if (run.mask.empty()) return nullptr;
    try {
        return std::make_shared<const Volume>(readVolume(run.mask));
    } catch (const Error&) {
        return nullptr;
    }
}

/// What a first look shows: few enough pairs to see the shape of the network.
constexpr ThresholdSpec sparse{.rule = ThresholdRule::ProportionalAbsolute, .value = 0, .percent = 2};

double middleCutoff(const DynamicConnectivity& connectivity, const ThresholdSpec& rule) {
    std::vector<float> cutoffs;
    for (std::size_t w = 0; w < connectivity.windowCount(); ++w)
        cutoffs.push_back(cutoff(connectivity.window(w), connectivity.regionCount(), rule));
    if (cutoffs.empty()) return 0.5;
    std::nth_element(cutoffs.begin(), cutoffs.begin() + static_cast<std::ptrdiff_t>(cutoffs.size() / 2), cutoffs.end());
    const double middle = cutoffs[cutoffs.size() / 2];
    return std::isfinite(middle) ? std::clamp(middle, 0.0, 1.0) : 0.5;
}

RunView makeView(const RunInput& run, const std::shared_ptr<const CleanedSeries>& cleaned, const AnalysisSpec& spec,
                 const JobContext& context) {
    RunView view;
    view.run = QString::fromStdString(run.id());
    view.series = std::shared_ptr<const TimeSeries>(cleaned, &cleaned->series);
    view.connectivity =
        std::make_shared<const DynamicConnectivity>(slidingWindowConnectivity(cleaned->series, spec.window, context));
    view.threshold = middleCutoff(*view.connectivity, spec.threshold);
    view.firstThreshold = std::max(view.threshold, middleCutoff(*view.connectivity, sparse));
    view.framewiseDisplacement = readMotion(run);
    view.mask = readMask(run);
    context.throwIfCancelled();
    if (view.mask) prepareOutline(*view.mask);
    return view;
}

/// A run that is a matrix: there is nothing to draw over time.
RunView makeView(const RunInput& run, const ConnectivityMatrix& finished, const AnalysisSpec& spec) {
    RunView view;
    view.run = QString::fromStdString(run.id());
    view.connectivity = std::make_shared<const DynamicConnectivity>(asOneWindow(finished));
    view.threshold = middleCutoff(*view.connectivity, spec.threshold);
    view.firstThreshold = std::max(view.threshold, middleCutoff(*view.connectivity, sparse));
    return view;
}

AnalysisController::Analysed checkAndAnalyse(const Study& study, const AnalysisSpec& spec,
                                             const std::vector<Answer>& answers, const JobContext& context) {
    context.report(0, "Checking the atlas");
    if (auto doubt = doubtfulAtlas(study, answers, context))
        return std::make_shared<const AtlasInspection>(std::move(*doubt));
    auto result =
        std::make_shared<const StudyResult>(analyseStudy(study, spec, context.part(0.02, 1), AppPaths::seriesCache()));
    if (result->parcellation) prepareOutline(*result->parcellation);
    return result;
}

}  // namespace

AnalysisController::AnalysisController(ProjectDocument& document, ViewState& state, JobRunner& runner, QObject* parent)
    : QObject(parent), m_document(document), m_state(state), m_runner(runner) {
    m_delay.setSingleShot(true);
    m_delay.setInterval(120);  // typing a number or stepping through runs asks once
    connect(&m_delay, &QTimer::timeout, this, &AnalysisController::updateView);
    connect(&document, &ProjectDocument::changed, this, &AnalysisController::onDocumentChanged);
    connect(&state, &ViewState::runChanged, &m_delay, qOverload<>(&QTimer::start));
}

void AnalysisController::analyse() {
    const Project& project = m_document.project();
    if (m_analysis || project.study.runs.empty()) return;
    const Study study = project.study, used = usedStudy(project);
    if (used.runs.empty()) {
        Q_EMIT failed(tr("Every run of the study is left out; include at least one on the Data page."));
        return;
    }
    const AnalysisSpec spec = project.spec;
    m_analysis = m_runner.start(
        tr("Analyse %1").arg(QString::fromStdString(study.name.empty() ? std::string("study") : study.name)),
        [used, spec, answers = project.answers](const JobContext& context) {
            return checkAndAnalyse(used, spec, answers, context);
        },
        [this, study, spec](Outcome<Analysed> outcome) {
            m_analysis = nullptr;
            Q_EMIT analysingChanged(false);
            if (m_document.project().study != study) return;  // another study was opened meanwhile
            if (const auto* made = std::get_if<Analysed>(&outcome))
                finishAnalysis(*made, spec);
            else if (const auto* error = std::get_if<Error>(&outcome))
                Q_EMIT failed(QString::fromStdString(error->what()));
        });
    Q_EMIT analysingChanged(true);
}

void AnalysisController::finishAnalysis(const Analysed& outcome, const AnalysisSpec& spec) {
    if (const auto* doubt = std::get_if<std::shared_ptr<const AtlasInspection>>(&outcome)) {
        Q_EMIT atlasDoubted(*doubt);
        return;
    }
    m_document.amend([&](Project& project) {
        project.result = std::get<std::shared_ptr<const StudyResult>>(outcome);
        project.resultSpec = spec;
        project.applied = nullptr;  // of the series before
    });
    Q_EMIT analysed();
}

void AnalysisController::onDocumentChanged(Aspects aspects) {
    if (contains(aspects, Aspect::Study)) {
        m_appliedRule.reset();
        selectSomeRun();
    }
    if (aspects & (static_cast<Aspects>(Aspect::Study) | static_cast<Aspects>(Aspect::Result) |
                   static_cast<Aspects>(Aspect::Spec)))
        m_delay.start();
}

void AnalysisController::selectSomeRun() {
    const auto& runs = m_document.project().study.runs;
    for (const RunInput& run : runs)
        if (QString::fromStdString(run.id()) == m_state.run()) return;
    m_state.setRun(runs.empty() ? QString() : QString::fromStdString(runs.front().id()));
}

void AnalysisController::updateView() {
    const Project& project = m_document.project();
    const std::string id = m_state.run().toStdString();
    const RunResult* result = resultOf(project, id);
    const auto cleaned = result ? result->cleaned : nullptr;
    const auto finished = result ? result->finished : nullptr;
    const std::shared_ptr<const void> shown =
        finished ? std::shared_ptr<const void>(finished) : std::shared_ptr<const void>(cleaned);
    const AnalysisSpec spec = project.spec;
    if (shown == m_shown && spec.window == m_shownSpec && spec.threshold == m_shownRule &&
        (m_viewJob || m_view || !shown))
        return;
    m_shown = shown;
    m_shownSpec = spec.window;
    m_shownRule = spec.threshold;
    if (m_viewJob) m_viewJob->cancel();  // the newest request wins
    const int request = ++m_request;
    if (!shown) return setView(nullptr);
    RunInput input;
    for (const RunInput& run : project.study.runs)
        if (run.id() == id) input = run;
    m_viewJob = m_runner.start(
        tr("Connectivity of %1").arg(m_state.run()),
        [input, cleaned, finished, spec](const JobContext& context) {
            return finished ? makeView(input, *finished, spec) : makeView(input, cleaned, spec, context);
        },
        [this, request](Outcome<RunView> outcome) {
            if (request != m_request) return;
            m_viewJob = nullptr;
            if (auto* view = std::get_if<RunView>(&outcome)) {
                setView(std::make_shared<const RunView>(std::move(*view)));
            } else {
                setView(nullptr);
                if (const auto* error = std::get_if<Error>(&outcome))
                    Q_EMIT failed(QString::fromStdString(error->what()));
            }
        });
    m_viewJob->setQuiet(true);
}

void AnalysisController::setView(std::shared_ptr<const RunView> view) {
    m_view = std::move(view);
    if (m_view && m_appliedRule != m_shownRule) {
        m_state.setThreshold(m_appliedRule ? m_view->threshold : m_view->firstThreshold);
        m_appliedRule = m_shownRule;
    }
    Q_EMIT viewChanged();
}

}  // namespace chronnect
