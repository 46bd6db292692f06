#include "widgets/pages/ExplorePage.h"

#include "widgets/pages/PageParts.h"
#include "widgets/views/ConnectomePanel.h"
#include "widgets/views/MatrixPanel.h"
#include "widgets/views/SeriesPanel.h"
#include "widgets/views/TimeBar.h"

#include <QCompleter>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QSplitter>
#include <QStringListModel>
#include <QVBoxLayout>

namespace chronnect {

ExplorePage::ExplorePage(ViewState& state, QWidget* parent) : QWidget(parent), m_state(state) {
    m_connectome = new ConnectomePanel(state);
    m_matrix = new MatrixPanel(state);
    m_seriesPanel = new SeriesPanel(state);
    m_timeBar = new TimeBar(state);
    m_title = titleLabel({});
    m_caption = captionLabel();
    m_caption->setWordWrap(false);
    m_caption->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    auto* upper = new QSplitter(Qt::Horizontal);
    upper->addWidget(m_connectome);
    upper->addWidget(m_matrix);
    upper->setStretchFactor(0, 3);
    upper->setStretchFactor(1, 2);
    upper->setSizes({720, 480});
    auto* column = new QSplitter(Qt::Vertical);
    column->addWidget(upper);
    column->addWidget(m_seriesPanel);
    column->setStretchFactor(0, 5);
    column->setStretchFactor(1, 2);
    column->setSizes({560, 220});
    for (QSplitter* splitter : {upper, column}) splitter->setChildrenCollapsible(false);

    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 6, 12, 0);
    head->addWidget(m_title);
    head->addSpacing(12);
    head->addWidget(m_caption, 1);
    makeFinder();
    head->addWidget(m_find);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addLayout(head);
    layout->addWidget(column, 1);
    layout->addWidget(m_timeBar);

    connect(&state, &ViewState::runChanged, this, &ExplorePage::updateTitle);
    connect(m_connectome, &ConnectomePanel::emptyActionRequested, this, &ExplorePage::actionRequested);
    connect(m_matrix, &MatrixPanel::emptyActionRequested, this, &ExplorePage::actionRequested);
    connect(m_seriesPanel, &SeriesPanel::emptyActionRequested, this, &ExplorePage::actionRequested);
    updateTitle();
}

void ExplorePage::makeFinder() {
    m_find = new QLineEdit;
    m_find->setObjectName(QStringLiteral("findRegion"));
    m_find->setPlaceholderText(tr("Find a region… (Ctrl+F)"));
    m_find->setAccessibleName(tr("Find a region by name"));
    m_find->setClearButtonEnabled(true);
    m_find->setFixedWidth(210);
    auto* completer = new QCompleter(QStringList{}, m_find);
    completer->setModel(new QStringListModel(completer));
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    m_find->setCompleter(completer);
    connect(completer, qOverload<const QString&>(&QCompleter::activated), this, &ExplorePage::selectFound,
            Qt::QueuedConnection);
    connect(m_find, &QLineEdit::returnPressed, this, &ExplorePage::selectFound);
}

void ExplorePage::findRegion() {
    m_find->setFocus(Qt::ShortcutFocusReason);
    m_find->selectAll();
}

void ExplorePage::selectFound() {
    const QString wanted = m_find->text().trimmed();
    if (!m_parcellation || wanted.isEmpty()) return;
    int best = -1;
    for (std::size_t i = 0; i < m_parcellation->regions.size(); ++i) {
        const QString name = QString::fromStdString(m_parcellation->regions[i].name);
        if (name.compare(wanted, Qt::CaseInsensitive) == 0)
            best = static_cast<int>(i);
        else if (best < 0 && name.contains(wanted, Qt::CaseInsensitive))
            best = static_cast<int>(i);
        else
            continue;
        if (name.compare(wanted, Qt::CaseInsensitive) == 0) break;
    }
    if (best < 0) return;
    m_state.setRegion(best);
    m_connectome->setFocus();  // the keys of time and of the views work again
}

void ExplorePage::keyPressEvent(QKeyEvent* event) {
    const bool back = event->key() == Qt::Key_Left || event->key() == Qt::Key_Up;
    const bool forth = event->key() == Qt::Key_Right || event->key() == Qt::Key_Down;
    if ((!back && !forth) || (event->modifiers() & ~Qt::KeypadModifier)) return QWidget::keyPressEvent(event);
    m_state.setWindow(m_state.window() + (forth ? 1 : -1));
}

void ExplorePage::setParcellation(std::shared_ptr<const Parcellation> parcellation) {
    if (parcellation == m_parcellation) return;
    m_parcellation = parcellation;
    QStringList names;
    if (parcellation)
        for (const Region& region : parcellation->regions) names << QString::fromStdString(region.name);
    static_cast<QStringListModel*>(m_find->completer()->model())->setStringList(names);
    m_find->clear();
    m_find->setEnabled(!names.isEmpty());
    m_connectome->setParcellation(parcellation);
    m_matrix->setParcellation(parcellation);
    m_seriesPanel->setSeries(m_series, m_parcellation);
}

void ExplorePage::setSeries(std::shared_ptr<const TimeSeries> series) {
    m_series = std::move(series);
    m_seriesPanel->setSeries(m_series, m_parcellation);
}

void ExplorePage::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_timeBar->setConnectivity(connectivity);
    m_connectome->setConnectivity(connectivity);
    m_matrix->setConnectivity(connectivity);
    m_seriesPanel->setConnectivity(connectivity);
}

void ExplorePage::setMotion(std::vector<double> framewiseDisplacement, double threshold) {
    m_seriesPanel->setMotion(std::move(framewiseDisplacement), threshold);
}

void ExplorePage::setOutline(const Volume& mask) { m_connectome->setOutline(mask); }

void ExplorePage::setHint(const QString& sentence, const QString& action) {
    m_caption->setText(sentence);
    m_connectome->setEmptyAction(action);
    m_matrix->setEmptyAction(action);
    m_seriesPanel->setEmptyAction(action);
}

void ExplorePage::updateTitle() { m_title->setText(m_state.run().isEmpty() ? tr("No run selected") : m_state.run()); }

}  // namespace chronnect
