#include "core/pipeline/RunFigures.h"

#include "core/base/Error.h"
#include "core/io/Tables.h"
#include "core/signal/FramewiseDisplacement.h"

#include <cmath>

namespace chronnect {

namespace {

void readMotion(const RunInput& run, RunFigures& figures) {
    if (run.confounds.empty()) return;
    try {
        const Confounds confounds = readConfounds(run.confounds);
        figures.displacement = framewiseDisplacement(confounds);
        if (const auto column = confounds.column("std_dvars"))
            for (std::size_t v = 0; v < confounds.volumeCount(); ++v) figures.dvars.push_back(confounds.at(v, *column));
    } catch (const Error&) {
        return;  // whoever cleans the run says what is wrong with the table
    }
    double sum = 0, count = 0;
    for (const double value : figures.displacement) {
        if (!std::isfinite(value)) continue;
        sum += value;
        ++count;
    }
    if (count > 0) figures.meanDisplacement = sum / count;
}

}  // namespace

RunFigures figuresOf(const RunInput& run, const RunResult& result) {
    RunFigures figures;
    if (result.cleaned) {
        const TimeSeries& series = result.cleaned->series;
        figures.volumes = result.cleaned->sampleMask.size();
        figures.kept = series.volumeCount();
        figures.regions = series.regionCount();
        figures.confounds = result.cleaned->confoundsUsed.size();
        figures.repetitionTime = series.repetitionTime;
        figures.degreesOfFreedom = result.cleaned->degreesOfFreedom;
        for (std::size_t r = 0; r < figures.regions && figures.kept; ++r)
            figures.regionsWithoutSeries += std::isnan(series.at(0, r));
    }
    readMotion(run, figures);
    return figures;
}

}  // namespace chronnect
