#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "core/data/TimeSeries.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <memory>
#include <vector>

namespace chronnect {

/// Region signals over time: the selected region or pair, else network means, stacked or overlaid, with the
/// current window shaded. A click moves the time cursor.
class SeriesPanel : public QWidget {
    Q_OBJECT

public:
    explicit SeriesPanel(ViewState& state, QWidget* parent = nullptr);
    ~SeriesPanel() override;

    void setSeries(std::shared_ptr<const TimeSeries> series, std::shared_ptr<const Parcellation> parcellation);
    /// Tells which volumes the current window covers; null = no shading.
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    /// Framewise displacement in mm per volume of the scan (NaN where unknown), and the censoring line (0 = none).
    void setMotion(std::vector<double> framewiseDisplacement, double threshold = 0);
    void setEmptyAction(const QString& text);

Q_SIGNALS:
    void emptyActionRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
