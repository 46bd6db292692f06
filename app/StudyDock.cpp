#include "app/StudyDock.h"

#include "widgets/pages/PageParts.h"
#include "widgets/views/EmptyNote.h"

#include <QLabel>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace chronnect {

StudyDock::StudyDock(ProjectDocument& document, ViewState& state, QWidget* parent)
    : QDockWidget(tr("Study"), parent), m_document(document), m_state(state) {
    setObjectName(QStringLiteral("studyDock"));
    setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    setTitleBarWidget(dockTitle(*this));
    m_model = new StudyTreeModel(this);
    m_tree = new QTreeView;
    m_tree->setModel(m_model);
    m_tree->setHeaderHidden(true);
    m_tree->setUniformRowHeights(true);
    m_tree->setObjectName(QStringLiteral("studyTree"));
    m_summary = captionLabel();
    m_summary->setContentsMargins(8, 4, 8, 4);
    auto* filled = new QWidget;
    auto* layout = new QVBoxLayout(filled);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_summary);
    layout->addWidget(m_tree, 1);
    m_stack = new QStackedWidget;
    m_stack->addWidget(new EmptyNote(QStringLiteral("subject"), tr("The people and runs of a study appear here.")));
    m_stack->addWidget(filled);
    setWidget(m_stack);

    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid()) m_state.setRun(index.data(StudyTreeModel::RunIdRole).toString());
    });
    connect(&document, &ProjectDocument::changed, this, [this](Aspects aspects) {
        if (aspects != static_cast<Aspects>(Aspect::LearningSpec)) refresh();
    });
    connect(&state, &ViewState::runChanged, this, &StudyDock::showRun);
    refresh();
}

void StudyDock::refresh() {
    const Project& project = m_document.project();
    const int before = m_model->rowCount();
    {
        const QSignalBlocker quiet(m_tree->selectionModel());
        m_model->setProject(project);
    }
    m_stack->setCurrentIndex(project.study.runs.empty() ? 0 : 1);
    if (m_model->rowCount() != before && m_model->rowCount() <= 60) m_tree->expandAll();
    std::set<std::string> people;
    for (const RunInput& run : project.study.runs) people.insert(run.subject);
    const auto ready = std::count_if(project.study.runs.begin(), project.study.runs.end(), [&](const RunInput& run) {
        const RunResult* result = resultOf(project, run.id());
        return result && (result->cleaned || result->finished);
    });
    const std::size_t runs = project.study.runs.size();
    m_summary->setText(tr("%1\n%2 · %3 · %4 analysed")
                           .arg(QString::fromStdString(project.study.name),
                                people.size() == 1 ? tr("1 person") : tr("%1 people").arg(people.size()),
                                runs == 1 ? tr("1 run") : tr("%1 runs").arg(runs), QString::number(ready)));
    showRun();
}

void StudyDock::showRun() {
    const QModelIndex index = m_model->indexOfRun(m_state.run());
    const QModelIndex current = m_tree->currentIndex();
    // A selected person stands for their first run and stays selected.
    if (!index.isValid() || (current.isValid() && current.data(StudyTreeModel::RunIdRole).toString() == m_state.run()))
        return;
    const QSignalBlocker quiet(m_tree->selectionModel());
    m_tree->setCurrentIndex(index);
    m_tree->viewport()->update();
}

}  // namespace chronnect
