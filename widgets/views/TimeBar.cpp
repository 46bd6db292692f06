#include "widgets/views/TimeBar.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QShortcut>
#include <QSlider>
#include <QTimer>
#include <QToolButton>

namespace chronnect {

class TimeBar::Impl {
public:
    Impl(ViewState& viewState, TimeBar* bar);
    QToolButton* addButton(TimeBar* bar, const QString& name, const QString& icon, const QString& tip);
    void step();
    void show();
    QString description() const;

    ViewState& state;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    QHBoxLayout* layout;
    QToolButton *previous, *play, *next, *loop;
    QSlider* slider;
    QLabel* label;
    QComboBox* speed;
    QTimer timer;
};

TimeBar::Impl::Impl(ViewState& viewState, TimeBar* bar) : state(viewState), layout(new QHBoxLayout(bar)) {
    layout->setContentsMargins(8, 3, 8, 3);
    layout->setSpacing(3);
    previous = addButton(bar, "previousWindow", "previous", tr("Previous window (,)"));
    play = addButton(bar, "play", "play", tr("Play (Space)"));
    next = addButton(bar, "nextWindow", "next", tr("Next window (.)"));
    loop = addButton(bar, "loop", "loop", tr("Start again at the end"));
    loop->setCheckable(true);
    loop->setChecked(true);
    slider = new QSlider(Qt::Horizontal);
    slider->setObjectName("windowSlider");
    slider->setAccessibleName(tr("Window"));
    label = new QLabel;
    label->setObjectName("windowLabel");
    label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    speed = new QComboBox;
    speed->setObjectName("speed");
    speed->setToolTip(tr("Windows per second"));
    for (const double rate : {1.0, 2.0, 5.0, 10.0, 20.0}) speed->addItem(tr("%1/s").arg(rate), rate);
    speed->setCurrentIndex(2);
    layout->addSpacing(6);
    layout->addWidget(slider, 1);
    layout->addSpacing(8);
    layout->addWidget(label);
    layout->addSpacing(6);
    layout->addWidget(speed);
}

QToolButton* TimeBar::Impl::addButton(TimeBar* bar, const QString& name, const QString& icon, const QString& tip) {
    auto* button = new QToolButton(bar);
    button->setObjectName(name);
    button->setIcon(themedIcon(icon));
    button->setIconSize({18, 18});
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    layout->addWidget(button);
    return button;
}

QString TimeBar::Impl::description() const {
    if (!connectivity || state.windowCount() == 0) return tr("No windows");
    if (connectivity->windowLength == 0) return tr("One finished matrix, no windows");
    const auto index = static_cast<std::size_t>(state.window());
    QString text = tr("window %1 of %2").arg(state.window() + 1).arg(state.windowCount());
    if (index >= connectivity->windowStarts.size()) return text;
    const bool known = connectivity->repetitionTime > 0;
    const double unit = known ? connectivity->repetitionTime : 1.0, start = connectivity->windowStarts[index];
    return text + QStringLiteral(" · ") + timeRange(start * unit, (start + connectivity->windowLength) * unit, known);
}

void TimeBar::Impl::show() {
    const bool any = connectivity && state.windowCount() > 0 && connectivity->windowLength > 0;
    for (QWidget* widget : std::initializer_list<QWidget*>{previous, play, next, loop, slider, speed})
        widget->setEnabled(any);
    const QSignalBlocker quiet(slider);
    slider->setRange(0, std::max(0, state.windowCount() - 1));
    slider->setPageStep(std::max(1, state.windowCount() / 10));
    slider->setValue(state.window());
    label->setText(description());
    label->setMinimumWidth(std::max(label->minimumWidth(), label->sizeHint().width()));  // the slider must not wobble
}

void TimeBar::Impl::step() {
    const bool atEnd = state.window() + 1 >= state.windowCount();
    if (atEnd && !loop->isChecked())
        timer.stop();
    else
        state.setWindow(atEnd ? 0 : state.window() + 1);
}

TimeBar::TimeBar(ViewState& state, QWidget* parent) : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    connect(d.slider, &QSlider::valueChanged, &state, &ViewState::setWindow);
    connect(d.previous, &QToolButton::clicked, this, [this] { m_impl->state.setWindow(m_impl->state.window() - 1); });
    connect(d.next, &QToolButton::clicked, this, [this] { m_impl->state.setWindow(m_impl->state.window() + 1); });
    connect(d.play, &QToolButton::clicked, this, [this] { setPlaying(!isPlaying()); });
    connect(d.speed, &QComboBox::currentIndexChanged, this,
            [this] { setSpeed(m_impl->speed->currentData().toDouble()); });
    connect(&d.timer, &QTimer::timeout, this, [this] {
        m_impl->step();
        if (!m_impl->timer.isActive()) setPlaying(false);
    });
    connect(&state, &ViewState::windowChanged, this, [this] { m_impl->show(); });
    const auto shortcut = [this](QKeySequence keys, auto action) {
        auto* key = new QShortcut(keys, this);
        key->setContext(Qt::WidgetWithChildrenShortcut);
        connect(key, &QShortcut::activated, this, action);
    };
    shortcut(Qt::Key_Comma, [this] { m_impl->previous->click(); });
    shortcut(Qt::Key_Period, [this] { m_impl->next->click(); });
    shortcut(Qt::Key_Space, [this] { m_impl->play->click(); });
    d.timer.setInterval(200);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    d.show();
}

TimeBar::~TimeBar() = default;

void TimeBar::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_impl->connectivity = std::move(connectivity);
    if (!m_impl->connectivity) setPlaying(false);
    m_impl->label->setMinimumWidth(0);
    m_impl->state.setWindowCount(m_impl->connectivity ? static_cast<int>(m_impl->connectivity->windowCount()) : 0);
    m_impl->show();
}

bool TimeBar::isPlaying() const { return m_impl->play->property("playing").toBool(); }

void TimeBar::setPlaying(bool on) {
    auto& d = *m_impl;
    on = on && d.connectivity && d.state.windowCount() > 1;
    if (on && !d.loop->isChecked() && d.state.window() + 1 >= d.state.windowCount()) d.state.setWindow(0);
    on ? d.timer.start() : d.timer.stop();
    if (on == isPlaying()) return;
    d.play->setProperty("playing", on);
    d.play->setIcon(themedIcon(on ? "pause" : "play"));
    d.play->setToolTip(on ? tr("Pause (Space)") : tr("Play (Space)"));
    Q_EMIT playingChanged(on);
}

void TimeBar::setLooping(bool on) { m_impl->loop->setChecked(on); }

void TimeBar::setSpeed(double windowsPerSecond) {
    m_impl->timer.setInterval(std::max(10, qRound(1000 / std::max(0.01, windowsPerSecond))));
    const int index = m_impl->speed->findData(windowsPerSecond);
    const QSignalBlocker quiet(m_impl->speed);
    if (index >= 0) m_impl->speed->setCurrentIndex(index);
}

}  // namespace chronnect
