#include "app/QualityViews.h"

#include "core/base/Files.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/imaging/Nifti.h"
#include "core/io/Tables.h"
#include "core/pipeline/ImageQuality.h"
#include "core/pipeline/QualityPictures.h"
#include "visualization/Outline.h"
#include "widgets/RunStatus.h"

#include <algorithm>
#include <cmath>
#include <set>

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
        if (volume >= 0 && static_cast<std::size_t>(volume) < values.size())
            kept.push_back(values[static_cast<std::size_t>(volume)]);
    return kept;
}

QString sentenceOf(const QcFc& qc) {
    const auto number = [](double value) {
        return QString::number(value, 'f', 2).replace(QLatin1Char('-'), QChar(0x2212));
    };
    QString text =
        QObject::tr(
            "Over %1 runs, connectivity and mean FD correlate with a median |r| of %2; %3 % of pairs have p < 0.05 "
            "(5 % by chance).")
            .arg(qc.runs)
            .arg(qc.medianAbsolute, 0, 'f', 3)
            .arg(100 * qc.significantShare, 0, 'f', 1);
    if (std::isfinite(qc.distanceDependence))
        text += QObject::tr(" Distance dependence (Spearman): %1; the line is the median over stretches of distance.")
                    .arg(number(qc.distanceDependence));
    return text;
}

}  // namespace

EdgeHistogram edgeHistogram(const TimeSeries& series) {
    constexpr int bins = 50;
    EdgeHistogram histogram{{}, std::vector<double>(bins, 0.0), std::nan("")};
    std::vector<double> finite;
    for (const double r : staticConnectivity(series).edges) {
        if (!std::isfinite(r)) continue;
        finite.push_back(r);
        ++histogram.share[static_cast<std::size_t>(std::clamp((r + 1) / 2 * bins, 0.0, bins - 1.0))];
    }
    for (double& value : histogram.share) value /= std::max<double>(static_cast<double>(finite.size()), 1.0);
    for (int bin = 0; bin < bins; ++bin) histogram.bins.push_back(-1 + 2.0 * (bin + 0.5) / bins);
    if (finite.empty()) return histogram;
    const auto middle = finite.begin() + static_cast<std::ptrdiff_t>(finite.size() / 2);
    std::nth_element(finite.begin(), middle, finite.end());
    histogram.median = *middle;
    return histogram;
}

CohortQualityView measureCohort(const Study& study, const StudyResult& result, const std::vector<Exclusion>& exclusions,
                                const JobContext& context) {
    CohortQualityView view;
    auto runs = cohortQuality(study, result, {}, context.part(0, 0.6));
    std::vector<RunQuality> used;
    for (const RunQuality& run : runs)
        if (std::none_of(exclusions.begin(), exclusions.end(), [&](const Exclusion& e) { return e.run == run.run; }))
            used.push_back(run);
    try {
        QcFc left = qcFc(result, used, context.part(0.6, 1));
        view.motionSentence = sentenceOf(left);
        view.distance = std::move(left.distance);
        view.motionCorrelation = std::move(left.correlation);
    } catch (const Error& error) {
        view.motionSentence = QString::fromStdString(error.what());
    }
    view.runs = std::make_shared<const std::vector<RunQuality>>(std::move(runs));
    return view;
}

RunQualityView measureRun(const Study& study, const RunInput& run, const RunResult& result,
                          const Parcellation* parcellation, const JobContext& context) {
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
        const EdgeHistogram before = edgeHistogram(result.extracted->series);
        view.bins = before.bins;
        view.edgesBefore = before.share;
    }
    if (result.cleaned) {
        const auto& series = result.cleaned->series;
        view.after = toQImage(carpetPicture(carpetOf(series, order), keptOnly(motion, series.volumes), {}));
        view.edgesAfter = edgeHistogram(series).share;
    }
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

namespace {

AtlasInspection inspect(const Atlas& atlas, const std::string& identity, const RunInput& run,
                        const JobContext& context) {
    const NiftiHeader header = readNiftiHeader(run.bold, context.silent());
    AtlasInspection inspection{atlas.parcellation, {}, QString::fromStdString(run.id()), identity, nullptr};
    if (!run.mask.empty()) inspection.mask = std::make_shared<const Volume>(readVolume(run.mask));
    inspection.check = checkAtlas(atlas, header.grid, inspection.mask.get(), run.space);
    context.throwIfCancelled();
    if (inspection.mask) {
        prepareOutline(*inspection.mask);
    } else {
        Parcellation placed = atlas.parcellation;
        for (std::size_t i = 0; i < placed.regions.size() && i < inspection.check.regions.size(); ++i) {
            placed.regions[i].hasCentre = inspection.check.regions[i].atlasVoxels > 0;
            placed.regions[i].centre = inspection.check.regions[i].centroid;
        }
        prepareOutline(placed);
    }
    return inspection;
}

std::string identityOf(const Study& study) {
    return sha256(sha256OfFile(study.atlasImage) +
                  (study.atlasTable.empty() ? std::string() : sha256OfFile(study.atlasTable)));
}

}  // namespace

std::optional<AtlasInspection> inspectAtlas(const Study& study, const std::string& id, const JobContext& context) {
    if (study.atlasImage.empty()) return std::nullopt;
    for (const RunInput& run : study.runs) {
        if (run.bold.empty() || (!id.empty() && run.id() != id)) continue;
        context.throwIfCancelled();
        const Atlas atlas = readAtlas(study.atlasImage, study.atlasTable);
        context.throwIfCancelled();
        return inspect(atlas, identityOf(study), run, context);
    }
    return std::nullopt;
}

std::optional<AtlasInspection> doubtfulAtlas(const Study& study, const std::vector<Answer>& answers,
                                             const JobContext& context) {
    if (study.atlasImage.empty()) return std::nullopt;
    std::optional<Atlas> atlas;
    std::string identity;
    std::set<std::string> seen;  // runs on one grid in one space differ in nothing that this check looks at
    for (const RunInput& run : study.runs) {
        if (run.bold.empty()) continue;
        context.throwIfCancelled();
        std::string place = run.space;
        try {
            const VoxelGrid grid = readNiftiHeader(run.bold, context.silent()).grid;
            for (const auto extent : grid.size) place += " " + std::to_string(extent);
            for (const double entry : grid.affine) place += " " + std::to_string(entry);
        } catch (const Error&) {
            continue;  // the analysis says so of this run, and goes on with the others
        }
        if (!seen.insert(place).second) continue;
        if (!atlas) {
            atlas = readAtlas(study.atlasImage, study.atlasTable);
            identity = identityOf(study);
        }
        AtlasInspection inspection = inspect(*atlas, identity, run, context);
        if (inspection.check.blocked() || !openQuestions(inspection, answers).empty()) return inspection;
    }
    return std::nullopt;
}

}  // namespace chronnect
