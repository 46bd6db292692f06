#include "widgets/ViewState.h"

#include <algorithm>

namespace chronnect {

void ViewState::setRun(const QString& run) {
    if (run == m_run) return;
    m_run = run;
    m_window = 0;
    m_region = -1;
    m_edge = {-1, -1};
    Q_EMIT runChanged();
    Q_EMIT windowChanged();
    Q_EMIT selectionChanged();
}

void ViewState::setWindow(int window) {
    const int clamped = std::clamp(window, 0, std::max(0, m_windowCount - 1));
    if (clamped == m_window) return;
    m_window = clamped;
    Q_EMIT windowChanged();
}

void ViewState::setWindowCount(int count) {
    if (count == m_windowCount) return;
    m_windowCount = count;
    m_window = std::clamp(m_window, 0, std::max(0, count - 1));
    Q_EMIT windowChanged();
}

void ViewState::setRegion(int region) {
    if (region == m_region && m_edge.first < 0) return;
    m_region = region;
    m_edge = {-1, -1};
    Q_EMIT selectionChanged();
}

void ViewState::setEdge(int a, int b) {
    const bool none = a < 0 || b < 0 || a == b;
    const std::pair edge = none ? std::pair(-1, -1) : std::pair(std::min(a, b), std::max(a, b));
    if (edge == m_edge) return;
    m_edge = edge;
    if (edge.first >= 0) m_region = -1;
    Q_EMIT selectionChanged();
}

void ViewState::setThreshold(double threshold) {
    if (threshold == m_threshold) return;
    m_threshold = threshold;
    Q_EMIT thresholdChanged();
}

void ViewState::setNetworkOrder(bool on) {
    if (on == m_networkOrder) return;
    m_networkOrder = on;
    Q_EMIT orderChanged();
}

void ViewState::setDark(bool dark) {
    if (dark == m_dark) return;
    m_dark = dark;
    Q_EMIT themeChanged();
}

Json ViewState::toJson() const {
    Json json = Json::object();
    json.set("run", m_run.toStdString()).set("window", m_window).set("region", m_region);
    json.set("edge_a", m_edge.first).set("edge_b", m_edge.second);
    json.set("threshold", m_threshold).set("network_order", m_networkOrder);
    return json;
}

void ViewState::readJson(const Json& json) {
    setRun(QString::fromStdString(json["run"].text()));
    // The window count is known only once the run is loaded; keep the wish until then.
    const int window = static_cast<int>(json["window"].number());
    m_windowCount = std::max(m_windowCount, window + 1);
    setWindow(window);
    setThreshold(json["threshold"].number(m_threshold));
    setNetworkOrder(json["network_order"].boolean(m_networkOrder));
    setRegion(static_cast<int>(json["region"].number(-1)));
    const int a = static_cast<int>(json["edge_a"].number(-1));
    if (a >= 0) setEdge(a, static_cast<int>(json["edge_b"].number(-1)));
}

}  // namespace chronnect
