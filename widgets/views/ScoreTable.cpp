#include "widgets/views/ScoreTable.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace chronnect {
namespace {

bool lowerIsBetter(const std::string& metric) {
    for (const char* name : {"MAE", "MSE", "RMSE", "error", "loss", "entropy", "Brier"})
        if (metric.find(name) != std::string::npos) return true;
    return false;
}

/// The best trivial answer; NaN when there is none.
double bestBaseline(const ReconstructionScore& score) {
    double best = std::nan("");
    for (const auto& [name, value] : score.baselines)
        if (std::isfinite(value) &&
            (!std::isfinite(best) || (lowerIsBetter(score.metric) ? value < best : value > best)))
            best = value;
    return best;
}

/// Paired over subjects where that is known; else by the plain difference.
bool beats(const ReconstructionScore& score) {
    if (score.subjects > 1 && !score.against.empty()) return score.gainLow > 0;
    const double best = bestBaseline(score);
    return std::isfinite(best) && (lowerIsBetter(score.metric) ? score.model < best : score.model > best);
}

std::vector<std::string> baselineNames(const std::vector<ReconstructionScore>& scores) {
    std::vector<std::string> names;
    for (const char* usual : {"copy nearest", "mean of flanks", "scan mean", "group mean"})
        for (const auto& score : scores)
            if (score.baselines.count(usual) && std::find(names.begin(), names.end(), usual) == names.end())
                names.emplace_back(usual);
    for (const auto& score : scores)
        for (const auto& [name, value] : score.baselines)
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    return names;
}

QTableWidgetItem* cell(const QString& text, bool bold) {
    auto* item = new QTableWidgetItem(text);
    QFont font = item->font();
    font.setBold(bold);
    item->setFont(font);
    return item;
}

}  // namespace

ScoreTable::ScoreTable(QWidget* parent) : QWidget(parent), m_table(new QTableWidget), m_verdict(new QLabel) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    m_verdict->setObjectName("verdict");
    m_verdict->setWordWrap(true);
    setStyleClass(m_verdict, "heading");
    m_table->setObjectName("scores");
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setFocusPolicy(Qt::NoFocus);
    m_table->setShowGrid(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(24);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    layout->addWidget(m_verdict);
    layout->addWidget(m_table);
}

void ScoreTable::setScores(const std::vector<ReconstructionScore>& scores) {
    setVisible(!scores.empty());
    const auto names = baselineNames(scores);
    QStringList headers{tr("Question"), tr("Metric"), tr("Model")};
    for (const auto& name : names) headers << QString::fromStdString(name);
    m_table->setColumnCount(static_cast<int>(headers.size()));
    m_table->setHorizontalHeaderLabels(headers);
    m_table->setRowCount(static_cast<int>(scores.size()));
    int won = 0;
    for (int row = 0; row < static_cast<int>(scores.size()); ++row) {
        const auto& score = scores[row];
        const bool wins = beats(score);
        won += wins;
        const double best = bestBaseline(score);
        m_table->setItem(row, 0, cell(QString::fromStdString(score.question), false));
        m_table->setItem(row, 1, cell(QString::fromStdString(score.metric), false));
        QString model = plotNumber(score.model);
        if (score.high > score.low)
            model += QStringLiteral(" (%1–%2)").arg(plotNumber(score.low), plotNumber(score.high));
        m_table->setItem(row, 2, cell(model, wins || !std::isfinite(best)));
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto found = score.baselines.find(names[i]);
            const bool known = found != score.baselines.end();
            m_table->setItem(
                row, static_cast<int>(3 + i),
                cell(known ? plotNumber(found->second) : QStringLiteral("–"), known && !wins && found->second == best));
        }
    }
    m_table->resizeColumnsToContents();
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    const int height = m_table->horizontalHeader()->sizeHint().height() + 24 * static_cast<int>(scores.size()) + 4;
    m_table->setFixedHeight(std::min(height, 190));
    const int all = static_cast<int>(scores.size());
    if (won == all)
        m_verdict->setText(tr("The network beats the best trivial answer here."));
    else if (won == 0)
        m_verdict->setText(tr("The network does not beat the best trivial answer here."));
    else
        m_verdict->setText(tr("The network beats the best trivial answer in %1 of %2 questions.").arg(won).arg(all));
}

QString ScoreTable::verdict() const { return m_verdict->text(); }

}  // namespace chronnect
