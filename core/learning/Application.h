#pragma once

#include "core/base/JobContext.h"
#include "core/base/Json.h"
#include "core/base/Notice.h"
#include "core/data/NamedArray.h"
#include "core/data/Table.h"
#include "core/learning/Explanation.h"
#include "core/learning/MethodScores.h"
#include "core/learning/Passport.h"

#include <string>
#include <vector>

namespace chronnect {

class LearningEngine;
struct Model;
struct NetworkArrays;
struct Reconstruction;

/// Whether a fine-tuned model has learned from a person, as far as it tells.
enum class Seen { No, Yes, Unknown };
std::string_view seenText(Seen seen);  ///< "no", "yes", "unknown"

/// A fine-tuned model's output for every scan of some data.
struct Application {
    std::string model;                 ///< its name
    std::string target;                ///< what it was fine-tuned on
    std::vector<std::string> classes;  ///< empty for a number
    std::vector<ScanPrediction> predictions;
    std::vector<Seen> seen;  ///< per prediction; output of a person that was learned from is no prediction
    PassportCheck fit;
    Notices notices;
};

/// Runs the model on all scans. Throws Error(BadInput) with the sentences of the passport's red items unless `force`,
/// and with or without it where nothing can be computed (another number of regions).
Application applyModel(const LearningEngine& engine, const ScanSource& scans, const Model& model,
                       const std::string& device, bool force, const JobContext& context);

/// A person as a model's passport lists it: the first 16 hexadecimal digits of a SHA-256 of the label, so that a model
/// that is handed on names nobody. People of two studies with equal labels cannot be told apart.
std::string personMark(const std::string& subject);

/// Predictions as a table: scan, subject, with `withTruth` fold and truth, and one column per output.
Table predictionTable(const std::vector<ScanPrediction>& predictions, const std::vector<std::string>& classes,
                      bool withTruth);
/// The same with a column `trained_on`: yes, no, unknown.
Table applicationTable(const Application& application);

/// Results as arrays for NumPy; resources/docs/export.md tells their names. Pairs become full symmetric matrices.
std::vector<NamedArray> arraysOf(const Explanation& explanation);
std::vector<NamedArray> arraysOf(const Reconstruction& reconstruction);
std::vector<NamedArray> arraysOf(const NetworkArrays& arrays);

/// What a reconstruction is of and how well it went, without its arrays. Windows are counted from 0.
Json toJson(const Reconstruction& reconstruction);

}  // namespace chronnect
