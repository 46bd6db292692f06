#include "widgets/pages/AtlasPanel.h"

#include "widgets/pages/PageParts.h"
#include "widgets/views/BrainView.h"
#include "widgets/views/Theme.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace chronnect {

namespace {

constexpr Rgb leftBlue{70, 130, 240}, rightRed{232, 82, 78}, noSide{150, 150, 150}, faint{110, 116, 126};

/// The regions where their voxels lie, in the colour of the side that their names claim.
Parcellation sidesOf(const AtlasInspection& inspection, bool onlyOdd) {
    Parcellation shown = inspection.parcellation;
    for (std::size_t i = 0; i < shown.regions.size() && i < inspection.check.regions.size(); ++i) {
        const RegionCheck& check = inspection.check.regions[i];
        Region& region = shown.regions[i];
        region.hasCentre = check.atlasVoxels > 0;
        region.centre = check.centroid;
        region.colour = check.named == Hemisphere::Left    ? leftBlue
                        : check.named == Hemisphere::Right ? rightRed
                                                           : noSide;
        if (onlyOdd && check.remark.empty()) region.colour = faint;
    }
    return shown;
}

}  // namespace

AtlasPanel::AtlasPanel(ProjectDocument& document, ViewState& state, QWidget* parent)
    : QWidget(parent), m_document(document), m_state(state) {
    m_badge = new QLabel;
    m_badge->setWordWrap(true);
    m_badge->setMinimumHeight(26);
    m_badge->setContentsMargins(8, 2, 8, 2);
    m_badge->setProperty("styleClass", "badge-good");  // padding is only granted to labels that had it from the start
    m_badge->setObjectName(QStringLiteral("atlasState"));
    m_accept = primaryButton(QStringLiteral("play"), tr("Use it as it is, and analyse"));
    m_accept->setObjectName(QStringLiteral("acceptAtlas"));
    m_accept->setToolTip(tr("The decision is kept in the project with the sentences it answers"));
    m_askAgain = plainButton(QStringLiteral("undo"), tr("Take the decision back"));
    m_askAgain->setObjectName(QStringLiteral("askAgainAboutAtlas"));
    m_choose = plainButton(QStringLiteral("open"), tr("Choose an atlas…"));
    m_choose->setToolTip(tr("A label image and its table of names"));
    m_export = plainButton(QStringLiteral("export"), tr("Export table…"));
    m_notices = new NoticeList(tr("Names, places and voxels agree."));
    m_notices->setMaximumHeight(96);
    auto* top = new QHBoxLayout;
    top->addWidget(m_badge, 1);
    for (QPushButton* button : {m_accept, m_askAgain, m_choose, m_export}) top->addWidget(button);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(makeTable());
    splitter->addWidget(makeBrain());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({720, 460});
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(top);
    layout->addWidget(m_notices);
    layout->addWidget(splitter, 1);

    connect(m_accept, &QPushButton::clicked, this, &AtlasPanel::accept);
    connect(m_askAgain, &QPushButton::clicked, this, &AtlasPanel::askAgain);
    connect(m_choose, &QPushButton::clicked, this, &AtlasPanel::atlasChoiceRequested);
    connect(m_export, &QPushButton::clicked, this, &AtlasPanel::exportRequested);
    connect(&document, &ProjectDocument::changed, this, &AtlasPanel::showState);
    connect(&state, &ViewState::selectionChanged, this, &AtlasPanel::selectRow);
    showState();
}

QWidget* AtlasPanel::makeTable() {
    m_model = new AtlasTableModel(this);
    m_rows = new AtlasRowFilter(this);
    m_rows->setSourceModel(m_model);
    m_table = recordTable(m_rows);
    m_table->setObjectName(QStringLiteral("atlasTable"));
    m_table->setColumnWidth(AtlasTableModel::Label, 66);
    m_table->setColumnWidth(AtlasTableModel::Name, 140);
    m_table->setColumnWidth(AtlasTableModel::Network, 96);
    for (int column = AtlasTableModel::AtlasVoxels; column <= AtlasTableModel::UsedVoxels; ++column)
        m_table->setColumnWidth(column, 66);
    m_table->setColumnWidth(AtlasTableModel::Coverage, 78);
    for (int column = AtlasTableModel::X; column <= AtlasTableModel::Placed; ++column)
        m_table->setColumnWidth(column, 58);
    m_table->setColumnWidth(AtlasTableModel::Remark, 230);
    m_table->horizontalHeader()->moveSection(AtlasTableModel::Remark, 2);  // what is wrong stands beside the name
    m_onlyOdd = new QCheckBox;
    m_onlyOdd->setObjectName(QStringLiteral("onlyOdd"));
    auto* find = new QLineEdit;
    find->setObjectName(QStringLiteral("findAtlasRegion"));
    find->setPlaceholderText(tr("Find a region…"));
    find->setClearButtonEnabled(true);
    connect(find, &QLineEdit::textChanged, m_rows, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_onlyOdd, &QCheckBox::toggled, this, [this](bool on) {
        m_rows->setOnlyOdd(on);
        showBrain();
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
        if (row.isValid()) m_state.setRegion(m_rows->mapToSource(row).row());
    });
    auto* top = new QHBoxLayout;
    top->addWidget(find, 1);
    top->addWidget(m_onlyOdd);
    auto* side = new QWidget;
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(top);
    layout->addWidget(m_table, 1);
    return side;
}

QWidget* AtlasPanel::makeBrain() {
    m_brain = new BrainView(m_state);
    m_brain->changeScene([](ConnectomeScene& scene) { scene.setStandardView(StandardView::Top); });
    auto* side = new QWidget;
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_brain, 1);
    layout->addWidget(
        captionLabel(tr("Seen from above, left on the left, inside the run's brain mask. Blue: the name says left; "
                        "red: it says right; grey: neither. Blue on the right means that sides are swapped.")));
    return side;
}

void AtlasPanel::setInspection(std::shared_ptr<const AtlasInspection> inspection) {
    m_inspection = std::move(inspection);
    {
        const QSignalBlocker quiet(m_table->selectionModel());
        m_model->setInspection(m_inspection);
    }
    const int odd = m_model->oddCount();
    m_onlyOdd->setText(tr("Only odd (%1)").arg(odd));
    m_onlyOdd->setEnabled(odd > 0);
    if (odd == 0) m_onlyOdd->setChecked(false);
    showBrain();
    m_brain->changeScene([](ConnectomeScene& scene) { scene.setStandardView(StandardView::Top); });
    showState();
    selectRow();
}

void AtlasPanel::setOnlyOdd(bool on) { m_onlyOdd->setChecked(on && m_onlyOdd->isEnabled()); }

void AtlasPanel::showBrain() {
    const Volume mask = m_inspection && m_inspection->mask ? *m_inspection->mask : Volume{};
    m_brain->changeScene([&](ConnectomeScene& scene) { scene.setOutline(mask); });  // first: it was prepared
    m_brain->setParcellation(
        m_inspection ? std::make_shared<const Parcellation>(sidesOf(*m_inspection, m_onlyOdd->isChecked())) : nullptr);
}

void AtlasPanel::showState() {
    const bool blocked = m_inspection && m_inspection->check.blocked();
    const auto open = m_inspection ? openQuestions(*m_inspection, m_document.project().answers) : Notices{};
    const bool decided = m_inspection && m_inspection->check.asks() && open.empty();
    m_accept->setVisible(!blocked && !open.empty());
    m_askAgain->setVisible(!blocked && decided);
    m_export->setEnabled(m_inspection != nullptr);
    m_choose->setEnabled(!m_document.project().study.runs.empty());
    m_notices->setVisible(m_inspection != nullptr);
    if (!m_inspection) {
        setStyleClass(m_badge, QStringLiteral("caption"));
        m_badge->setText(
            m_document.project().study.runs.empty()
                ? tr("Open a study of images to see how its atlas fits: voxels, coverage, places and names.")
                : tr("This study has no atlas, or no image to lay it on. Ready region series need none; images need "
                     "a label image and its table."));
        return;
    }
    m_notices->setNotices(m_inspection->check.notices);
    setStyleClass(m_badge, blocked || !open.empty() ? QStringLiteral("badge-bad") : QStringLiteral("badge-good"));
    const QString run = m_inspection->run;
    m_badge->setText(
        blocked ? tr("This atlas must not be used on %1 as it is; the sentences below say why.").arg(run)
        : !open.empty()
            ? tr("Something about this atlas on %1 needs your decision; the sentences below say what.").arg(run)
        : decided ? tr("You decided to use this atlas all the same; the decision is kept in the project.")
                  : tr("The atlas fits %1: %2 regions.").arg(run).arg(m_inspection->check.regions.size()));
}

void AtlasPanel::accept() {
    if (!m_inspection) return;
    m_document.edit(tr("Use the atlas as it is"), [&](Project& project) {
        for (const Notice& question : openQuestions(*m_inspection, project.answers))
            project.answers.push_back({m_inspection->identity, question.text, "The atlas was used as it is."});
    });
    Q_EMIT accepted();
}

void AtlasPanel::askAgain() {
    if (!m_inspection) return;
    m_document.edit(tr("Ask about the atlas again"), [&](Project& project) {
        std::erase_if(project.answers, [&](const Answer& answer) { return answer.about == m_inspection->identity; });
    });
}

void AtlasPanel::selectRow() {
    const int region = m_state.region();
    const QModelIndex current = m_table->currentIndex();
    if (current.isValid() && m_rows->mapToSource(current).row() == region) return;
    const QSignalBlocker quiet(m_table->selectionModel());
    const QModelIndex row =
        region >= 0 && region < m_model->rowCount() ? m_rows->mapFromSource(m_model->index(region, 0)) : QModelIndex();
    m_table->setCurrentIndex(row);
    if (row.isValid())
        m_table->scrollTo(row);
    else
        m_table->clearSelection();
    m_table->viewport()->update();
}

}  // namespace chronnect
