#pragma once

#include "core/base/JobContext.h"
#include "core/learning/Specs.h"

#include <QString>
#include <QStringList>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

class QWidget;

namespace chronnect {

/// A checkpoint that another pretraining left, and what going on from it with new settings would mean.
struct EarlierTraining {
    std::filesystem::path checkpoint;
    int step = 0, steps = 0;  ///< done, and planned then
    qint64 written = 0;       ///< seconds since 1970
    QStringList changes;      ///< "learning_rate 0.0005 → 0.001" for every setting that is other now
    QString obstacle;         ///< why it cannot be gone on from; empty = it can
};

namespace EarlierTrainings {

constexpr std::size_t finishedKept = 5;

/// The checkpoint folder of a finished training goes where branches are looked for; of those the newest few stay.
void keepFinished(const std::filesystem::path& folder);

/// All that can be read, newest first, held against settings and regions as they are now. Reads files.
std::vector<EarlierTraining> list(const PretrainSpec& now, const std::string& regionsHash, const JobContext& context);

/// Asks which one to go on from; a checkpoint or folder from elsewhere can be chosen too. Empty when cancelled.
std::optional<std::filesystem::path> ask(QWidget* parent, const std::vector<EarlierTraining>& trainings);

}  // namespace EarlierTrainings

}  // namespace chronnect
