#include "app/QualityViews.h"

#include "core/connectivity/SlidingWindow.h"
#include "core/imaging/Nifti.h"
#include "core/io/Tables.h"
#include "core/pipeline/ImageQuality.h"
#include "core/pipeline/QualityPictures.h"
#include "widgets/RunStatus.h"

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

QImage toQImage(const RgbImage& image) {
    if (image.pixels.empty()) return {};
    return QImage(image.pixels.data(), static_cast<int>(image.width), static_cast<int>(image.height),
                  static_cast<qsizetype>(image.width * 3), QImage::Format_RGB888)
        .copy();
}

std::vector<double> columnOf(const Confounds& confounds, std::string_view name) {
    std::vector<double> values;
    if (const auto column = confounds.column(name))
        for (std::size_t v = 0; v < confounds.volumeCount(); ++v) values.push_back(confounds.at(v, *column));
    return values;
}

std::vector<double> keptOnly(const std::vector<double>& values, const std::vector<int>& volumes) {
    if (volumes.empty() || values.empty()) return values;
    std::vector<double> kept;
    for (const int volume : volumes)
        if (volume >= 0 && static_cast<std::size_t>(volume) < values.size()) kept.push_back(values[static_cast<std::size_t>(volume)]);
    return kept;
}

constexpr int histogramBins = 50;

std::vector<double> shareOfPairs(const TimeSeries& series) {
    std::vector<double> share(histogramBins, 0.0);
    double count = 0;
    for (const double r : staticConnectivity(series).edges) {
        if (!std::isfinite(r)) continue;
        ++share[static_cast<std::size_t>(std::clamp((r + 1) / 2 * histogramBins, 0.0, histogramBins - 1.0))];
        ++count;
    }
    for (double& value : share) value /= std::max(count, 1.0);
    return share;
}

QString sentenceOf(const QcFc& qc) {
    return QObject::tr("Motion left in connectivity over %1 runs (QC-FC): median |r| %2, %3 % of pairs with p < 0.05, "
                       "distance dependence %4.")
        .arg(qc.runs)
        .arg(qc.medianAbsolute, 0, 'f', 3)
        .arg(100 * qc.significantShare, 0, 'f', 1)
        .arg(std::isfinite(qc.distanceDependence) ? QString::number(qc.distanceDependence, 'f', 2) : QStringLiteral("n/a"));
}

}  // namespace

CohortQualityView measureCohort(const Study& study, const StudyResult& result, const std::vector<Exclusion>& exclusions,
                                const JobContext& context) {
    CohortQualityView view;
    auto runs = cohortQuality(study, result, {}, context.part(0, 0.6));
    std::vector<RunQuality> used;
    for (const RunQuality& run : runs)
        if (std::none_of(exclusions.begin(), exclusions.end(), [&](const Exclusion& e) { return e.run == run.run; }))
            used.push_back(run);
    try {
        view.motionSentence = sentenceOf(qcFc(result, used, context.part(0.6, 1)));
    } catch (const Error& error) {
        view.motionSentence = QString::fromStdString(error.what());
    }
    view.runs = std::make_shared<const std::vector<RunQuality>>(std::move(runs));
    return view;
}

RunQualityView measureRun(const Study& study, const RunInput& run, const RunResult& result, const Parcellation* parcellation,
                          const JobContext& context) {
    RunQualityView view;
    view.run = QString::fromStdString(run.id());
    const auto order = parcellation ? parcellation->networkOrder() : std::vector<std::size_t>{};
    const Confounds confounds = run.confounds.empty() ? Confounds{} : readConfounds(run.confounds);
    const auto motion = columnOf(confounds, "framewise_displacement"), dvars = columnOf(confounds, "std_dvars");
    const RunQuality numbers = runQuality(run, result, run.confounds.empty() ? nullptr : &confounds, {});
    view.note = QObject::tr("mean FD %1 mm · %2 of %3 volumes kept · tSNR %4 · %5 degrees of freedom left")
                    .arg(numbers.meanFd, 0, 'f', 3)
                    .arg(numbers.volumesKept)
                    .arg(numbers.volumes)
                    .arg(numbers.tsnr, 0, 'f', 1)
                    .arg(numbers.degreesOfFreedom, 0, 'f', 1);
    if (result.extracted) {
        view.before = toQImage(carpetPicture(carpetOf(result.extracted->series, order), motion, dvars));
        view.edgesBefore = shareOfPairs(result.extracted->series);
    }
    if (result.cleaned) {
        const auto& series = result.cleaned->series;
        view.after = toQImage(carpetPicture(carpetOf(series, order), keptOnly(motion, series.volumes), {}));
        view.edgesAfter = shareOfPairs(series);
    }
    view.edgesBefore.resize(histogramBins);
    view.edgesAfter.resize(histogramBins);
    for (int bin = 0; bin < histogramBins; ++bin) view.bins.push_back(-1 + 2.0 * (bin + 0.5) / histogramBins);
    context.report(0.2, "Reading the image");
    if (run.bold.empty()) return view;
    try {
        const ImageQuality image = measureImage(run, nullptr, 50, context.part(0.2, 0.9));
        const bool hasAtlas = !study.atlasImage.empty();
        const Atlas atlas = hasAtlas ? readAtlas(study.atlasImage, study.atlasTable) : Atlas{};
        view.registration = toQImage(registrationPicture(image, hasAtlas ? &atlas.image : nullptr));
        view.note += QObject::tr(" · voxel tSNR %1").arg(image.medianTsnr, 0, 'f', 1);
    } catch (const Error& error) {
        view.note += QStringLiteral(" · ") + QString::fromStdString(error.what());
    }
    return view;
}

std::optional<AtlasInspection> inspectAtlas(const Study& study, const std::string& id, const JobContext& context) {
    if (study.atlasImage.empty()) return std::nullopt;
    for (const RunInput& run : study.runs) {
        if (run.bold.empty() || (!id.empty() && run.id() != id)) continue;
        context.throwIfCancelled();
        const Atlas atlas = readAtlas(study.atlasImage, study.atlasTable);
        const NiftiHeader header = readNiftiHeader(run.bold);
        const bool hasMask = !run.mask.empty();
        const Volume mask = hasMask ? readVolume(run.mask) : Volume{};
        context.throwIfCancelled();
        AtlasInspection inspection{atlas.parcellation, checkAtlas(atlas, header.grid, hasMask ? &mask : nullptr, run.space),
                                   QString::fromStdString(run.id())};
        inspection.check.notices.insert(inspection.check.notices.begin(), atlas.notices.begin(), atlas.notices.end());
        return inspection;
    }
    return std::nullopt;
}

}  // namespace chronnect
