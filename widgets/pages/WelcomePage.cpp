#include "widgets/pages/WelcomePage.h"

#include "widgets/pages/PageParts.h"
#include "widgets/views/Theme.h"

#include <QCommandLinkButton>
#include <QDir>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace chronnect {

namespace {

QCommandLinkButton* card(const QString& icon, const QString& title, const QString& text, const QString& name) {
    auto* button = new QCommandLinkButton(title, text);
    button->setIcon(themedIcon(icon));
    button->setIconSize(QSize(28, 28));
    button->setMinimumWidth(360);
    button->setObjectName(name);
    setStyleClass(button, QStringLiteral("card"));
    return button;
}

QWidget* heading() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 12);
    auto* logo = new QLabel;
    logo->setPixmap(applicationIcon().pixmap(72, 72));
    auto* words = new QVBoxLayout;
    auto* name = new QLabel(QStringLiteral("Chronnect"));
    setStyleClass(name, QStringLiteral("hero"));
    words->addWidget(name);
    words->addWidget(captionLabel(WelcomePage::tr("Dynamic brain networks: from fMRI scans to pictures and models")));
    layout->addWidget(logo);
    layout->addSpacing(12);
    layout->addLayout(words, 1);
    return row;
}

}  // namespace

WelcomePage::WelcomePage(QWidget* parent) : QWidget(parent) {
    auto* demo = card(QStringLiteral("connectome"), tr("Open the demo study"),
                      tr("24 simulated people with hidden brain states whose answer is known. Made on this computer "
                         "in about a minute; the best place to start."),
                      QStringLiteral("openDemo"));
    auto* folder = card(QStringLiteral("folder"), tr("Open a study folder…"),
                        tr("BIDS derivatives (fMRIPrep, XCP-D, C-PAC) or a folder of region series"),
                        QStringLiteral("openFolder"));
    auto* files = card(QStringLiteral("file"), tr("Open files…"),
                       tr("Scans (.nii, .nii.gz) or region series (.npy, .npz, .tsv, .csv, .mat, .1D)"),
                       QStringLiteral("openFiles"));
    auto* project = card(QStringLiteral("open"), tr("Open a project…"), tr("Continue where a .chronnect file left off"),
                         QStringLiteral("openProject"));
    auto* simulate = card(QStringLiteral("simulate"), tr("Simulate a study…"),
                          tr("Choose people, states, noise and effects, and get a study with its ground truth"),
                          QStringLiteral("simulate"));
    connect(demo, &QPushButton::clicked, this, &WelcomePage::demoRequested);
    connect(folder, &QPushButton::clicked, this, &WelcomePage::folderRequested);
    connect(files, &QPushButton::clicked, this, &WelcomePage::filesRequested);
    connect(project, &QPushButton::clicked, this, &WelcomePage::projectRequested);
    connect(simulate, &QPushButton::clicked, this, &WelcomePage::simulateRequested);

    auto* start = new QVBoxLayout;
    start->setSpacing(10);
    start->addWidget(titleLabel(tr("Start")));
    for (QWidget* each : {static_cast<QWidget*>(demo), static_cast<QWidget*>(folder), static_cast<QWidget*>(files),
                          static_cast<QWidget*>(project), static_cast<QWidget*>(simulate)})
        start->addWidget(each);
    start->addStretch(1);

    auto* right = new QVBoxLayout;
    right->addWidget(titleLabel(tr("Recent")));
    m_recent = new QVBoxLayout;
    m_recent->setSpacing(2);
    right->addLayout(m_recent);
    right->addSpacing(20);
    right->addWidget(titleLabel(tr("How it goes")));
    for (const QString& step :
         {tr("<b>Data</b>: choose runs, set cleaning and windows, run the analysis"),
          tr("<b>Explore</b>: the connectome in 3D, matrix and region signals over time"),
          tr("<b>Learn</b>: pretrain on the graphs themselves, fine-tune on a phenotype"),
          tr("<b>Attention</b>, <b>Reconstruction</b>: what the model looked at and can rebuild")})
        right->addWidget(captionLabel(step));
    right->addStretch(1);

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(48);
    grid->addWidget(heading(), 0, 0, 1, 2);
    grid->addLayout(start, 1, 0);
    grid->addLayout(right, 1, 1);
    grid->setColumnMinimumWidth(1, 400);
    auto* outer = new QGridLayout(this);
    outer->addLayout(grid, 1, 1);
    outer->setRowStretch(0, 1);
    outer->setRowStretch(2, 2);
    outer->setColumnStretch(0, 1);
    outer->setColumnStretch(2, 1);
    setRecent({});
}

void WelcomePage::setRecent(const QStringList& paths) {
    while (QLayoutItem* item = m_recent->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const QString& path : paths) {
        auto* button =
            plainButton(path.endsWith(QStringLiteral(".chronnect")) ? QStringLiteral("open") : QStringLiteral("folder"),
                        QFileInfo(path).fileName());
        setStyleClass(button, QStringLiteral("link"));
        button->setToolTip(QDir::toNativeSeparators(path));
        connect(button, &QPushButton::clicked, this, [this, path] { Q_EMIT recentRequested(path); });
        m_recent->addWidget(button);
    }
    if (paths.isEmpty()) m_recent->addWidget(captionLabel(tr("Studies and projects you open will be listed here.")));
}

}  // namespace chronnect
