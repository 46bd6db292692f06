#pragma once

#include "core/learning/Learning.h"

#include <QTableWidget>

namespace chronnect {

/// Scores beside the answers that cost nothing, so that no number stands alone.
class ScoresTable : public QTableWidget {
    Q_OBJECT

public:
    explicit ScoresTable(QWidget* parent = nullptr);

    void showReconstruction(const std::vector<ReconstructionScore>& scores);
    /// `gains` fills the column that sets a learned method against the strongest reference.
    void showMethods(const std::vector<MethodScore>& scores, const std::vector<PairedGain>& gains = {});

private:
    void begin(const QStringList& header, int rows);
    void put(int row, int column, const QString& text, bool strong = false);
};

/// The questions that decide: over all regions and on real data, not one network or the phase-randomised control.
bool isMainQuestion(const ReconstructionScore& score);

/// Whether a smaller value of this metric is better ("MAE", "error").
bool smallerIsBetter(const std::string& metric);

/// "yes" when even the pessimistic end of the interval beats the best baseline (paired over people where the score
/// says so), "not clearly" when only the estimate does, else "no".
QString beatsBaselines(const ReconstructionScore& score);

}  // namespace chronnect
