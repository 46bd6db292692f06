#include "widgets/pages/TrainingBoard.h"

#include "core/base/Files.h"
#include "widgets/JobRunner.h"
#include "widgets/pages/PageParts.h"
#include "widgets/views/CurvesPlot.h"
#include "widgets/views/EmptyNote.h"
#include "widgets/views/Theme.h"

#include <QAbstractItemModel>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

/// Whether one of the curves would lie on the floor of a plot that shows the highest one, and all can be drawn on a
/// logarithmic axis: the orthogonality term is a hundred times the loss that matters.
bool areFarApart(const std::vector<Curve>& curves) {
    double lowest = 0, highest = 0;
    for (const Curve& curve : curves) {
        if (curve.y.empty()) continue;
        const auto [least, most] = std::minmax_element(curve.y.begin(), curve.y.end());
        if (!(*least > 0)) return false;
        lowest = lowest > 0 ? std::min(lowest, *most) : *most;
        highest = std::max(highest, *most);
    }
    return highest > 20 * lowest;
}

}  // namespace

TrainingBoard::TrainingBoard(const QString& startText, const QString& emptyCurves, QWidget* parent) : QWidget(parent) {
    m_curves = new CurvesPlot;
    m_curves->setAxisTitles(tr("step"), tr("loss"));
    m_curves->setEmptyText(emptyCurves);
    m_scoreStack = new QStackedWidget;
    m_scoreStack->addWidget(
        new EmptyNote(QStringLiteral("chart"), tr("Scores on people the model never saw, beside the trivial answers, "
                                                  "appear here when training is done.")));
    m_scoreStack->addWidget(makeScores());
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_curves, tr("Curves"));
    m_tabs->addTab(m_scoreStack, tr("Scores"));
    m_calibration = new CurvesPlot(this);
    m_calibration->hide();
    m_calibration->setAxisTitles(tr("predicted probability"), tr("share that was so"));
    m_status = captionLabel();
    m_status->setObjectName(QStringLiteral("trainingStatus"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 10, 12, 8);
    layout->addWidget(makeButtons(startText));
    layout->addWidget(m_status);
    layout->addWidget(m_tabs, 1);
    updateButtons();
}

QWidget* TrainingBoard::makeButtons(const QString& startText) {
    m_start = primaryButton(QStringLiteral("play"), startText);
    m_start->setObjectName(QStringLiteral("startTraining"));
    m_forecast = plainButton(QStringLiteral("clock"), tr("How long?"));
    m_forecast->setObjectName(QStringLiteral("forecastTraining"));
    m_forecast->setToolTip(tr("Takes two steps and tells what time, memory and disk all of it would need"));
    m_forecast->hide();
    connect(m_forecast, &QPushButton::clicked, this, &TrainingBoard::forecastRequested);
    m_resume = plainButton(QStringLiteral("resume"), tr("Resume"));
    m_resume->setObjectName(QStringLiteral("resumeTraining"));
    m_resume->setToolTip(tr("Continue from the last checkpoint of exactly these settings and scans"));
    m_branch = plainButton(QStringLiteral("link"), tr("Branch…"));
    m_branch->setObjectName(QStringLiteral("branchTraining"));
    m_branch->setToolTip(tr("Goes on from the checkpoint of an earlier training, with the settings on the left"));
    m_branch->hide();
    m_pause = plainButton(QStringLiteral("pause"), tr("Pause"));
    m_pause->setObjectName(QStringLiteral("pauseTraining"));
    m_pause->setToolTip(tr("Stops within moments; the last checkpoint stays and Resume continues from it"));
    m_finish = plainButton(QStringLiteral("stop"), tr("Finish now"));
    m_finish->setObjectName(QStringLiteral("finishTraining"));
    m_finish->setToolTip(tr("Trains no further, scores what has been learned so far and keeps it as the result"));
    m_bar = new QProgressBar;
    m_bar->setRange(0, 1000);
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    for (QWidget* button :
         std::initializer_list<QWidget*>{m_start, m_resume, m_branch, m_forecast, m_pause, m_finish}) {
        button->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
        layout->addWidget(button);
    }
    layout->addWidget(m_bar, 100);
    layout->addStretch(1);
    connect(m_start, &QPushButton::clicked, this, [this] { Q_EMIT startRequested(false); });
    connect(m_resume, &QPushButton::clicked, this, [this] { Q_EMIT startRequested(true); });
    connect(m_branch, &QPushButton::clicked, this, &TrainingBoard::branchRequested);
    connect(m_pause, &QPushButton::clicked, this, &TrainingBoard::pauseRequested);
    connect(m_finish, &QPushButton::clicked, this, [this] {
        m_status->setText(tr("Finishing…"));
        Q_EMIT finishRequested();
    });
    return row;
}

QWidget* TrainingBoard::makeScores() {
    m_verdict = new QLabel;
    m_verdict->setWordWrap(true);
    m_verdict->setMinimumHeight(24);
    m_verdict->setProperty("styleClass", "badge-good");  // padding is only granted to labels that had it from the start
    m_verdict->setObjectName(QStringLiteral("verdict"));
    m_people = captionLabel();
    m_scores = new ScoresTable;
    m_notices = new NoticeList(tr("Nothing to report."));
    m_notices->setMaximumHeight(110);
    auto* scores = new QWidget;
    auto* column = new QVBoxLayout(scores);
    column->addWidget(m_verdict);
    column->addWidget(m_scores, 1);
    auto* save = plainButton(QStringLiteral("export"), tr("Export scores…"));
    save->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    connect(save, &QPushButton::clicked, this, &TrainingBoard::exportScores);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_people, 1);
    bottom->addWidget(save);
    auto* model = plainButton(QStringLiteral("save"), tr("Save model…"));
    model->setObjectName(QStringLiteral("saveTrained"));
    model->setToolTip(tr("As a model file, or for Python as TorchScript or safetensors"));
    model->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    connect(model, &QPushButton::clicked, this, &TrainingBoard::saveModelRequested);
    bottom->addWidget(model);
    column->addLayout(bottom);
    column->addWidget(m_notices);
    return scores;
}

void TrainingBoard::setRunning(bool on) {
    if (on == m_running) return;
    m_running = on;
    if (on) {
        m_lines.clear();
        m_drawn = 0;
        m_bar->setValue(0);
        m_status->setText(tr("Starting…"));
        showCurves();
    }
    updateButtons();
}

void TrainingBoard::setObstacle(const QString& sentence) {
    m_obstacle = sentence;
    updateButtons();
}

void TrainingBoard::offerForecast() { m_forecast->show(); }

void TrainingBoard::offerBranch() { m_branch->show(); }

void TrainingBoard::setForecasting(bool on) {
    m_forecast->setText(on ? tr("Measuring…") : tr("How long?"));
    m_forecast->setEnabled(!on);
}

void TrainingBoard::showForecast(const ResourceForecast& forecast) {
    constexpr double gigabyte = 1e9, megabyte = 1e6;
    const auto bytes = [&](std::size_t count) {
        const auto value = static_cast<double>(count);
        return value >= gigabyte ? tr("%1 GB").arg(value / gigabyte, 0, 'f', 1)
                                 : tr("%1 MB").arg(value / megabyte, 0, 'f', 0);
    };
    m_forecastText = tr("About %1").arg(durationText(forecast.seconds));
    if (forecast.peakMemory > 0) m_forecastText += tr(", at most %1 of memory").arg(bytes(forecast.peakMemory));
    m_forecastText += tr(", %1 on disk; measured on %2 steps with the present settings.")
                          .arg(bytes(forecast.disk))
                          .arg(forecast.measuredSteps);
    for (const Notice& notice : forecast.notices)
        m_forecastText += QLatin1Char(' ') + QString::fromStdString(notice.text);
    updateButtons();
}

void TrainingBoard::exportScores() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Export scores"), QDir::home().filePath(QStringLiteral("scores.tsv")), tr("Tables (*.tsv)"));
    if (file.isEmpty()) return;
    QString text;
    const QAbstractItemModel* model = m_scores->model();
    for (int row = -1; row < model->rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < model->columnCount(); ++column)
            cells << (row < 0 ? model->headerData(column, Qt::Horizontal).toString()
                              : model->index(row, column).data().toString());
        text += cells.join(QLatin1Char('\t')).replace(QLatin1Char('\n'), QLatin1Char(' ')) + QLatin1Char('\n');
    }
    try {
        writeFileAtomically(std::filesystem::path(file.toStdU16String()), text.toStdString());
        m_people->setText(tr("The scores are in %1").arg(QDir::toNativeSeparators(file)));
    } catch (const Error& error) {
        m_people->setText(QString::fromStdString(error.what()));
    }
}

void TrainingBoard::setResumable(bool on) {
    m_resumable = on;
    updateButtons();
}

void TrainingBoard::updateButtons() {
    m_start->setEnabled(!m_running && m_obstacle.isEmpty());
    m_resume->setVisible(!m_running && m_resumable);
    m_resume->setEnabled(m_obstacle.isEmpty());
    m_pause->setVisible(m_running);
    m_finish->setVisible(m_running);
    m_start->setVisible(!m_running);
    m_forecast->setEnabled(!m_running && m_obstacle.isEmpty());
    m_branch->setEnabled(!m_running && m_obstacle.isEmpty());
    m_bar->setVisible(m_running);
    if (m_running) return;
    m_status->setText(!m_obstacle.isEmpty()       ? m_obstacle
                      : !m_forecastText.isEmpty() ? m_forecastText
                      : m_resumable ? tr("A training of these settings was interrupted and can be resumed.")
                                    : QString());
}

void TrainingBoard::setHistory(const std::vector<TrainingSnapshot>& history) {
    if (history.size() < m_drawn) {
        m_lines.clear();
        m_drawn = 0;
    }
    for (; m_drawn < history.size(); ++m_drawn)
        for (const auto& [name, value] : history[m_drawn].losses) {
            Curve& curve = m_lines[name];
            curve.name = QString::fromStdString(name);
            curve.x.push_back(history[m_drawn].step);
            curve.y.push_back(value);
        }
    std::vector<Curve> list;
    for (const auto& [name, curve] : m_lines) list.push_back(curve);
    const bool apart = areFarApart(list);
    m_curves->setAxisTitles(tr("step"), apart ? tr("loss (logarithmic)") : tr("loss"));
    m_curves->setLogY(apart);
    m_curves->setCurves(std::move(list));
    if (history.empty() || !m_running) return;
    const TrainingSnapshot& last = history.back();
    if (last.steps > 0) m_bar->setValue(static_cast<int>(1000.0 * last.step / last.steps));
    QStringList parts{tr("step %1 of %2").arg(last.step).arg(last.steps)};
    if (last.folds > 1 && last.fold > 0) parts << tr("fold %1 of %2").arg(last.fold).arg(last.folds);
    if (!last.phase.empty()) parts << QString::fromStdString(last.phase);
    if (last.scansPerSecond > 0) parts << tr("%1 scans/s").arg(last.scansPerSecond, 0, 'g', 3);
    if (!last.alarm.empty()) parts << QString::fromStdString(last.alarm);
    if (last.secondsLeft > 0) parts << tr("about %1 left").arg(durationText(last.secondsLeft));
    m_status->setText(parts.join(QStringLiteral(" · ")));
}

void TrainingBoard::setVerdict(const QString& text, const QString& styleClass) {
    setStyleClass(m_verdict, styleClass);
    m_verdict->setText(text);
    m_verdict->setVisible(!text.isEmpty());
}

void TrainingBoard::showPretrainedVerdict(const PretrainResult& result) {
    if (result.scores.empty())
        return setVerdict(tr("This model comes without scores, so nothing is known of its worth."),
                          QStringLiteral("badge-bad"));
    int beaten = 0, asked = 0;
    for (const auto& score : result.scores) {
        if (!isMainQuestion(score)) continue;
        ++asked;
        beaten += beatsBaselines(score) == ScoresTable::tr("yes");
    }
    setVerdict(tr("On %1 held-out people the model clearly beats every trivial answer in %2 of %3 main questions.")
                   .arg(result.heldOut.size())
                   .arg(beaten)
                   .arg(asked),
               2 * beaten >= asked && asked > 0 ? QStringLiteral("badge-good") : QStringLiteral("badge-bad"));
}

void TrainingBoard::showPretrained(const PretrainResult* result) {
    m_scoreStack->setCurrentIndex(result ? 1 : 0);
    if (!result) return;
    m_scores->showReconstruction(result->scores);
    showPretrainedVerdict(*result);
    QStringList people;
    for (const auto& subject : result->heldOut) people << QString::fromStdString(subject);
    QString about = tr("Scored on: %1").arg(people.join(QStringLiteral(", ")));
    people.clear();
    for (const auto& subject : result->watched) people << QString::fromStdString(subject);
    if (!people.isEmpty()) about += tr(" · weights chosen on: %1").arg(people.join(QStringLiteral(", ")));
    about += tr(" · effective rank of the latent codes %1").arg(result->effectiveRank, 0, 'f', 1);
    m_people->setText(result->heldOut.empty() ? QString() : about);
    m_notices->setNotices(result->notices);
    m_notices->setVisible(!result->notices.empty());
    if (m_running) return;
    m_lines.clear();
    m_drawn = 0;
    setHistory(result->model.history);
}

void TrainingBoard::showFinetuned(const FinetuneResult* result) {
    m_scoreStack->setCurrentIndex(result ? 1 : 0);
    if (!result) return;
    m_scores->showMethods(result->scores, result->gains);
    const QString verdict = result->scores.empty()
                                ? tr("This model comes without scores, so nothing is known of its worth.")
                                : QString::fromStdString(result->verdict);
    setVerdict(verdict, verdict.contains(QStringLiteral("no "), Qt::CaseInsensitive) ||
                                verdict.contains(QStringLiteral("not"), Qt::CaseInsensitive)
                            ? QStringLiteral("badge-bad")
                            : QStringLiteral("badge-good"));
    QString about = tr("%1 scans predicted, each by a model that never saw its person. Gains are over the strongest "
                       "reference, paired by person; positive is better.")
                        .arg(result->predictions.size());
    if (result->scores.empty())
        about = tr("To be known by its own folds a model is fine-tuned here.");
    else if (std::ranges::none_of(result->scores, [](const MethodScore& score) { return std::isfinite(score.p); }))
        about += tr(" No permutation p: tick \"Shuffled-label control\" and fine-tune again.");
    if (result->curves.empty() && !result->scores.empty())
        about += tr(" For curves with few labels or missing windows, fill those two fields and fine-tune again.");
    m_people->setText(about);
    m_notices->setNotices(result->notices);
    m_notices->setVisible(!result->notices.empty());
    showCalibration(result->calibration);
    showShareCurves(result->curves);
    if (m_running) return;
    m_lines.clear();
    m_drawn = 0;
    setHistory(result->model.history);
}

void TrainingBoard::showCalibration(const std::vector<CalibrationBin>& bins) {
    const int at = m_tabs->indexOf(m_calibration);
    if (bins.empty()) {
        if (at >= 0) m_tabs->removeTab(at);
        m_calibration->hide();
        return;
    }
    if (at < 0) m_tabs->addTab(m_calibration, tr("Calibration"));
    Curve model{tr("the model, on people it never saw"), {}, {}},
        ideal{tr("a model that means what it says"), {0, 1}, {0, 1}};
    for (const CalibrationBin& bin : bins) {
        if (bin.count == 0) continue;
        model.x.push_back(bin.predicted);
        model.y.push_back(bin.observed);
    }
    m_calibration->setCurves({model, ideal});
}

void TrainingBoard::showShareCurves(const std::vector<CurvePoint>& points) {
    for (CurvesPlot* plot : m_shareCurves) {
        m_tabs->removeTab(m_tabs->indexOf(plot));
        delete plot;
    }
    m_shareCurves.clear();
    std::map<std::string, std::map<std::string, Curve>> plots;  // by curve, then by method; the deciding metric only
    for (const CurvePoint& point : points) {
        if (point.score.metric != points.front().score.metric) continue;
        Curve& line = plots[point.curve][point.score.method];
        line.name = QString::fromStdString(point.score.method);
        line.x.push_back(point.share);
        line.y.push_back(point.score.pooled);
    }
    for (const auto& [curve, methods] : plots) {
        QString name = QString::fromStdString(curve);
        name[0] = name[0].toUpper();
        auto* plot = new CurvesPlot;
        plot->setObjectName(QStringLiteral("shareCurve"));
        plot->setAxisTitles(tr("%1, %").arg(name), QString::fromStdString(points.front().score.metric));
        std::vector<Curve> lines;
        for (const auto& [method, line] : methods) lines.push_back(line);
        plot->setCurves(std::move(lines));
        m_tabs->addTab(plot, name);
        m_shareCurves.push_back(plot);
    }
}

void TrainingBoard::showCurves() { m_tabs->setCurrentIndex(0); }
void TrainingBoard::showScores() { m_tabs->setCurrentIndex(1); }

}  // namespace chronnect
