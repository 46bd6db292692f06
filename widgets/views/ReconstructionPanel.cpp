#include "widgets/views/ReconstructionPanel.h"

#include "widgets/views/EmptyNote.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/MaskBar.h"
#include "widgets/views/PlotAxis.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/ScoreTable.h"
#include "widgets/views/Theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QStackedWidget>

#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace chronnect {

namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

}  // namespace

class ReconstructionPanel::Impl {
public:
    Impl(ViewState& viewState, ReconstructionPanel* panel);
    QWidget* makeMaps();
    void showAll();
    void showResult();
    void showScan();
    void showShown();
    void showHatching();
    void showSelection();
    void showCaption();
    void update();
    void setParcellation(std::shared_ptr<const Parcellation> regions);
    bool isFilled() const;
    bool hasScan() const;
    bool isAnswered() const;
    bool isPreview() const;
    bool isHidden(std::size_t pair) const { return !isPartly() || result->hidden[pair]; }
    bool isPartly() const;
    std::size_t regionCount() const;
    std::vector<std::uint8_t> hiddenSoon() const;
    std::span<const float> windowShown() const;
    QString windowText(int window) const;
    QString readout(int row, int column) const;
    void select(int row, int column);
    void paint(const QRect& cells, bool remove);

    enum Map { Truth, Shown, Predicted, Error, MapCount };

    ViewState& state;
    std::shared_ptr<const Reconstruction> result;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    std::shared_ptr<const Parcellation> parcellation;
    std::optional<MaskRequest> asked, answered;  ///< last asked for, and behind `result`
    RegionOrder order;
    MaskBar* bar;
    QStackedWidget* stack;
    EmptyNote *note, *later;
    QLabel* caption;
    std::array<HeatMap*, MapCount> maps{};
    ScoreTable* scores;
};

ReconstructionPanel::Impl::Impl(ViewState& viewState, ReconstructionPanel* panel)
    : state(viewState),
      bar(new MaskBar(viewState)),
      stack(new QStackedWidget),
      note(new EmptyNote("reconstruction",
                         tr("What the pretrained network rebuilds of a hidden part of a window appears "
                            "here: choose what to hide and press Rebuild."))),
      later(
          new EmptyNote("reconstruction", tr("What the network makes of the hidden part appears here after Rebuild."))),
      caption(new QLabel),
      scores(new ScoreTable) {
    fillWithBase(panel);
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(10, 6, 10, 8);
    layout->setSpacing(6);
    layout->addWidget(bar);
    stack->addWidget(note);
    stack->addWidget(makeMaps());
    layout->addWidget(stack, 1);
}

QWidget* ReconstructionPanel::Impl::makeMaps() {
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    auto* grid = new QGridLayout;
    grid->setSpacing(8);
    const QString titles[] = {tr("True"), tr("Shown to the network"), tr("Predicted"), tr("Error (predicted − true)")};
    const char* names[] = {"truthMap", "shownMap", "predictedMap", "errorMap"};
    for (int i = 0; i < MapCount; ++i) {
        maps[i] = new HeatMap;
        maps[i]->setObjectName(names[i]);
        maps[i]->setTitle(titles[i]);
        maps[i]->setSquare(true);
        maps[i]->setColors(i == Error ? ColorMap::RedBlue : ColorMap::Viridis, i == Error ? -1 : 0, 1);
        maps[i]->setReadout([this](int row, int column) { return readout(row, column); });
        grid->addWidget(maps[i], i / 2, i % 2);
    }
    grid->addWidget(later, 1, 0, 1, 2);
    grid->setRowStretch(0, 1);
    grid->setRowStretch(1, 1);
    layout->addLayout(grid, 1);
    caption->setObjectName("resultCaption");
    setStyleClass(caption, "caption");
    caption->setWordWrap(true);
    layout->addWidget(caption);
    layout->addWidget(scores);
    return content;
}

bool ReconstructionPanel::Impl::isFilled() const {
    if (!result || result->regions < 2) return false;
    const std::size_t pairs = edgeCountOf(result->regions);
    return result->truth.size() == pairs && result->predicted.size() == pairs;
}

bool ReconstructionPanel::Impl::hasScan() const {
    return bar->isAvailable() && connectivity && connectivity->regionCount() > 1 && connectivity->windowCount() > 0;
}

bool ReconstructionPanel::Impl::isPartly() const {
    return result->hidden.size() == result->truth.size() &&
           std::ranges::any_of(result->hidden, [](auto hidden) { return hidden != 0; });
}

/// Whether the result shows what the bar asks for now.
bool ReconstructionPanel::Impl::isAnswered() const {
    return isFilled() && answered && *answered == bar->request() && state.run().toStdString() == result->scan;
}

/// Whether what will be hidden is hatched, and not what was hidden last.
bool ReconstructionPanel::Impl::isPreview() const {
    if (isAnswered() || bar->mode() == MaskMode::Random) return false;
    return bar->mode() == MaskMode::Stretch || !bar->choice().isEmpty();
}

std::size_t ReconstructionPanel::Impl::regionCount() const {
    return isFilled()     ? result->regions
           : connectivity ? connectivity->regionCount()
           : parcellation ? parcellation->regions.size()
                          : 0;
}

std::vector<std::uint8_t> ReconstructionPanel::Impl::hiddenSoon() const {
    if (bar->mode() == MaskMode::Stretch) return std::vector<std::uint8_t>(edgeCountOf(regionCount()), 1);
    return bar->choice().hiddenPairs();
}

std::span<const float> ReconstructionPanel::Impl::windowShown() const {
    return connectivity->window(
        std::min(static_cast<std::size_t>(bar->request().window), connectivity->windowCount() - 1));
}

void ReconstructionPanel::Impl::setParcellation(std::shared_ptr<const Parcellation> regions) {
    parcellation = std::move(regions);
    bar->setRegions(regionCount(), parcellation);
}

void ReconstructionPanel::Impl::showAll() {
    const bool filled = isFilled();
    stack->setCurrentIndex(filled || hasScan() ? 1 : 0);
    bar->setAnswered(isAnswered());
    if (!filled && !hasScan()) return;
    order = RegionOrder::make(parcellation.get(), regionCount(), state.networkOrder());
    for (HeatMap* map : {maps[Predicted], maps[Error]}) map->setVisible(filled);
    later->setVisible(!filled);
    scores->setVisible(filled);
    filled ? showResult() : showScan();
    for (HeatMap* map : maps) {
        map->setRowGroups(order.groups);
        map->setColumnGroups(order.groups);
    }
    for (HeatMap* map : {maps[Truth], maps[Shown]}) map->setDraggable(bar->mode() == MaskMode::Chosen, true);
    showShown();
    showCaption();
    showSelection();
}

void ReconstructionPanel::Impl::showResult() {
    const auto& r = *result;
    std::vector<float> error(r.truth.size());
    for (std::size_t e = 0; e < r.truth.size(); ++e) error[e] = isHidden(e) ? r.predicted[e] - r.truth[e] : none;
    const int n = static_cast<int>(r.regions);
    maps[Truth]->setColors(ColorMap::Viridis, 0, 1);
    maps[Truth]->setTitle(tr("True"));
    maps[Truth]->setValues(n, n, orderedMatrix(r.truth, order, none));
    maps[Predicted]->setValues(n, n, orderedMatrix(r.predicted, order, none));
    maps[Error]->setValues(n, n, orderedMatrix(error, order, none));
    scores->setScores(r.scores);
}

/// Before anything was rebuilt the matrices show the window's connectivity: the graph that the network will be given is
/// made of it.
void ReconstructionPanel::Impl::showScan() {
    const int n = static_cast<int>(connectivity->regionCount());
    maps[Truth]->setColors(ColorMap::RedBlue, -1, 1);
    maps[Truth]->setTitle(tr("Connectivity of window %1").arg(bar->request().window + 1));
    maps[Truth]->setValues(n, n, orderedMatrix(windowShown(), order, none));
}

void ReconstructionPanel::Impl::showShown() {
    const int n = static_cast<int>(regionCount());
    const bool preview = isPreview();
    std::vector<float> shown;
    if (!isFilled()) {
        const auto window = windowShown();
        shown.assign(window.begin(), window.end());
    } else {
        shown = result->truth;
        const bool temporal = !result->sourceWindows.empty(), partly = isPartly();
        for (std::size_t e = 0; e < shown.size() && !preview; ++e)
            if (temporal || (partly && result->hidden[e])) shown[e] = none;
    }
    maps[Shown]->setColors(isFilled() ? ColorMap::Viridis : ColorMap::RedBlue, isFilled() ? 0 : -1, 1);
    maps[Shown]->setTitle(preview || !isFilled() ? tr("Will be shown") : tr("Shown to the network"));
    maps[Shown]->setValues(n, n, orderedMatrix(shown, order, none));
    showHatching();
}

void ReconstructionPanel::Impl::showHatching() {
    if (!isPreview()) return maps[Shown]->setHatching({});
    const std::vector<std::uint8_t> pairs = hiddenSoon();
    if (pairs.size() != edgeCountOf(regionCount())) return maps[Shown]->setHatching({});
    const std::vector<float> values(pairs.begin(), pairs.end());
    std::vector<float> matrix = orderedMatrix(values, order, 0);
    const std::size_t n = order.regionAt.size();
    for (std::size_t row = 0; row < n; ++row)  // a region that is hidden itself has its diagonal hatched too
        matrix[row * n + row] = bar->mode() == MaskMode::Stretch || bar->choice().hasRegion(order.regionAt[row]);
    maps[Shown]->setHatching(std::vector<std::uint8_t>(matrix.begin(), matrix.end()));
}

QString ReconstructionPanel::Impl::windowText(int window) const {
    if (result->windowLength <= 0) return QString::number(window + 1);
    const bool known = result->repetitionTime > 0;
    const double unit = known ? result->repetitionTime : 1, start = window * result->windowStep;
    return tr("%1 (%2)").arg(window + 1).arg(timeRange(start * unit, (start + result->windowLength) * unit, known));
}

void ReconstructionPanel::Impl::showCaption() {
    if (!isFilled())
        return caption->setText(isPreview() ? tr("Hatched: will be hidden.") : tr("Nothing was rebuilt yet."));
    const auto& r = *result;
    QString text = tr("%1 · window %2 of the model").arg(QString::fromStdString(r.scan), windowText(r.window));
    if (!r.sourceWindows.empty()) {
        QStringList windows;
        for (const int w : r.sourceWindows) windows << windowText(w);
        text += tr(" · rebuilt from its windows %1 alone").arg(windows.join(tr(" and ")));
    } else if (isPartly()) {
        text += tr(" · %1 of %2 pairs were hidden; the error has no value for the others")
                    .arg(std::ranges::count_if(r.hidden, [](auto hidden) { return hidden != 0; }))
                    .arg(r.truth.size());
    }
    caption->setText(isAnswered() ? text : tr("Last result: %1").arg(text));
}

void ReconstructionPanel::Impl::showSelection() {
    const int count = static_cast<int>(order.rowOf.size());
    const auto [a, b] = state.edge();
    for (HeatMap* map : maps) {
        if (a >= 0 && b < count)
            map->setCursor(order.rowOf[a], order.rowOf[b], true);
        else if (state.region() >= 0 && state.region() < count)
            map->setCursor(order.rowOf[state.region()], -1, true);
        else
            map->setCursor(-1, -1);
    }
}

/// After something was chosen: the result stays as it is, and is not filled in again.
void ReconstructionPanel::Impl::update() {
    if (!isFilled()) return showAll();
    bar->setAnswered(isAnswered());
    for (HeatMap* map : {maps[Truth], maps[Shown]}) map->setDraggable(bar->mode() == MaskMode::Chosen, true);
    showShown();
    showCaption();
}

void ReconstructionPanel::Impl::select(int row, int column) {
    const int a = order.regionAt[row], b = order.regionAt[column];
    a == b ? state.setRegion(a) : state.setEdge(a, b);
}

/// Pairs alone are painted. What is taken out again may be regions too: those whose diagonal lies inside.
void ReconstructionPanel::Impl::paint(const QRect& cells, bool remove) {
    MaskChoice choice = bar->choice();
    for (int row = cells.top(); row <= cells.bottom(); ++row)
        for (int column = cells.left(); column <= cells.right(); ++column) {
            const int a = order.regionAt[row], b = order.regionAt[column];
            if (a != b)
                choice.setPair(a, b, !remove);
            else if (remove)
                choice.setRegion(a, false);
        }
    bar->setChoice(choice);
}

QString ReconstructionPanel::Impl::readout(int row, int column) const {
    const int a = order.regionAt[row], b = order.regionAt[column];
    const bool soon = isPreview() && (bar->mode() == MaskMode::Stretch || bar->choice().hides(a, b));
    if (a == b) return regionDescription(parcellation.get(), a, regionName(nullptr, a));
    const std::size_t e = edgeIndex(std::min(a, b), std::max(a, b), regionCount());
    const QString pair =
        QStringLiteral("<b>%1 – %2</b><br>")
            .arg(regionName(parcellation.get(), a).toHtmlEscaped(), regionName(parcellation.get(), b).toHtmlEscaped());
    const QString will = soon ? tr(" · will be hidden") : QString();
    if (!isFilled()) return pair + tr("connectivity %1").arg(plotNumber(windowShown()[e])) + will;
    const bool hidden = e < result->hidden.size() && result->hidden[e];
    return pair +
           tr("true %1 · predicted %2%3")
               .arg(plotNumber(result->truth[e]), plotNumber(result->predicted[e]),
                    hidden ? tr(" · was hidden") : QString()) +
           will;
}

ReconstructionPanel::ReconstructionPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    connect(d.note, &EmptyNote::actionRequested, this, &ReconstructionPanel::emptyActionRequested);
    connect(d.bar, &MaskBar::changed, this, [this] { m_impl->update(); });
    connect(d.bar, &MaskBar::asked, this, [this] {
        m_impl->asked = m_impl->bar->request();
        Q_EMIT requested(*m_impl->asked);
    });
    for (HeatMap* map : d.maps) {
        connect(map, &HeatMap::clicked, this, [this](int row, int column) { m_impl->select(row, column); });
        connect(map, &HeatMap::dragged, this,
                [this](const QRect& cells, bool remove) { m_impl->paint(cells, remove); });
    }
    connect(&state, &ViewState::selectionChanged, this, [this] { m_impl->showSelection(); });
    connect(&state, &ViewState::orderChanged, this, [this] { m_impl->showAll(); });
    d.bar->setAvailable(false,
                        tr("Pretrain a model first: this page shows how well it rebuilds what it does not see."));
    d.showAll();
}

ReconstructionPanel::~ReconstructionPanel() = default;

void ReconstructionPanel::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity,
                                          std::shared_ptr<const Parcellation> parcellation) {
    m_impl->connectivity = connectivity;
    m_impl->bar->setConnectivity(std::move(connectivity));
    m_impl->setParcellation(std::move(parcellation));
    m_impl->showAll();
}

void ReconstructionPanel::setReconstruction(std::shared_ptr<const Reconstruction> reconstruction,
                                            std::shared_ptr<const Parcellation> parcellation) {
    m_impl->result = std::move(reconstruction);
    m_impl->answered = m_impl->result ? m_impl->asked : std::nullopt;
    m_impl->setParcellation(std::move(parcellation));
    m_impl->showAll();
}

void ReconstructionPanel::setAvailable(bool available, const QString& why) {
    m_impl->bar->setAvailable(available, why);
}

void ReconstructionPanel::setBusy(bool busy) { m_impl->bar->setBusy(busy); }

void ReconstructionPanel::setEmptyAction(const QString& text) { m_impl->note->setAction(text); }

MaskBar& ReconstructionPanel::masks() { return *m_impl->bar; }

}  // namespace chronnect
