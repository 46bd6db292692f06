#pragma once

#include "core/base/Json.h"
#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "core/data/TimeSeries.h"
#include "core/data/Volume.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QStackedWidget;

namespace chronnect {

class ConnectomePanel;
class MatrixPanel;
class SeriesPanel;
class TimeBar;

/// One run over time: connectome in 3D, matrix, region signals, and the time cursor that drives them.
class ExplorePage : public QWidget {
    Q_OBJECT

public:
    explicit ExplorePage(ViewState& state, QWidget* parent = nullptr);

    void setParcellation(std::shared_ptr<const Parcellation> parcellation);
    void setSeries(std::shared_ptr<const TimeSeries> series);
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    void setMotion(std::vector<double> framewiseDisplacement, double threshold);
    void setOutline(const Volume& mask);
    /// A sentence beside the title (who this is, or what is missing) and the button of the empty panels.
    void setHint(const QString& sentence, const QString& action);

    /// Puts the cursor into the field that finds a region by name.
    void findRegion();

    ConnectomePanel& connectome() { return *m_connectome; }
    TimeBar& timeBar() { return *m_timeBar; }

Q_SIGNALS:
    void actionRequested();

protected:
    /// Arrows that nothing inside had a use for step through time.
    void keyPressEvent(QKeyEvent* event) override;

private:
    void makeFinder();
    void selectFound();
    void updateTitle();

    ViewState& m_state;
    std::shared_ptr<const Parcellation> m_parcellation;
    std::shared_ptr<const TimeSeries> m_series;
    ConnectomePanel* m_connectome;
    MatrixPanel* m_matrix;
    SeriesPanel* m_seriesPanel;
    TimeBar* m_timeBar;
    QLabel* m_title;
    QLabel* m_caption;
    QLineEdit* m_find;
};

}  // namespace chronnect
