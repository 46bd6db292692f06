#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "widgets/ViewState.h"

#include <QImage>
#include <QWidget>

#include <memory>

namespace chronnect {

/// The window's connectivity matrix, ordered by network, blue below zero and red above; NaN hatched.
/// A click selects the pair (on the diagonal: the region).
class MatrixPanel : public QWidget {
    Q_OBJECT

public:
    explicit MatrixPanel(ViewState& state, QWidget* parent = nullptr);
    ~MatrixPanel() override;

    void setParcellation(std::shared_ptr<const Parcellation> parcellation);
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    void setEmptyAction(const QString& text);

    /// For tests: the centre of a pair's cell in this widget's coordinates.
    QPointF cellPosition(int rowRegion, int columnRegion) const;

Q_SIGNALS:
    void emptyActionRequested();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
