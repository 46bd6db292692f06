#include "widgets/views/MaskBar.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/Theme.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <set>

namespace chronnect {
namespace {

constexpr int around = 2;  // windows before and after the cursor in a stretch that nobody has set

QString counted(std::size_t count, const QString& one, const QString& more) {
    return (count == 1 ? one : more).arg(count);
}

QPushButton* plain(const char* name, const QString& icon, const QString& text, const QString& tip) {
    auto* button = new QPushButton(themedIcon(icon), text);
    button->setObjectName(QLatin1String(name));
    button->setToolTip(tip);
    button->setAutoDefault(true);  // Enter presses it: Space plays the windows on pages that show time
    return button;
}

}  // namespace

class MaskBar::Impl {
public:
    Impl(ViewState& viewState, MaskBar* bar);
    void makeFirstRow();
    QWidget* makeRandom();
    QWidget* makeChosen();
    QWidget* makeStretch();
    void fillNetworks();
    void showNetworks();
    void showAll();
    void showSelectionButton();
    void presetStretch();
    void moveStretchToCursor();
    void addSelection();
    void say();
    void choiceChanged();
    QString chosenText() const;
    QString stretchText() const;
    bool isSelectionChosen() const;
    int windowInStretch() const;

    ViewState& state;
    MaskBar* self;
    std::shared_ptr<const Parcellation> parcellation;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    MaskChoice choice;
    bool available = false, busy = false, answered = false, stretchIsOwn = false;
    QString why;
    QHBoxLayout *first, *second;
    QComboBox* mode;
    QSpinBox *seed, *from, *to;
    QPushButton *ask, *add, *networks, *clear, *atCursor;
    QMenu* menu;
    QLabel *status, *caption;
    std::array<QWidget*, 3> options{};
};

MaskBar::Impl::Impl(ViewState& viewState, MaskBar* bar)
    : state(viewState), self(bar), first(new QHBoxLayout), second(new QHBoxLayout) {
    makeFirstRow();
    options = {makeRandom(), makeChosen(), makeStretch()};
    second->setSpacing(10);
    for (QWidget* each : options) {
        each->layout()->setContentsMargins(0, 0, 0, 0);
        second->addWidget(each);
    }
    caption = new QLabel;
    caption->setObjectName("hiddenCaption");
    caption->setToolTip(
        tr("Where regions and pairs are chosen, drag over True or Shown to hide pairs; with Ctrl to take them out, and "
           "with them the regions whose diagonal you cover."));
    caption->setWordWrap(true);
    setStyleClass(caption, "caption");
    second->addWidget(caption, 1);
    status = new QLabel;
    status->setObjectName("maskStatus");
    status->setWordWrap(true);
    setStyleClass(status, "caption");
    auto* layout = new QVBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addLayout(first);
    layout->addLayout(second);
    layout->addWidget(status);
}

void MaskBar::Impl::makeFirstRow() {
    mode = new QComboBox;
    mode->setObjectName("maskMode");
    mode->addItem(tr("Hide a part of this window at random"));
    mode->addItem(tr("Hide chosen regions and pairs of this window"));
    mode->addItem(tr("Hide a stretch of time, rebuild it from two windows outside"));
    mode->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    mode->setMinimumContentsLength(20);
    mode->setMaximumWidth(460);
    mode->setToolTip(
        tr("What the network is not shown. At random: as in its training. Chosen: what you want to know about. A "
           "stretch of time: whole windows, to be rebuilt from what was before and behind them."));
    ask = plain("reconstruct", {}, {}, tr("Let the pretrained network rebuild what is hidden"));
    setStyleClass(ask, "primary");
    first->setSpacing(8);
    first->addWidget(mode, 1);
    first->addStretch(0);
    first->addWidget(ask);
}

QWidget* MaskBar::Impl::makeRandom() {
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    seed = new QSpinBox;
    seed->setObjectName("maskSeed");
    seed->setRange(0, 999999);
    seed->setPrefix(tr("seed "));
    seed->setToolTip(tr("Which random mask; the same seed hides the same"));
    row->addWidget(seed);
    return box;
}

QWidget* MaskBar::Impl::makeChosen() {
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setSpacing(6);
    add = plain("addSelection", "add", tr("Add selection"), {});
    networks = plain("addNetwork", "layers", tr("Add network…"),
                     tr("Hide all regions of a network, or all pairs between two networks; once more takes them out"));
    menu = new QMenu(networks);
    menu->setObjectName("networkMenu");
    networks->setMenu(menu);
    clear = plain("clearMask", "trash", tr("Clear"), tr("Hide nothing and start again"));
    for (QPushButton* each : {add, networks, clear}) row->addWidget(each);
    // As wide as its longer text: the row must not jump when the text changes.
    const int longest = add->fontMetrics().horizontalAdvance(tr("Take selection out"));
    add->setMinimumWidth(add->sizeHint().width() + longest - add->fontMetrics().horizontalAdvance(add->text()));
    return box;
}

QWidget* MaskBar::Impl::makeStretch() {
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setSpacing(6);
    from = new QSpinBox;
    from->setObjectName("stretchFrom");
    from->setPrefix(tr("from window "));
    from->setToolTip(tr("First window that is hidden"));
    to = new QSpinBox;
    to->setObjectName("stretchTo");
    to->setPrefix(tr("to window "));
    to->setToolTip(tr("Last window that is hidden"));
    atCursor = plain("stretchAtCursor", "target", tr("At the cursor"),
                     tr("Move the stretch, as long as it is, to the window at the time cursor"));
    row->addWidget(from);
    row->addWidget(to);
    row->addWidget(atCursor);
    return box;
}

void MaskBar::Impl::fillNetworks() {
    menu->clear();
    const auto names = parcellation ? parcellation->networks() : std::vector<std::string>{};
    const bool any = std::ranges::any_of(names, [](const std::string& name) { return !name.empty(); });
    networks->setEnabled(any);
    if (!any) return;
    const auto shown = [](const std::string& name) {
        return name.empty() ? tr("Regions without a network") : QString::fromStdString(name).replace('&', "&&");
    };
    const auto entry = [this](QMenu* where, const QString& text, const std::string& one, const std::string& other) {
        QAction* action = where->addAction(text);
        action->setCheckable(true);
        action->setData(QStringList{QString::fromStdString(one), QString::fromStdString(other)});
        return action;
    };
    for (const auto& name : names) {
        const auto count = std::ranges::count(parcellation->regions, name, &Region::network);
        QAction* action = entry(
            menu,
            counted(static_cast<std::size_t>(count), tr("%2 (%1 region)"), tr("%2 (%1 regions)")).arg(shown(name)),
            name, {});
        connect(action, &QAction::triggered, self, [this, name](bool on) {
            choice.setNetwork(*parcellation, name, on);
            choiceChanged();
        });
    }
    menu->addSeparator();
    for (const auto& one : names) {
        QMenu* pairs = menu->addMenu(tr("Pairs of %1 with").arg(shown(one)));
        for (const auto& other : names) {
            QAction* action = entry(pairs, one == other ? tr("itself") : shown(other), one, other);
            connect(action, &QAction::triggered, self, [this, one, other](bool on) {
                choice.setBetween(*parcellation, one, other, on);
                choiceChanged();
            });
        }
    }
}

void MaskBar::Impl::showNetworks() {
    const auto mark = [this](QMenu* where, bool pairs) {
        for (QAction* action : where->actions()) {
            const QStringList names = action->data().toStringList();
            if (names.size() != 2) continue;
            const std::string one = names[0].toStdString(), other = names[1].toStdString();
            action->setChecked(pairs ? choice.hidesBetween(*parcellation, one, other)
                                     : choice.hasNetwork(*parcellation, one));
        }
    };
    mark(menu, false);
    for (QAction* action : menu->actions())
        if (action->menu()) mark(action->menu(), true);
}

bool MaskBar::Impl::isSelectionChosen() const {
    const auto [a, b] = state.edge();
    return a >= 0 ? choice.hasPair(a, b) : choice.hasRegion(state.region());
}

void MaskBar::Impl::addSelection() {
    const bool hide = !isSelectionChosen();
    const auto [a, b] = state.edge();
    a >= 0 ? choice.setPair(a, b, hide) : choice.setRegion(state.region(), hide);
    choiceChanged();
}

void MaskBar::Impl::showSelectionButton() {
    const auto [a, b] = state.edge();
    const int region = state.region(), count = static_cast<int>(choice.regionCount());
    const bool pair = a >= 0 && b < count, single = !pair && region >= 0 && region < count;
    const bool chosen = isSelectionChosen(), covered = pair && !chosen && choice.hides(a, b);
    const auto name = [this](int index) { return regionName(parcellation.get(), index); };
    const QString what = pair ? tr("the pair %1 – %2").arg(name(a), name(b)) : single ? name(region) : QString();
    add->setText(chosen ? tr("Take selection out") : tr("Add selection"));
    add->setIcon(themedIcon(chosen ? QStringLiteral("remove") : QStringLiteral("add")));
    add->setEnabled((pair || single) && !covered);
    add->setToolTip(covered  ? tr("%1 is hidden already, with one of its regions").arg(what)
                    : chosen ? tr("Show %1 to the network again").arg(what)
                    : pair   ? tr("Hide %1 from the network").arg(what)
                    : single ? tr("Hide %1 and all its pairs from the network").arg(what)
                             : tr("Select a region or a pair in any view first"));
}

int MaskBar::Impl::windowInStretch() const {
    return std::clamp(state.window(), from->value() - 1, std::max(from->value(), to->value()) - 1);
}

void MaskBar::Impl::presetStretch() {
    const int count = std::max(1, state.windowCount()), cursor = state.window() + 1;
    const QSignalBlocker quietFrom(from), quietTo(to);
    from->setRange(1, count);
    to->setRange(1, count);
    if (stretchIsOwn) return;
    from->setValue(cursor - around);
    to->setValue(cursor + around);
}

void MaskBar::Impl::moveStretchToCursor() {
    const int count = std::max(1, state.windowCount()), length = std::max(0, to->value() - from->value());
    const int begin = std::clamp(state.window() + 1 - length / 2, 1, std::max(1, count - length));
    self->setStretch(begin - 1, begin - 1 + length);
}

QString MaskBar::Impl::chosenText() const {
    if (choice.isEmpty())
        return tr("Hidden: nothing yet. Add the selected region or pair or a network, or drag over True or Shown.");
    QStringList parts;
    const std::vector<int> regions = choice.regions();
    if (!regions.empty()) {
        QString text = counted(regions.size(), tr("%1 region"), tr("%1 regions"));
        std::set<std::string> names;
        if (parcellation && parcellation->regions.size() == choice.regionCount())
            for (const int region : regions)
                names.insert(parcellation->regions[static_cast<std::size_t>(region)].network);
        names.erase(std::string());
        if (!names.empty()) text += " (" + counted(names.size(), tr("%1 network"), tr("%1 networks")) + ")";
        parts << text;
    }
    parts << counted(choice.hiddenPairCount(), tr("%1 pair of %2"), tr("%1 pairs of %2"))
                 .arg(edgeCountOf(choice.regionCount()));
    return tr("Hidden: %1").arg(parts.join(", "));
}

QString MaskBar::Impl::stretchText() const {
    const int a = from->value(), b = to->value();
    QString text = a == b ? tr("Hidden: window %1").arg(a) : tr("Hidden: windows %1 to %2").arg(a).arg(b);
    if (connectivity && b <= static_cast<int>(connectivity->windowCount())) {
        const bool known = connectivity->repetitionTime > 0;
        const double unit = known ? connectivity->repetitionTime : 1;
        const auto start = [&](int window) { return connectivity->windowStarts[static_cast<std::size_t>(window - 1)]; };
        text += ", " + timeRange(start(a) * unit, (start(b) + connectivity->windowLength) * unit, known);
    }
    return text;
}

void MaskBar::Impl::showAll() {
    const MaskMode now = self->mode();
    for (std::size_t i = 0; i < options.size(); ++i) options[i]->setVisible(i == static_cast<std::size_t>(now));
    showSelectionButton();
    clear->setEnabled(!choice.isEmpty());
    const bool nothing = now == MaskMode::Chosen && choice.isEmpty();
    QString text = now == MaskMode::Random   ? tr("Hidden: a random part, as in the training")
                   : now == MaskMode::Chosen ? chosenText()
                                             : stretchText();
    if (!nothing) text += answered ? tr(" · rebuilt below") : tr(" · not yet rebuilt");
    caption->setText(text);
    const int window = now == MaskMode::Stretch ? windowInStretch() : state.window();
    ask->setText(tr("Rebuild window %1").arg(window + 1));
    ask->setEnabled(available && !busy && !nothing && state.windowCount() > 0);
    status->setText(busy ? tr("Reconstructing…") : available ? QString() : why);
    status->setVisible(!status->text().isEmpty());
}

void MaskBar::Impl::say() {
    showAll();
    Q_EMIT self->changed();
}

void MaskBar::Impl::choiceChanged() {
    showNetworks();
    say();
}

MaskBar::MaskBar(ViewState& state, QWidget* parent) : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    const auto say = [this] { m_impl->say(); };
    connect(d.mode, &QComboBox::currentIndexChanged, this, say);
    connect(d.seed, &QSpinBox::valueChanged, this, say);
    connect(d.ask, &QPushButton::clicked, this, &MaskBar::ask);
    connect(d.add, &QPushButton::clicked, this, [this] { m_impl->addSelection(); });
    connect(d.clear, &QPushButton::clicked, this, [this] { setChoice(MaskChoice(m_impl->choice.regionCount())); });
    connect(d.atCursor, &QPushButton::clicked, this, [this] { m_impl->moveStretchToCursor(); });
    connect(d.from, &QSpinBox::valueChanged, this,
            [this](int value) { setStretch(value - 1, std::max(value, m_impl->to->value()) - 1); });
    connect(d.to, &QSpinBox::valueChanged, this,
            [this](int value) { setStretch(std::min(value, m_impl->from->value()) - 1, value - 1); });
    connect(&state, &ViewState::selectionChanged, this, [this] { m_impl->showSelectionButton(); });
    connect(&state, &ViewState::runChanged, this, [this] {
        m_impl->stretchIsOwn = false;
        m_impl->presetStretch();
        m_impl->say();
    });
    connect(&state, &ViewState::windowChanged, this, [this] {
        m_impl->presetStretch();
        m_impl->say();
    });
    d.fillNetworks();
    d.presetStretch();
    d.showAll();
}

MaskBar::~MaskBar() = default;

void MaskBar::setRegions(std::size_t regions, std::shared_ptr<const Parcellation> parcellation) {
    if (regions == 0) return;
    auto& d = *m_impl;
    const bool same = d.choice.regionCount() == regions &&
                      (d.parcellation == parcellation ||
                       (d.parcellation && parcellation && d.parcellation->names() == parcellation->names()));
    d.parcellation = parcellation && parcellation->regions.size() == regions ? std::move(parcellation) : nullptr;
    if (!same) d.choice = MaskChoice(regions);
    d.fillNetworks();
    d.choiceChanged();
}

void MaskBar::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_impl->connectivity = std::move(connectivity);
    m_impl->showAll();
}

void MaskBar::setAvailable(bool available, const QString& why) {
    m_impl->available = available;
    if (!why.isEmpty()) m_impl->why = why;
    m_impl->say();
}

void MaskBar::setBusy(bool busy) {
    m_impl->busy = busy;
    m_impl->say();
}

void MaskBar::setAnswered(bool answered) {
    if (m_impl->answered == answered) return;
    m_impl->answered = answered;
    m_impl->showAll();
}

MaskMode MaskBar::mode() const { return static_cast<MaskMode>(m_impl->mode->currentIndex()); }

void MaskBar::setMode(MaskMode mode) { m_impl->mode->setCurrentIndex(static_cast<int>(mode)); }

const MaskChoice& MaskBar::choice() const { return m_impl->choice; }

void MaskBar::setChoice(const MaskChoice& choice) {
    m_impl->choice = choice;
    m_impl->choiceChanged();
}

void MaskBar::setStretch(int from, int to) {
    auto& d = *m_impl;
    const QSignalBlocker quietFrom(d.from), quietTo(d.to);
    d.from->setValue(from + 1);
    d.to->setValue(to + 1);
    d.stretchIsOwn = true;
    d.say();
}

MaskRequest MaskBar::request() const {
    const auto& d = *m_impl;
    MaskRequest wanted = mode() == MaskMode::Chosen ? d.choice.request() : MaskRequest{};
    wanted.window = d.state.window();
    wanted.seed = d.seed->value();
    if (mode() != MaskMode::Stretch) return wanted;
    wanted.temporal = true;
    wanted.hiddenFrom = d.from->value() - 1;
    wanted.hiddenTo = d.to->value() - 1;
    wanted.window = d.windowInStretch();
    return wanted;
}

bool MaskBar::isAvailable() const { return m_impl->available; }

void MaskBar::ask() {
    if (m_impl->ask->isEnabled()) Q_EMIT asked();
}

}  // namespace chronnect
