#include "app/cli/Learning.h"

#include "core/base/Error.h"
#include "core/io/Tables.h"

#include <cmath>
#include <set>

namespace chronnect::cli {

namespace {

std::string intervalText(double low, double high) { return "[" + numberText(low) + ", " + numberText(high) + "]"; }

/// All digits, so that two histories can be compared number by number.
std::string cellOf(double value) { return std::isfinite(value) ? Json(value).dump(-1) : std::string("n/a"); }

}  // namespace

std::string missingLearning() {
#ifdef CHRONNECT_HAS_TRAIN
    return {};
#else
    return "This build has no models: configure it with -DCHRONNECT_LEARNING=ON where LibTorch is installed.";
#endif
}

std::unique_ptr<LearningEngine> learningEngine() {
#ifdef CHRONNECT_HAS_TRAIN
    return createLearningEngine();
#else
    throw Error(ErrorKind::Unsupported, missingLearning());
#endif
}

void HistoryFile::write() const {
    if (m_path.empty()) return;
    std::set<std::string> losses;
    for (const auto& snapshot : m_snapshots)
        for (const auto& [name, value] : snapshot.losses) losses.insert(name);
    Table table;
    table.columns = {"step", "fold", "phase", "learning_rate", "gradient_norm"};
    table.columns.insert(table.columns.end(), losses.begin(), losses.end());
    for (const auto& snapshot : m_snapshots) {
        std::vector<std::string> row{std::to_string(snapshot.step), std::to_string(snapshot.fold), snapshot.phase,
                                     cellOf(snapshot.learningRate), cellOf(snapshot.gradientNorm)};
        for (const auto& name : losses) {
            const auto found = snapshot.losses.find(name);
            row.push_back(found == snapshot.losses.end() ? "n/a" : cellOf(found->second));
        }
        table.rows.push_back(std::move(row));
    }
    writeTable(m_path, table);
}

Model openModel(const std::filesystem::path& path, const GraphSpec& graph, const LearningEngine& engine) {
    if (!std::filesystem::exists(path)) throw Error(ErrorKind::FileAccess, "There is no model file " + path.string());
    const std::string extension = path.extension().string();
    if (extension == ".pth" || extension == ".pt") return engine.importStaginCheckpoint(path, graph);
    return loadModel(path);
}

std::vector<float> valuesOf(const ScanSource& source, std::size_t scan) {
    std::vector<float> values;
    source.read(scan, values);
    return values;
}

void say(Console& console, const ReconstructionScore& score) {
    std::string line = "  " + score.question + ": " + score.metric + " " + numberText(score.model) + " " + intervalText(score.low, score.high);
    for (const auto& [name, value] : score.baselines) line += ", " + name + " " + numberText(value);
    console.say(line);
}

void say(Console& console, const MethodScore& score) {
    console.say("  " + score.method + ": " + score.metric + " " + numberText(score.mean) + " +- " + numberText(score.spread) +
                " over folds, interval " + intervalText(score.low, score.high));
}

}  // namespace chronnect::cli
