#pragma once

#include <QFrame>

class QLabel;

namespace chronnect {

class IconLabel;

/// One sentence over the pages that waits until it is read, and never stands in the way as a dialog would.
class MessageBar : public QFrame {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);
    void showProblem(const QString& sentence);
    void showNews(const QString& sentence);
    QString text() const;

private:
    void showText(const QString& icon, const QString& sentence);

    IconLabel* m_icon;
    QLabel* m_text;
};

}  // namespace chronnect
