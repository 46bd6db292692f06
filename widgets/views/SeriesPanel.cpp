#include "widgets/views/SeriesPanel.h"

#include "widgets/views/EmptyNote.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/SeriesPlot.h"
#include "widgets/views/Theme.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect {

class SeriesPanel::Impl {
public:
    enum Mode { Selection, Networks };

    Impl(ViewState& viewState, SeriesPanel* panel);
    std::vector<SeriesPlot::Trace> selectedTraces() const;
    std::vector<SeriesPlot::Trace> networkTraces() const;
    SeriesPlot::Trace meanOf(const std::vector<int>& regions, const QString& name, const QColor& color) const;
    SeriesPlot::Trace traceOf(int region, const QColor& color) const;
    std::vector<double> times() const;
    double unit() const { return series->repetitionTime > 0 ? series->repetitionTime : 1.0; }
    void showSeries();
    void showBand();
    void pickTime(double time);

    ViewState& state;
    std::shared_ptr<const TimeSeries> series;
    std::shared_ptr<const Parcellation> parcellation;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    std::vector<double> motion;
    double motionThreshold = 0;
    QStackedLayout* stack;
    EmptyNote* note;
    SeriesPlot* plot;
    QLabel* title;
    QComboBox* mode;
    QToolButton* stacked;
};

SeriesPanel::Impl::Impl(ViewState& viewState, SeriesPanel* panel)
    : state(viewState),
      stack(new QStackedLayout(panel)),
      note(new EmptyNote("series", {})),
      plot(new SeriesPlot),
      title(new QLabel),
      mode(new QComboBox),
      stacked(new QToolButton) {
    stack->addWidget(note);
    auto* content = new QWidget;
    stack->addWidget(content);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(3);
    auto* bar = new QHBoxLayout;
    setStyleClass(title, "heading");
    title->setMinimumWidth(40);
    mode->setObjectName("seriesMode");
    mode->addItems({tr("Selection"), tr("Networks")});
    mode->setToolTip(tr("Selected region or pair, or the mean of each network"));
    stacked->setObjectName("stacked");
    stacked->setIcon(themedIcon("stack"));
    stacked->setIconSize({18, 18});
    stacked->setCheckable(true);
    stacked->setChecked(true);
    stacked->setToolTip(tr("One lane per signal"));
    plot->setObjectName("seriesPlot");
    bar->addWidget(title, 1);
    bar->addWidget(mode);
    bar->addWidget(stacked);
    layout->addLayout(bar);
    layout->addWidget(plot, 1);
}

SeriesPlot::Trace SeriesPanel::Impl::traceOf(int region, const QColor& color) const {
    const QString name =
        parcellation ? regionName(parcellation.get(), region) : QString::fromStdString(series->regions[region]);
    SeriesPlot::Trace trace{name, color, {}};
    for (std::size_t t = 0; t < series->volumeCount(); ++t) trace.values.push_back(series->at(t, region));
    return trace;
}

SeriesPlot::Trace SeriesPanel::Impl::meanOf(const std::vector<int>& regions, const QString& name,
                                            const QColor& color) const {
    SeriesPlot::Trace trace{name, color, {}};
    for (std::size_t t = 0; t < series->volumeCount(); ++t) {
        double sum = 0;
        int count = 0;
        for (const int region : regions)
            if (const double value = series->at(t, region); std::isfinite(value)) {
                sum += value;
                ++count;
            }
        trace.values.push_back(count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN());
    }
    return trace;
}

std::vector<SeriesPlot::Trace> SeriesPanel::Impl::selectedTraces() const {
    const bool dark = PlotColors(plot->palette()).dark;
    const int count = static_cast<int>(series->regionCount());
    const auto [a, b] = state.edge();
    if (a >= 0 && b < count) return {traceOf(a, seriesColor(0, dark)), traceOf(b, seriesColor(1, dark))};
    if (state.region() >= 0 && state.region() < count) return {traceOf(state.region(), seriesColor(0, dark))};
    return {};
}

std::vector<SeriesPlot::Trace> SeriesPanel::Impl::networkTraces() const {
    std::vector<SeriesPlot::Trace> traces;
    const PlotColors colors(plot->palette());
    if (parcellation && parcellation->regions.size() == series->regionCount())
        for (const std::string& network : parcellation->networks()) {
            std::vector<int> members;
            for (std::size_t i = 0; i < parcellation->regions.size(); ++i)
                if (parcellation->regions[i].network == network) members.push_back(static_cast<int>(i));
            QColor color = toColor(networkColour(network));
            // Pale or deep network colours must stay legible as thin lines.
            if (colors.dark && color.lightness() < 110) color = color.lighter(160);
            if (!colors.dark && color.lightness() > 160) color = color.darker(175);
            if (!network.empty()) traces.push_back(meanOf(members, QString::fromStdString(network), color));
        }
    if (!traces.empty()) return traces;
    std::vector<int> all(series->regionCount());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
    return {meanOf(all, tr("Mean of all regions"), seriesColor(0, colors.dark))};
}

std::vector<double> SeriesPanel::Impl::times() const {
    std::vector<double> result(series->volumeCount());
    for (std::size_t row = 0; row < result.size(); ++row)
        result[row] = (row < series->volumes.size() ? series->volumes[row] : static_cast<int>(row)) * unit();
    return result;
}

void SeriesPanel::Impl::showSeries() {
    const bool any = series && series->volumeCount() > 1 && series->regionCount() > 0;
    stack->setCurrentIndex(any ? 1 : 0);
    // Connectivity without a series is a matrix that another program made.
    note->setSentence(connectivity && !series
                          ? tr("This run is a finished matrix of connectivity: it holds no signals over time.")
                          : tr("The signals of the regions appear here once a run has been analysed."));
    if (!any) return;
    auto traces = mode->currentIndex() == Selection ? selectedTraces() : networkTraces();
    QString what = mode->currentIndex() == Selection ? tr("Signal") : tr("Network means");
    if (traces.empty()) {
        traces = networkTraces();
        what = traces.size() > 1 ? tr("Network means · select a region to see its signal")
                                 : tr("Mean signal · select a region to see its own");
    }
    title->setText(what);
    plot->setStacked(stacked->isChecked());
    plot->setTimes(times(), series->repetitionTime > 0 ? tr("s") : tr("vol"));
    plot->setTraces(std::move(traces));
    std::vector<double> motionTimes(motion.size());
    for (std::size_t i = 0; i < motion.size(); ++i) motionTimes[i] = static_cast<double>(i) * unit();
    plot->setMotion(std::move(motionTimes), motion, motionThreshold);
    showBand();
}

void SeriesPanel::Impl::showBand() {
    const auto window = static_cast<std::size_t>(state.window());
    if (!series || !connectivity || window >= connectivity->windowCount()) {
        plot->setBand(0, 0);
        return;
    }
    // Windows count rows; censored volumes make a window longer in scan time.
    const auto timeOfRow = [&](int row) {
        const auto& volumes = series->volumes;
        return (row >= 0 && row < static_cast<int>(volumes.size()) ? volumes[row] : row) * unit();
    };
    const int first = connectivity->windowStarts[window];
    plot->setBand(timeOfRow(first), timeOfRow(first + connectivity->windowLength - 1) + unit());
}

void SeriesPanel::Impl::pickTime(double time) {
    if (!connectivity || connectivity->windowCount() == 0) return;
    // The window whose middle is nearest to the time, by rows so that censored volumes do not count.
    const auto at = times();
    const auto row = static_cast<double>(std::lower_bound(at.begin(), at.end(), time) - at.begin());
    int best = 0;
    double bestDistance = std::numeric_limits<double>::max();
    for (std::size_t w = 0; w < connectivity->windowCount(); ++w) {
        const double distance = std::abs(connectivity->windowStarts[w] + 0.5 * connectivity->windowLength - row);
        if (distance < bestDistance) {
            best = static_cast<int>(w);
            bestDistance = distance;
        }
    }
    state.setWindow(best);
}

SeriesPanel::SeriesPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    connect(d.note, &EmptyNote::actionRequested, this, &SeriesPanel::emptyActionRequested);
    connect(d.mode, &QComboBox::currentIndexChanged, this, [this] { m_impl->showSeries(); });
    connect(d.stacked, &QToolButton::toggled, this, [this] { m_impl->showSeries(); });
    connect(d.plot, &SeriesPlot::timePicked, this, [this](double time) { m_impl->pickTime(time); });
    connect(&state, &ViewState::selectionChanged, this, [this] { m_impl->showSeries(); });
    connect(&state, &ViewState::windowChanged, this, [this] { m_impl->showBand(); });
    fillWithBase(this);  // sends a palette change, so not before the parts exist
    d.showSeries();
}

SeriesPanel::~SeriesPanel() = default;

void SeriesPanel::setSeries(std::shared_ptr<const TimeSeries> series,
                            std::shared_ptr<const Parcellation> parcellation) {
    m_impl->series = std::move(series);
    m_impl->parcellation = std::move(parcellation);
    m_impl->showSeries();
}

void SeriesPanel::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_impl->connectivity = std::move(connectivity);
    m_impl->showSeries();
}

void SeriesPanel::setMotion(std::vector<double> framewiseDisplacement, double threshold) {
    m_impl->motion = std::move(framewiseDisplacement);
    m_impl->motionThreshold = threshold;
    m_impl->showSeries();
}

void SeriesPanel::setEmptyAction(const QString& text) { m_impl->note->setAction(text); }

void SeriesPanel::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) m_impl->showSeries();
}

}  // namespace chronnect
