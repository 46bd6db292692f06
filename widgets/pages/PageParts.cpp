#include "widgets/pages/PageParts.h"

#include "widgets/views/Theme.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace chronnect {

QLabel* titleLabel(const QString& text) {
    auto* label = new QLabel(text);
    setStyleClass(label, QStringLiteral("title"));
    return label;
}

QLabel* captionLabel(const QString& text) {
    auto* label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    setStyleClass(label, QStringLiteral("caption"));
    return label;
}

QPushButton* plainButton(const QString& icon, const QString& text) { return new QPushButton(themedIcon(icon), text); }

namespace {

/// For coloured buttons, whose text is light in both themes.
QIcon lightIcon(const QString& name) {
    QIcon result;
    for (const auto& [mode, colour] :
         {std::pair(QIcon::Normal, QColor(Qt::white)), std::pair(QIcon::Disabled, QColor(128, 136, 150))}) {
        QPixmap pixmap = themedIcon(name).pixmap(32, 32);
        QPainter painter(&pixmap);
        painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
        painter.fillRect(pixmap.rect(), colour);
        painter.end();
        result.addPixmap(pixmap, mode);
    }
    return result;
}

}  // namespace

IconLabel::IconLabel(int size, QWidget* parent) : QWidget(parent) { setFixedSize(size, size); }

void IconLabel::setIcon(const QString& name) {
    m_name = name;
    update();
}

void IconLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    themedIcon(m_name).paint(&painter, rect());
}

QPushButton* primaryButton(const QString& icon, const QString& text) {
    auto* button = new QPushButton(lightIcon(icon), text);
    setStyleClass(button, QStringLiteral("primary"));
    return button;
}

QWidget* dockTitle(QDockWidget& dock) {
    auto* bar = new QWidget;
    auto* text = new QLabel(dock.windowTitle());
    setStyleClass(text, QStringLiteral("heading"));
    auto* close = new QToolButton;
    close->setIcon(themedIcon(QStringLiteral("close")));
    close->setIconSize(QSize(14, 14));
    close->setAutoRaise(true);
    close->setToolTip(QDockWidget::tr("Hide; the View menu brings it back"));
    QObject::connect(close, &QToolButton::clicked, &dock, &QWidget::close);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(9, 3, 4, 3);
    layout->addWidget(text, 1);
    layout->addWidget(close);
    return bar;
}

QScrollArea* scrollColumn(QVBoxLayout*& column, int width) {
    auto* body = new QWidget;
    column = new QVBoxLayout(body);
    column->setContentsMargins(12, 8, 16, 8);
    column->setSpacing(8);
    auto* scroll = new QScrollArea;
    scroll->setWidget(body);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumWidth(width);
    return scroll;
}

void styleRecords(QTableView* table) {
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(26);
    table->horizontalHeader()->setStretchLastSection(true);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

QTableView* recordTable(QAbstractItemModel* model) {
    auto* table = new QTableView;
    table->setModel(model);
    table->setSortingEnabled(true);
    table->sortByColumn(0, Qt::AscendingOrder);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    styleRecords(table);
    return table;
}

NoticeList::NoticeList(const QString& none, QWidget* parent) : QListWidget(parent), m_none(none) {
    setWordWrap(true);
    setSelectionMode(QAbstractItemView::NoSelection);
    setFocusPolicy(Qt::NoFocus);
    setNotices({});
}

void NoticeList::setNotices(const Notices& notices) {
    clear();
    for (const Notice& notice : notices) {
        const QString icon = notice.severity == Severity::Information ? QStringLiteral("info")
                             : notice.severity == Severity::Question  ? QStringLiteral("help")
                                                                      : QStringLiteral("warning");
        addItem(new QListWidgetItem(themedIcon(icon), QString::fromStdString(notice.text)));
    }
    if (notices.empty()) addItem(new QListWidgetItem(themedIcon(QStringLiteral("check-circle")), m_none));
}

}  // namespace chronnect
