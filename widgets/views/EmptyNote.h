#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace chronnect {

/// What a panel shows while it has nothing to show: an icon, one sentence saying what fills it, and perhaps a button.
class EmptyNote : public QWidget {
    Q_OBJECT

public:
    EmptyNote(const QString& icon, const QString& sentence, QWidget* parent = nullptr);

    void setSentence(const QString& sentence);
    QString sentence() const;
    /// An empty text hides the button.
    void setAction(const QString& text);

Q_SIGNALS:
    void actionRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void showIcon();

    QString m_iconName;
    QLabel* m_icon;
    QLabel* m_sentence;
    QPushButton* m_button;
};

}  // namespace chronnect
