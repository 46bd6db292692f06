#include "widgets/views/EmptyNote.h"

#include "widgets/views/Theme.h"

#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace chronnect {

EmptyNote::EmptyNote(const QString& icon, const QString& sentence, QWidget* parent)
    : QWidget(parent),
      m_iconName(icon),
      m_icon(new QLabel),
      m_sentence(new QLabel(sentence)),
      m_button(new QPushButton) {
    m_icon->setAlignment(Qt::AlignCenter);
    m_sentence->setAlignment(Qt::AlignCenter);
    m_sentence->setWordWrap(true);
    m_sentence->setMaximumWidth(420);
    m_sentence->setMinimumWidth(120);
    m_sentence->setObjectName("emptySentence");
    setStyleClass(m_sentence, "caption");
    setStyleClass(m_button, "primary");
    m_button->setObjectName("emptyAction");
    m_button->hide();
    connect(m_button, &QPushButton::clicked, this, &EmptyNote::actionRequested);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(10);
    layout->addStretch(2);
    layout->addWidget(m_icon, 0, Qt::AlignCenter);
    auto* line = new QHBoxLayout;  // the sentence may be as wide as the panel, up to its maximum
    line->addStretch(1);
    line->addWidget(m_sentence, 100);
    line->addStretch(1);
    layout->addLayout(line);
    layout->addWidget(m_button, 0, Qt::AlignCenter);
    layout->addStretch(3);
    showIcon();
}

void EmptyNote::setSentence(const QString& sentence) { m_sentence->setText(sentence); }
QString EmptyNote::sentence() const { return m_sentence->text(); }

void EmptyNote::setAction(const QString& text) {
    m_button->setText(text);
    m_button->setVisible(!text.isEmpty());
}

void EmptyNote::showIcon() {
    m_icon->setPixmap(themedIcon(m_iconName).pixmap(QSize(40, 40), devicePixelRatioF(), QIcon::Disabled));
}

void EmptyNote::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) showIcon();
}

}  // namespace chronnect
