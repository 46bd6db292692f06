#pragma once

#include "widgets/views/CarpetPlot.h"

#include <QWidget>

#include <memory>

class QLabel;
class QStackedWidget;

namespace chronnect {

class CurvesPlot;
class EmptyNote;

/// What the present cleaning settings do to one run.
struct DenoisingView {
    QString run;
    CarpetContent carpet;
    std::vector<double> bins, edgesBefore, edgesAfter;  ///< share of pairs per bin of r
    std::size_t volumes = 0, kept = 0, confounds = 0;
    double degreesOfFreedom = 0;
    double medianBefore = 0, medianAfter = 0;  ///< of the correlations
    QString howComputed;
    QString remarks;     ///< what could not be done; empty when all was
    double seconds = 0;  ///< the cleaning took this long
};

/// The cleaning of the selected run as it would be, redrawn with every change of a setting.
class DenoisingPanel : public QWidget {
    Q_OBJECT

public:
    explicit DenoisingPanel(QWidget* parent = nullptr);

    /// Null = nothing to show; `why` then says what is missing.
    void setView(std::shared_ptr<const DenoisingView> view, const QString& why = {});
    void setBusy(bool on);
    const std::shared_ptr<const DenoisingView>& view() const { return m_view; }

private:
    std::shared_ptr<const DenoisingView> m_view;
    QStackedWidget* m_stack;
    EmptyNote* m_note;
    QLabel *m_numbers, *m_how, *m_busy;
    CarpetPlot* m_carpet;
    CurvesPlot* m_histogram;
};

}  // namespace chronnect
