#include "widgets/pages/ScoresTable.h"

#include <QHeaderView>

#include <algorithm>
#include <cmath>
#include <set>

namespace chronnect {

namespace {

QString shown(double value) { return std::isfinite(value) ? QString::number(value, 'f', 3) : QStringLiteral("n/a"); }

QString interval(double low, double high) {
    return std::isfinite(low) && std::isfinite(high) ? QStringLiteral("%1 to %2").arg(shown(low), shown(high))
                                                     : QStringLiteral("n/a");
}

QString nullText(const MethodScore& score) {
    if (!std::isfinite(score.p)) return {};
    return score.permutations < permutationsForP
               ? ScoresTable::tr("none (%1)").arg(score.permutations)
               : ScoresTable::tr("%1 (%2)").arg(shown(score.p)).arg(score.permutations);
}

}  // namespace

bool smallerIsBetter(const std::string& metric) {
    for (const char* key : {"MAE", "RMSE", "MSE", "error", "loss"})
        if (metric.find(key) != std::string::npos) return true;
    return false;
}

bool isMainQuestion(const ReconstructionScore& score) {
    return score.question.find("phase-randomised") == std::string::npos && score.question.find("spatial nodes,") != 0 &&
           score.question.find("spatial edges,") != 0 && score.question.find(", within ") == std::string::npos;
}

QString beatsBaselines(const ReconstructionScore& score) {
    if (score.baselines.empty() || !std::isfinite(score.model)) return QStringLiteral("n/a");
    const double sign = smallerIsBetter(score.metric) ? -1 : 1;
    double best = -INFINITY;
    for (const auto& [name, value] : score.baselines)
        if (std::isfinite(value)) best = std::max(best, sign * value);
    if (!score.against.empty()) {  // paired over subjects: the fairer comparison
        const double gain = sign * score.gain, worst = sign > 0 ? score.gainLow : -score.gainHigh;
        return worst > 0 ? ScoresTable::tr("yes") : gain > 0 ? ScoresTable::tr("not clearly") : ScoresTable::tr("no");
    }
    const double pessimistic = sign > 0 ? score.low : -score.high;
    if (std::isfinite(pessimistic) && pessimistic > best) return ScoresTable::tr("yes");
    return sign * score.model > best ? ScoresTable::tr("not clearly") : ScoresTable::tr("no");
}

ScoresTable::ScoresTable(QWidget* parent) : QTableWidget(parent) {
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionMode(QAbstractItemView::ContiguousSelection);
    setAlternatingRowColors(true);
    setShowGrid(false);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(26);
}

void ScoresTable::begin(const QStringList& header, int rows) {
    clear();
    setColumnCount(static_cast<int>(header.size()));
    setRowCount(rows);
    setHorizontalHeaderLabels(header);
}

void ScoresTable::put(int row, int column, const QString& text, bool strong) {
    auto* item = new QTableWidgetItem(text);
    QFont font = item->font();
    font.setBold(strong);
    item->setFont(font);
    if (column > 0) item->setTextAlignment(Qt::AlignCenter);
    setItem(row, column, item);
}

void ScoresTable::showReconstruction(const std::vector<ReconstructionScore>& unsorted) {
    std::vector<ReconstructionScore> scores = unsorted;
    std::stable_partition(scores.begin(), scores.end(), isMainQuestion);
    std::set<std::string> baselines;
    for (const auto& score : scores)
        for (const auto& [name, value] : score.baselines) baselines.insert(name);
    QStringList header{tr("Question"), tr("Metric"), tr("Model"), tr("95 % interval"), tr("Beats the others?")};
    for (const auto& name : baselines) header << QString::fromStdString(name);
    begin(header, static_cast<int>(scores.size()));
    for (int row = 0; row < rowCount(); ++row) {
        const auto& score = scores[static_cast<std::size_t>(row)];
        put(row, 0, QString::fromStdString(score.question), isMainQuestion(score));
        put(row, 1, QString::fromStdString(score.metric));
        put(row, 2, shown(score.model), true);
        put(row, 3, interval(score.low, score.high));
        put(row, 4, beatsBaselines(score), true);
        int column = 5;
        for (const auto& name : baselines) {
            const auto found = score.baselines.find(name);
            put(row, column++, found == score.baselines.end() ? QString() : shown(found->second));
        }
    }
    resizeColumnsToContents();
}

void ScoresTable::showMethods(const std::vector<MethodScore>& scores, const std::vector<PairedGain>& gains) {
    // Interval, gain and verdict are of the pooled predictions, so their score stands beside them, not the folds' mean.
    begin({tr("Method"), tr("Metric"), tr("Pooled"), tr("95 % interval"), tr("Gain (95 % interval)"),
           tr("p (shuffles)"), tr("Mean of folds"), tr("SD of folds"), tr("Per fold")},
          static_cast<int>(scores.size()));
    for (int row = 0; row < rowCount(); ++row) {
        const auto& score = scores[static_cast<std::size_t>(row)];
        QStringList folds;
        for (const double value : score.perFold) folds << shown(value);
        put(row, 0, QString::fromStdString(score.method), row == 0);
        put(row, 1, QString::fromStdString(score.metric));
        put(row, 2, shown(score.pooled), row == 0);
        put(row, 3, interval(score.low, score.high));
        const auto gain = std::ranges::find_if(
            gains, [&](const PairedGain& each) { return each.method == score.method && each.metric == score.metric; });
        put(row, 4,
            gain == gains.end() ? QString() : tr("%1 (%2)").arg(shown(gain->gain), interval(gain->low, gain->high)));
        if (gain != gains.end())
            item(row, 4)->setToolTip(tr("Over %1, the strongest reference").arg(QString::fromStdString(gain->against)));
        put(row, 5, nullText(score));
        if (std::isfinite(score.p))
            item(row, 5)->setToolTip(QString::fromStdString(permutationText(score.p, score.permutations)));
        put(row, 6, shown(score.mean));
        put(row, 7, shown(score.spread));
        put(row, 8, folds.join(QStringLiteral("  ")));
    }
    resizeColumnsToContents();
}

}  // namespace chronnect
