#pragma once

#include "core/learning/Learning.h"
#include "widgets/pages/ScoresTable.h"
#include "widgets/views/CurvesPlot.h"

#include <QWidget>

#include <map>
#include <string>
#include <vector>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTabWidget;

namespace chronnect {

class NoticeList;

/// The right half of a training tab: buttons, how far it is, live curves, then scores. The same for pretraining and
/// fine-tuning, which differ only in their settings and tables.
class TrainingBoard : public QWidget {
    Q_OBJECT

public:
    TrainingBoard(const QString& startText, const QString& emptyCurves, QWidget* parent = nullptr);

    void setRunning(bool on);
    bool isRunning() const { return m_running; }
    /// Why training cannot start now; empty = it can.
    void setObstacle(const QString& sentence);
    /// Whether an interrupted training of the same settings waits on disk.
    void setResumable(bool on);
    /// Offers to go on from a checkpoint of another training, where there may be one.
    void offerBranch();
    /// Offers the forecast button, and shows what came of it.
    void offerForecast();
    void setForecasting(bool on);
    void showForecast(const ResourceForecast& forecast);
    /// A history that goes on from the one before costs only what is new.
    void setHistory(const std::vector<TrainingSnapshot>& history);

    void showPretrained(const PretrainResult* result);
    void showFinetuned(const FinetuneResult* result);
    void showCurves();
    void showScores();

Q_SIGNALS:
    void startRequested(bool resume);
    void forecastRequested();
    void branchRequested();
    void saveModelRequested();
    void pauseRequested();
    void finishRequested();

private:
    QWidget* makeButtons(const QString& startText);
    QWidget* makeScores();
    void exportScores();
    void showPretrainedVerdict(const PretrainResult& result);
    void showCalibration(const std::vector<CalibrationBin>& bins);
    void showShareCurves(const std::vector<CurvePoint>& points);
    void updateButtons();
    void setVerdict(const QString& text, const QString& styleClass);

    CurvesPlot* m_curves;
    ScoresTable* m_scores;
    NoticeList* m_notices;
    QTabWidget* m_tabs;
    QStackedWidget* m_scoreStack;
    QLabel* m_status;
    QLabel* m_verdict;
    QLabel* m_people;
    QProgressBar* m_bar;
    QPushButton* m_start;
    QPushButton* m_forecast;
    QPushButton* m_branch;
    CurvesPlot* m_calibration;
    std::vector<CurvesPlot*> m_shareCurves;  ///< few labels, missing windows: a tab each
    QString m_forecastText;
    QPushButton* m_resume;
    QPushButton* m_pause;
    QPushButton* m_finish;
    std::map<std::string, Curve> m_lines;  ///< of the first m_drawn snapshots
    std::size_t m_drawn = 0;
    QString m_obstacle;
    bool m_running = false;
    bool m_resumable = false;
};

}  // namespace chronnect
