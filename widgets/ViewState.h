#pragma once

#include "core/base/Json.h"

#include <QObject>
#include <QString>

#include <utility>

namespace chronnect {

/// How the open project is looked at: one cursor for every view. Display, not data: never undoable, saved beside it.
class ViewState : public QObject {
    Q_OBJECT

public:
    explicit ViewState(QObject* parent = nullptr) : QObject(parent) {}

    const QString& run() const { return m_run; }  ///< RunInput::id(); empty = none
    int window() const { return m_window; }       ///< index of the window under the time cursor
    int windowCount() const { return m_windowCount; }
    int region() const { return m_region; }               ///< selected region, -1 = none
    std::pair<int, int> edge() const { return m_edge; }   ///< selected pair a < b, {-1, -1} = none
    double threshold() const { return m_threshold; }      ///< smallest |weight| shown
    bool networkOrder() const { return m_networkOrder; }  ///< matrices ordered by network
    bool dark() const { return m_dark; }

    void setRun(const QString& run);  ///< also goes back to window 0 and selects nothing
    void setWindow(int window);       ///< clamped to 0 .. windowCount-1
    void setWindowCount(int count);
    void setRegion(int region);  ///< clears the selected edge
    void setEdge(int a, int b);
    void setThreshold(double threshold);
    void setNetworkOrder(bool on);
    void setDark(bool dark);

    Json toJson() const;
    void readJson(const Json& json);

Q_SIGNALS:
    void runChanged();
    void windowChanged();
    void selectionChanged();
    void thresholdChanged();
    void orderChanged();
    void themeChanged();

private:
    QString m_run;
    int m_window = 0;
    int m_windowCount = 0;
    int m_region = -1;
    std::pair<int, int> m_edge{-1, -1};
    double m_threshold = 0.5;
    bool m_networkOrder = true;
    bool m_dark = true;
};

}  // namespace chronnect
