#include "widgets/JobsPanel.h"

#include "widgets/pages/PageParts.h"
#include "widgets/views/Theme.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QTime>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace chronnect {

namespace {

constexpr int finishedKept = 20;

/// One job, running or finished.
class JobRow : public QWidget {
public:
    explicit JobRow(Job* job, QWidget* parent) : QWidget(parent), m_job(job) {
        setObjectName(QStringLiteral("jobRow"));
        auto* layout = new QHBoxLayout(this);
        layout->setContentsMargins(4, 2, 4, 2);
        m_icon = new IconLabel(16);
        m_title = new QLabel(job->title());
        m_title->setFixedWidth(300);
        m_bar = new QProgressBar;
        m_bar->setRange(0, 1000);
        m_bar->setFixedWidth(220);
        m_bar->setTextVisible(true);
        m_text = new QLabel;
        m_text->setTextFormat(Qt::PlainText);
        m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        setStyleClass(m_text, QStringLiteral("caption"));
        m_icon->setIcon(QStringLiteral("run"));
        m_cancel =
            new QPushButton(themedIcon(QStringLiteral("stop")), QCoreApplication::translate("JobsPanel", "Cancel"));
        m_cancel->setObjectName(QStringLiteral("cancelJob"));
        for (QWidget* part :
             {static_cast<QWidget*>(m_icon), static_cast<QWidget*>(m_title), static_cast<QWidget*>(m_bar)})
            layout->addWidget(part);
        layout->addWidget(m_text, 1);
        layout->addWidget(m_cancel);
        connect(m_cancel, &QPushButton::clicked, this, [this] {
            if (!m_job) return;
            m_job->cancel();
            m_cancel->setEnabled(false);
            m_text->setText(QCoreApplication::translate("JobsPanel", "Stopping…"));
        });
        connect(job, &Job::progressed, this, [this] { showProgress(); });
        showProgress();
    }

    bool isFinished() const { return m_finished; }

    void showEnd(const Job& job) {
        m_finished = true;
        m_cancel->hide();
        m_bar->hide();
        const bool failed = job.state() == Job::State::Failed;
        const QString icon = failed                                 ? QStringLiteral("warning")
                             : job.state() == Job::State::Cancelled ? QStringLiteral("stop")
                                                                    : QStringLiteral("check-circle");
        m_icon->setIcon(icon);
        const QString took = durationText(job.secondsElapsed());
        m_text->setText(failed ? job.problem()
                        : job.state() == Job::State::Cancelled
                            ? QCoreApplication::translate("JobsPanel", "cancelled after %1").arg(took)
                            : QCoreApplication::translate("JobsPanel", "done in %1").arg(took));
        m_text->setToolTip(failed ? job.problem() : QTime::currentTime().toString());
    }

private:
    void showProgress() {
        if (!m_job || m_job->isCancelRequested()) return;
        m_bar->setValue(static_cast<int>(m_job->fraction() * 1000));
        QString text = m_job->step();
        if (const double left = m_job->secondsLeft(); left >= 0)
            text += (text.isEmpty() ? QString() : QStringLiteral(" · ")) +
                    QCoreApplication::translate("JobsPanel", "about %1 left").arg(durationText(left));
        m_text->setText(text);
    }

    QPointer<Job> m_job;
    IconLabel* m_icon;
    QLabel* m_title;
    QProgressBar* m_bar;
    QLabel* m_text;
    QPushButton* m_cancel;
    bool m_finished = false;
};

QList<JobRow*> rowsOf(const QWidget* panel) {
    QList<JobRow*> rows;
    for (QWidget* row : panel->findChildren<QWidget*>(QStringLiteral("jobRow"))) rows << static_cast<JobRow*>(row);
    return rows;
}

}  // namespace

JobsPanel::JobsPanel(JobRunner& runner, QWidget* parent) : QWidget(parent) {
    auto* body = new QWidget;
    m_rows = new QVBoxLayout(body);
    m_rows->setContentsMargins(4, 4, 4, 4);
    m_rows->setSpacing(2);
    m_hint = new QLabel(tr("Nothing is running. Imports, analyses and trainings appear here with their progress."));
    setStyleClass(m_hint, QStringLiteral("caption"));
    m_rows->addWidget(m_hint);
    m_rows->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(body);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    connect(&runner, &JobRunner::started, this, &JobsPanel::addJob);
}

void JobsPanel::addJob(Job* job) {
    auto* row = new JobRow(job, this);
    m_rows->insertWidget(1, row);
    connect(job, &Job::finished, row, [this, row, job] {
        row->showEnd(*job);
        if (job->isQuiet() && job->state() != Job::State::Failed) row->deleteLater();
        const auto rows = rowsOf(this);
        int finished = 0;
        for (int i = 0; i < m_rows->count(); ++i) {
            auto* each = m_rows->itemAt(i)->widget();
            if (!each || !rows.contains(each) || !static_cast<JobRow*>(each)->isFinished()) continue;
            if (++finished > finishedKept) each->deleteLater();
        }
        showHint();
    });
    showHint();
}

void JobsPanel::clearFinished() {
    for (JobRow* row : rowsOf(this))
        if (row->isFinished()) delete row;
    showHint();
}

int JobsPanel::runningCount() const {
    int count = 0;
    for (JobRow* row : rowsOf(this)) count += !row->isFinished();
    return count;
}

int JobsPanel::finishedCount() const { return static_cast<int>(rowsOf(this).size()) - runningCount(); }

void JobsPanel::showHint() { m_hint->setVisible(rowsOf(this).isEmpty()); }

}  // namespace chronnect
