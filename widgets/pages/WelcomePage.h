#pragma once

#include <QStringList>
#include <QWidget>

class QVBoxLayout;

namespace chronnect {

/// The first thing a person sees: the demo study, ways to open their own data, and what was open before.
class WelcomePage : public QWidget {
    Q_OBJECT

public:
    explicit WelcomePage(QWidget* parent = nullptr);
    void setRecent(const QStringList& paths);

Q_SIGNALS:
    void demoRequested();
    void folderRequested();
    void filesRequested();
    void projectRequested();
    void simulateRequested();
    void recentRequested(const QString& path);

private:
    QVBoxLayout* m_recent;
};

}  // namespace chronnect
