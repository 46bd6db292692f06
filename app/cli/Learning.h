#pragma once

#include "app/cli/Console.h"
#include "app/cli/PipelineInputs.h"
#include "core/learning/Learning.h"
#include "core/learning/Passport.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chronnect::cli {

/// Why this build cannot train, as a sentence; empty when it can.
std::string missingLearning();

/// The engine linked into this program. Throws Error(Unsupported) where there is none.
std::unique_ptr<LearningEngine> learningEngine();

/// Training curves as they come, kept so that an interrupted run leaves them too.
class HistoryFile {
public:
    explicit HistoryFile(std::filesystem::path path) : m_path(std::move(path)) {}

    void add(const TrainingSnapshot& snapshot) { m_snapshots.push_back(snapshot); }
    /// Takes what a finished model remembers instead, which after a resumed run reaches back to the first step.
    void replace(const std::vector<TrainingSnapshot>& all) { m_snapshots = all; }
    /// One row per snapshot: step, fold, phase, learning_rate, gradient_norm and every loss. Nothing without a path.
    void write() const;

private:
    std::filesystem::path m_path;
    std::vector<TrainingSnapshot> m_snapshots;
};

/// A model file of ours, or a STAGIN checkpoint (.pth, .pt), whose windows have to be told. So has the pooling over
/// time, "sum" or "mean", which leave the same weights; "param" shows by its token, and empty takes what the file shows
/// or the sum. Throws Error(BadInput) when the file contradicts.
Model openModel(const std::filesystem::path& path, const GraphSpec& graph, const LearningEngine& engine,
                const std::string& pooling = {});

/// Holds the model's passport against the data: red refuses unless `force`; amber and forced red are said, where there
/// is a console (the engine says them itself in its results' notices). Returns the check for --json.
Json requireFit(const Model& model, const ScanSource& data, bool force, Console* console = nullptr);
void say(Console& console, const PassportCheck& check);

/// Which file a model came from, what it is and its passport.
Json aboutModel(const std::filesystem::path& path, const Model& model);

/// Says how an interrupted training goes on; nothing where it kept no checkpoints.
void sayHowToResume(const std::filesystem::path& checkpoints, Console& console);

/// Throws UsageError before the work when an output's ending is none of these, or not what would be written.
void requireEnding(const std::filesystem::path& output, std::initializer_list<std::string_view> endings);

/// All values of one scan.
std::vector<float> valuesOf(const ScanSource& source, std::size_t scan);

void say(Console& console, const ReconstructionScore& score);
/// All but those of single networks, of which the number is said.
void say(Console& console, const std::vector<ReconstructionScore>& scores, const ScanSource& source);
void say(Console& console, const MethodScore& score);

/// How many folds there really were: never more than people, families or sites to divide.
std::size_t foldsIn(const FinetuneResult& result);

}  // namespace chronnect::cli
