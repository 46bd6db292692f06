#include "app/DenoisingController.h"

#include "app/AppPaths.h"
#include "app/QualityViews.h"
#include "core/io/Tables.h"
#include "core/pipeline/QualityPictures.h"
#include "core/pipeline/SeriesCache.h"
#include "core/signal/FramewiseDisplacement.h"
#include "widgets/RunStatus.h"

#include <QElapsedTimer>

#include <algorithm>
#include <cmath>
#include <optional>

namespace chronnect {

namespace {

/// Grey from -2 (black) to 2 (white) sd; column v of the carpet goes to column `at[v]` of a picture `width` wide.
QImage carpetImage(const Carpet& carpet, const std::vector<int>& at, int width) {
    QImage image(width, static_cast<int>(carpet.rows), QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    for (std::size_t row = 0; row < carpet.rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(row)));
        for (std::size_t v = 0; v < carpet.volumes; ++v) {
            const float value = carpet.values[row * carpet.volumes + v];
            const int column = at.empty() ? static_cast<int>(v) : at[v];
            if (!std::isfinite(value) || column < 0 || column >= width) continue;
            const int grey = static_cast<int>(std::clamp((value + 2) / 4 * 255, 0.f, 255.f));
            line[column] = qRgb(grey, grey, grey);
        }
    }
    return image;
}

std::vector<double> columnOf(const Confounds& confounds, std::string_view name) {
    std::vector<double> values;
    if (const auto column = confounds.column(name))
        for (std::size_t v = 0; v < confounds.volumeCount(); ++v) values.push_back(confounds.at(v, *column));
    return values;
}

std::shared_ptr<const DenoisingSource> loadSource(DenoisingSource source, const JobContext& context) {
    if (!source.run.confounds.empty())
        source.confounds = std::make_shared<const Confounds>(readConfounds(source.run.confounds));
    context.throwIfCancelled();
    if (source.extracted) return std::make_shared<const DenoisingSource>(std::move(source));
    const bool image = source.run.series.empty();
    if (image && source.atlasImage.empty())
        throw Error(ErrorKind::BadInput,
                    "The study holds images but no atlas was chosen; choose one on the Quality page (Atlas)");
    std::optional<Atlas> atlas;
    if (image) atlas = readAtlas(source.atlasImage, source.atlasTable);
    const SeriesCache cache(AppPaths::seriesCache());
    const std::string key = SeriesCache::keyOf(
        source.run, image ? SeriesCache::hashOf({source.atlasImage, source.atlasTable}, context) : std::string(),
        source.extraction, context);
    std::optional<ExtractedSeries> extracted = cache.find(key);
    if (!extracted) {
        extracted = loadRun(source.run, atlas ? &*atlas : nullptr, source.extraction, context.part(0.1, 0.9));
        cache.store(key, *extracted);
    }
    if (atlas) source.order = atlas->parcellation.networkOrder();
    source.extracted = std::make_shared<const ExtractedSeries>(std::move(*extracted));
    return std::make_shared<const DenoisingSource>(std::move(source));
}

}  // namespace

DenoisingView previewDenoising(const DenoisingSource& source, const CleanSpec& spec, const JobContext& context) {
    const TimeSeries& raw = source.extracted->series;
    Notices notices;
    const CleanSpec applied = applicableCleaning(spec, source.confounds != nullptr, raw.repetitionTime, notices);
    QElapsedTimer clock;
    clock.start();
    const CleanedSeries cleaned = clean(raw, source.confounds.get(), applied, context);
    DenoisingView view;
    view.seconds = static_cast<double>(clock.nsecsElapsed()) * 1e-9;
    view.run = QString::fromStdString(source.run.id());
    view.volumes = raw.volumeCount();
    view.kept = cleaned.series.volumeCount();
    view.confounds = cleaned.confoundsUsed.size();
    view.degreesOfFreedom = cleaned.degreesOfFreedom;
    view.howComputed = QString::fromStdString(cleaned.howComputed);
    notices.insert(notices.end(), cleaned.notices.begin(), cleaned.notices.end());
    for (const Notice& notice : notices)
        view.remarks +=
            (view.remarks.isEmpty() ? QString() : QStringLiteral("; ")) + QString::fromStdString(notice.text);
    context.throwIfCancelled();
    CarpetContent& carpet = view.carpet;
    const int width = static_cast<int>(raw.volumeCount());
    carpet.before = carpetImage(carpetOf(raw, source.order), {}, width);
    carpet.after = carpetImage(carpetOf(cleaned.series, source.order), cleaned.series.volumes, width);
    carpet.kept = cleaned.sampleMask;
    carpet.repetitionTime = raw.repetitionTime;
    carpet.fdThreshold = applied.fdThresholdMm;
    carpet.dvarsThreshold = applied.dvarsThreshold;
    if (source.confounds) {
        carpet.displacement = framewiseDisplacement(*source.confounds);
        carpet.dvars = columnOf(*source.confounds, "std_dvars");
    }
    context.throwIfCancelled();
    const EdgeHistogram before = edgeHistogram(raw), after = edgeHistogram(cleaned.series);
    view.bins = before.bins;
    view.edgesBefore = before.share;
    view.edgesAfter = after.share;
    view.medianBefore = before.median;
    view.medianAfter = after.median;
    return view;
}

DenoisingController::DenoisingController(ProjectDocument& document, ViewState& state, JobRunner& runner,
                                         QObject* parent)
    : QObject(parent), m_document(document), m_state(state), m_runner(runner) {
    m_delay.setSingleShot(true);
    m_delay.setInterval(40);
    connect(&m_delay, &QTimer::timeout, this, &DenoisingController::refresh);
    connect(&document, &ProjectDocument::changed, this, [this](Aspects aspects) {
        if (contains(aspects, Aspect::Study)) m_source = nullptr;
        if (aspects & (static_cast<Aspects>(Aspect::Study) | static_cast<Aspects>(Aspect::Spec) |
                       static_cast<Aspects>(Aspect::Result)))
            m_delay.start();
    });
    connect(&state, &ViewState::runChanged, &m_delay, qOverload<>(&QTimer::start));
}

void DenoisingController::setWanted(bool on) {
    if (on == m_wanted) return;
    m_wanted = on;
    if (on)
        m_delay.start();
    else if (m_job)
        m_job->cancel();
}

bool DenoisingController::sourceFits(const RunInput& run) const {
    const Project& project = m_document.project();
    return m_source && m_source->run == run && m_source->extraction == project.spec.extraction &&
           m_source->atlasImage == project.study.atlasImage && m_source->atlasTable == project.study.atlasTable;
}

void DenoisingController::refresh() {
    if (!m_wanted) return;
    const Project& project = m_document.project();
    const auto run = std::find_if(project.study.runs.begin(), project.study.runs.end(), [&](const RunInput& each) {
        return QString::fromStdString(each.id()) == m_state.run();
    });
    if (run == project.study.runs.end()) return show(nullptr, tr("Select a run to see what the cleaning does to it."));
    if (!m_job && m_shownRun == m_state.run() && m_shownSpec == project.spec.clean && sourceFits(*run)) return;
    start(*run);
}

void DenoisingController::start(const RunInput& run) {
    const Project& project = m_document.project();
    if (m_job) m_job->cancel();  // the newest request wins
    const int request = ++m_request;
    std::shared_ptr<const DenoisingSource> ready = sourceFits(run) ? m_source : nullptr;
    DenoisingSource asked{
        run, project.spec.extraction, project.study.atlasImage, project.study.atlasTable, nullptr, nullptr, {}};
    const RunResult* result = resultOf(project, run.id());
    if (!ready && result && result->extracted && project.resultSpec.extraction == project.spec.extraction) {
        asked.extracted = result->extracted;
        if (project.result->parcellation &&
            project.result->parcellation->regions.size() == result->extracted->series.regionCount())
            asked.order = project.result->parcellation->networkOrder();
    }
    const CleanSpec spec = project.spec.clean;
    m_job = m_runner.start(
        tr("Preview the cleaning of %1").arg(m_state.run()),
        [ready, asked, spec](const JobContext& context) {
            Made made;
            made.source = ready ? ready : loadSource(asked, context);
            made.view = previewDenoising(*made.source, spec, context);
            return made;
        },
        [this, request, spec](Outcome<Made> outcome) {
            if (request != m_request) return;
            m_job = nullptr;
            Q_EMIT busy(false);
            m_shownSpec = spec;
            if (auto* made = std::get_if<Made>(&outcome)) {
                m_source = made->source;
                show(std::make_shared<const DenoisingView>(std::move(made->view)), {});
            } else if (const auto* error = std::get_if<Error>(&outcome)) {
                show(nullptr, QString::fromStdString(error->what()));
            }
        });
    m_job->setQuiet(true);
    Q_EMIT busy(true);
}

void DenoisingController::show(std::shared_ptr<const DenoisingView> view, const QString& why) {
    m_shownRun = view ? view->run : QString();
    Q_EMIT changed(std::move(view), why);
}

}  // namespace chronnect
