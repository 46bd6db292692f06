#include "widgets/pages/DenoisingPanel.h"

#include "widgets/pages/PageParts.h"
#include "widgets/views/CurvesPlot.h"
#include "widgets/views/EmptyNote.h"
#include "widgets/views/Theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace chronnect {

DenoisingPanel::DenoisingPanel(QWidget* parent) : QWidget(parent) {
    m_note = new EmptyNote(QStringLiteral("clean"), tr("What the cleaning does to the selected run appears here."));
    m_numbers = new QLabel;
    m_numbers->setObjectName(QStringLiteral("denoisingNumbers"));
    m_numbers->setWordWrap(true);
    m_busy = captionLabel();
    m_busy->setWordWrap(false);
    m_how = captionLabel();
    m_carpet = new CarpetPlot;
    m_carpet->setObjectName(QStringLiteral("denoisingCarpet"));
    m_histogram = new CurvesPlot;
    m_histogram->setAxisTitles(tr("correlation between two regions (r)"), tr("share of pairs"));
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(m_carpet);
    splitter->addWidget(m_histogram);
    splitter->setSizes({440, 180});
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* head = new QHBoxLayout;
    head->addWidget(m_numbers, 1);
    head->addWidget(m_busy);
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(8, 8, 8, 8);
    column->addLayout(head);
    column->addWidget(splitter, 1);
    column->addWidget(m_how);
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_note);
    m_stack->addWidget(content);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
}

void DenoisingPanel::setBusy(bool on) { m_busy->setText(on ? tr("computing…") : QString()); }

void DenoisingPanel::setView(std::shared_ptr<const DenoisingView> view, const QString& why) {
    m_view = std::move(view);
    m_stack->setCurrentIndex(m_view ? 1 : 0);
    if (!m_view) {
        m_note->setSentence(why.isEmpty() ? tr("What the cleaning does to the selected run appears here.") : why);
        return;
    }
    m_numbers->setText(
        tr("<b>%1</b> · %2 of %3 volumes kept · %4 confounds regressed out · <b>%5 degrees of freedom left</b> · "
           "median r %6 → %7")
            .arg(m_view->run.toHtmlEscaped())
            .arg(m_view->kept)
            .arg(m_view->volumes)
            .arg(m_view->confounds)
            .arg(m_view->degreesOfFreedom, 0, 'f', 1)
            .arg(m_view->medianBefore, 0, 'f', 2)
            .arg(m_view->medianAfter, 0, 'f', 2));
    m_carpet->setContent(m_view->carpet);
    m_histogram->setCurves(
        {{tr("raw"), m_view->bins, m_view->edgesBefore}, {tr("cleaned"), m_view->bins, m_view->edgesAfter}});
    m_how->setText(m_view->remarks.isEmpty() ? m_view->howComputed
                                             : m_view->remarks + QStringLiteral(" · ") + m_view->howComputed);
}

}  // namespace chronnect
