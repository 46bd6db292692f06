#include "widgets/views/ReconstructionPanel.h"

#include "core/data/Connectivity.h"
#include "widgets/views/EmptyNote.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/PlotAxis.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/ScoreTable.h"
#include "widgets/views/Theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>

#include <array>
#include <cmath>
#include <limits>

namespace chronnect {

class ReconstructionPanel::Impl {
public:
    Impl(ViewState& viewState, ReconstructionPanel* panel);
    QLayout* makeControls();
    QWidget* makeMaps();
    void showAll();
    void showSelection();
    void showControls();
    MaskRequest request() const;
    QString readout(int row, int column) const;
    bool isFilled() const;
    void choose(int row, int column);

    enum Map { Truth, Shown, Predicted, Error, MapCount };

    ViewState& state;
    std::shared_ptr<const Reconstruction> result;
    std::shared_ptr<const Parcellation> parcellation;
    RegionOrder order;
    bool available = false, busy = false;
    QString why;
    QStackedWidget* stack;
    EmptyNote* note;
    QComboBox* mode;
    QCheckBox* hideSelected;
    QSpinBox* seed;
    QPushButton* button;
    QLabel *status, *caption;
    std::array<HeatMap*, MapCount> maps{};
    ScoreTable* scores;
};

ReconstructionPanel::Impl::Impl(ViewState& viewState, ReconstructionPanel* panel)
    : state(viewState),
      stack(new QStackedWidget),
      note(new EmptyNote("reconstruction",
                         tr("What the pretrained network rebuilds of a hidden part of a window appears "
                            "here: choose what to hide and press Reconstruct."))),
      mode(new QComboBox),
      hideSelected(new QCheckBox),
      seed(new QSpinBox),
      button(new QPushButton),
      status(new QLabel),
      caption(new QLabel),
      scores(new ScoreTable) {
    fillWithBase(panel);
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(10, 6, 10, 8);
    layout->setSpacing(6);
    layout->addLayout(makeControls());
    setStyleClass(status, "caption");
    status->setWordWrap(true);
    layout->addWidget(status);
    stack->addWidget(note);
    stack->addWidget(makeMaps());
    layout->addWidget(stack, 1);
}

QLayout* ReconstructionPanel::Impl::makeControls() {
    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    mode->setObjectName("maskMode");
    mode->addItem(tr("Hide a part of this window"));
    mode->addItem(tr("Hide this window whole, rebuild it from two others"));
    mode->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    mode->setMinimumContentsLength(20);
    mode->setToolTip(tr("Spatial or temporal masking"));
    hideSelected->setObjectName("hideSelected");
    seed->setObjectName("maskSeed");
    seed->setRange(0, 999999);
    seed->setPrefix(tr("seed "));
    seed->setToolTip(tr("Which random mask; the same seed hides the same"));
    button->setObjectName("reconstruct");
    setStyleClass(button, "primary");
    bar->addWidget(mode, 1);
    bar->addWidget(hideSelected);
    bar->addWidget(seed);
    bar->addStretch(1);
    bar->addWidget(button);
    return bar;
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
    layout->addLayout(grid, 1);
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

void ReconstructionPanel::Impl::showAll() {
    stack->setCurrentIndex(isFilled() ? 1 : 0);
    if (!isFilled()) return;
    const auto& r = *result;
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    order = RegionOrder::make(parcellation.get(), r.regions, state.networkOrder());
    std::vector<float> shown = r.truth, error(r.truth.size());
    std::size_t hiddenCount = 0;
    for (const auto hidden : r.hidden) hiddenCount += hidden != 0;
    const bool partly = r.hidden.size() == r.truth.size() && hiddenCount > 0;
    for (std::size_t e = 0; e < r.truth.size(); ++e) {
        const bool hidden = !partly || r.hidden[e];
        if (hidden && partly) shown[e] = none;
        error[e] = hidden ? r.predicted[e] - r.truth[e] : none;
    }
    if (!r.sourceWindows.empty()) shown.assign(shown.size(), none);
    const int n = static_cast<int>(r.regions);
    const std::array<std::vector<float>*, 2> ours{&shown, &error};
    maps[Truth]->setValues(n, n, orderedMatrix(r.truth, order, none));
    maps[Shown]->setValues(n, n, orderedMatrix(*ours[0], order, none));
    maps[Predicted]->setValues(n, n, orderedMatrix(r.predicted, order, none));
    maps[Error]->setValues(n, n, orderedMatrix(*ours[1], order, none));
    for (HeatMap* map : maps) {
        map->setRowGroups(order.groups);
        map->setColumnGroups(order.groups);
    }
    QString text = tr("%1 · window %2").arg(QString::fromStdString(r.scan)).arg(r.window + 1);
    if (!r.sourceWindows.empty()) {
        QStringList windows;
        for (const int w : r.sourceWindows) windows << QString::number(w + 1);
        text += tr(" · rebuilt from windows %1 alone").arg(windows.join(tr(" and ")));
    } else if (partly) {
        text += tr(" · %1 of %2 pairs hidden (hatched: hidden, or not hidden and so without error)")
                    .arg(hiddenCount)
                    .arg(r.truth.size());
    }
    caption->setText(text);
    scores->setScores(r.scores);
    showSelection();
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

void ReconstructionPanel::Impl::showControls() {
    const bool temporal = mode->currentIndex() == 1, selected = state.region() >= 0 || state.edge().first >= 0;
    QString what = tr("Hide the selected region");
    if (state.region() >= 0) what = tr("Hide %1").arg(regionName(parcellation.get(), state.region()));
    if (state.edge().first >= 0) what = tr("Hide the selected pair");
    hideSelected->setText(hideSelected->fontMetrics().elidedText(what, Qt::ElideRight, 200));
    hideSelected->setToolTip(selected ? what : tr("Select a region or a pair in any view first"));
    hideSelected->setEnabled(!temporal && selected);
    seed->setEnabled(!temporal && !(hideSelected->isChecked() && selected));
    button->setText(tr("Rebuild the window at the cursor"));
    button->setEnabled(available && !busy && state.windowCount() > 0);
    status->setText(busy ? tr("Reconstructing…") : available ? QString() : why);
    status->setVisible(!status->text().isEmpty());
}

MaskRequest ReconstructionPanel::Impl::request() const {
    MaskRequest wanted;
    wanted.window = state.window();
    wanted.temporal = mode->currentIndex() == 1;
    wanted.seed = seed->value();
    if (!wanted.temporal && hideSelected->isChecked()) {
        if (state.region() >= 0)
            wanted.regions = {state.region()};
        else if (state.edge().first >= 0)
            wanted.pairs = {state.edge()};
    }
    return wanted;
}

void ReconstructionPanel::Impl::choose(int row, int column) {
    const int a = order.regionAt[row], b = order.regionAt[column];
    a == b ? state.setRegion(a) : state.setEdge(a, b);
}

QString ReconstructionPanel::Impl::readout(int row, int column) const {
    const int a = order.regionAt[row], b = order.regionAt[column];
    if (a == b) return regionDescription(parcellation.get(), a, regionName(nullptr, a));
    const std::size_t e = edgeIndex(std::min(a, b), std::max(a, b), result->regions);
    const bool hidden = e < result->hidden.size() && result->hidden[e];
    return QStringLiteral("<b>%1 – %2</b><br>")
               .arg(regionName(parcellation.get(), a).toHtmlEscaped(),
                    regionName(parcellation.get(), b).toHtmlEscaped()) +
           tr("true %1 · predicted %2%3")
               .arg(plotNumber(result->truth[e]), plotNumber(result->predicted[e]),
                    hidden ? tr(" · hidden") : QString());
}

ReconstructionPanel::ReconstructionPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    connect(d.note, &EmptyNote::actionRequested, this, &ReconstructionPanel::emptyActionRequested);
    connect(d.button, &QPushButton::clicked, this, [this] { Q_EMIT requested(m_impl->request()); });
    connect(d.mode, &QComboBox::currentIndexChanged, this, [this] { m_impl->showControls(); });
    connect(d.hideSelected, &QCheckBox::toggled, this, [this] { m_impl->showControls(); });
    for (HeatMap* map : d.maps)
        connect(map, &HeatMap::clicked, this, [this](int row, int column) { m_impl->choose(row, column); });
    connect(&state, &ViewState::windowChanged, this, [this] { m_impl->showControls(); });
    connect(&state, &ViewState::selectionChanged, this, [this] {
        m_impl->showSelection();
        m_impl->showControls();
    });
    connect(&state, &ViewState::orderChanged, this, [this] { m_impl->showAll(); });
    d.why = tr("Pretrain a model first: this page shows how well it rebuilds what it does not see.");
    d.showAll();
    d.showControls();
}

ReconstructionPanel::~ReconstructionPanel() = default;

void ReconstructionPanel::setReconstruction(std::shared_ptr<const Reconstruction> reconstruction,
                                            std::shared_ptr<const Parcellation> parcellation) {
    m_impl->result = std::move(reconstruction);
    m_impl->parcellation = std::move(parcellation);
    m_impl->showAll();
    m_impl->showControls();
}

void ReconstructionPanel::setAvailable(bool available, const QString& why) {
    m_impl->available = available;
    if (!why.isEmpty()) m_impl->why = why;
    m_impl->showControls();
}

void ReconstructionPanel::setBusy(bool busy) {
    m_impl->busy = busy;
    m_impl->showControls();
}

void ReconstructionPanel::setEmptyAction(const QString& text) { m_impl->note->setAction(text); }

}  // namespace chronnect
