#include "app/MessageBar.h"

#include "widgets/pages/PageParts.h"
#include "widgets/views/Theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace chronnect {

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("messageBar"));
    setFrameShape(QFrame::StyledPanel);
    m_icon = new IconLabel;
    m_text = new QLabel;
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* close = new QToolButton;
    close->setIcon(themedIcon(QStringLiteral("close")));
    close->setAutoRaise(true);
    close->setToolTip(tr("Close this message"));
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 6, 6, 6);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    layout->addWidget(close);
    hide();
}

void MessageBar::showProblem(const QString& sentence) {
    setStyleClass(this, QStringLiteral("problem"));
    showText(QStringLiteral("warning"), sentence);
}

void MessageBar::showNews(const QString& sentence) {
    setStyleClass(this, QString());
    showText(QStringLiteral("info"), sentence);
}

QString MessageBar::text() const { return isHidden() ? QString() : m_text->text(); }

void MessageBar::showText(const QString& icon, const QString& sentence) {
    m_icon->setIcon(icon);
    m_text->setText(sentence);
    show();
}

}  // namespace chronnect
