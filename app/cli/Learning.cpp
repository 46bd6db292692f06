#include "app/cli/Learning.h"

#include "core/base/Files.h"
#include "core/base/Error.h"
#include "core/io/Tables.h"

#include <algorithm>
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
    table.columns = {"step", "fold", "phase", "learning_rate", "gradient_norm", "effective_rank"};
    table.columns.insert(table.columns.end(), losses.begin(), losses.end());
    for (const auto& snapshot : m_snapshots) {
        std::vector<std::string> row{std::to_string(snapshot.step),
                                     std::to_string(snapshot.fold),
                                     snapshot.phase,
                                     cellOf(snapshot.learningRate),
                                     cellOf(snapshot.gradientNorm),
                                     snapshot.effectiveRank > 0 ? cellOf(snapshot.effectiveRank) : "n/a"};
        for (const auto& name : losses) {
            const auto found = snapshot.losses.find(name);
            row.push_back(found == snapshot.losses.end() ? "n/a" : cellOf(found->second));
        }
        table.rows.push_back(std::move(row));
    }
    writeTable(m_path, table);
}

namespace {

void choosePooling(Model& model, const std::string& pooling, const std::filesystem::path& path) {
    Json network = model.passport["network"];
    const bool token = network["pooling"].text() == nameOf(TimePooling::Param);
    if (pooling.empty() || pooling == network["pooling"].text()) return;
    if (token || pooling == nameOf(TimePooling::Param))
        throw Error(ErrorKind::BadInput,
                    path.string() +
                        (token ? " has a token for pooling over time, so it pools by param, not by "
                               : " has no token for pooling over time, so it cannot pool by ") +
                        pooling);
    model.passport.set("network", network.set("pooling", pooling));
}

}  // namespace

Model openModel(const std::filesystem::path& path, const GraphSpec& graph, const LearningEngine& engine,
                const std::string& pooling) {
    if (!std::filesystem::exists(path)) throw Error(ErrorKind::FileAccess, "There is no model file " + path.string());
    const std::string extension = path.extension().string();
    if (extension != ".pth" && extension != ".pt") {
        if (!pooling.empty())
            throw UsageError("--pooling is for STAGIN checkpoints (.pth); " + path.string() + " knows its own");
        return loadModel(path);
    }
    Model model = engine.importStaginCheckpoint(path, graph);
    choosePooling(model, pooling, path);
    return model;
}

Json requireFit(const Model& model, const ScanSource& data, bool force, Console* console) {
    const PassportCheck check = checkPassport(model, data);
    for (const auto& item : check.items)
        if (item.final)
            throw Error(ErrorKind::BadInput, item.sentence +
                                                 "; if volumes were taken for regions, say with --time-axis "
                                                 "which axis of the file is time");
    const std::string refusal = check.refusal();
    if (!refusal.empty() && !force) throw Error(ErrorKind::BadInput, refusal + ". --force goes on all the same");
    for (const auto& item : check.items)
        if (console && item.light != Light::Green) console->notice({Severity::Warning, item.sentence});
    return toJson(check);
}

void say(Console& console, const PassportCheck& check) {
    for (const auto& item : check.items)
        console.say("  " + std::string(lightText(item.light)) + "  " + item.name + ": " + item.sentence);
}

Json aboutModel(const std::filesystem::path& path, const Model& model) {
    return Json::object()
        .set("path", path.string())
        .set("sha256", std::filesystem::is_regular_file(path) ? Json(sha256OfFile(path)) : Json())
        .set("name", model.name)
        .set("passport", model.passport);
}

void sayHowToResume(const std::filesystem::path& checkpoints, Console& console) {
    if (!checkpoints.empty())
        console.notice({Severity::Information, "The last checkpoint is in " + checkpoints.string() +
                                                   "; the same command with --resume goes on from it"});
}

void requireEnding(const std::filesystem::path& output, std::initializer_list<std::string_view> endings) {
    const std::string ending = output.extension().string();
    if (std::find(endings.begin(), endings.end(), ending) != endings.end()) return;
    std::string all;
    for (auto each = endings.begin(); each != endings.end(); ++each)
        all += std::string(each == endings.begin()     ? ""
                           : each + 1 == endings.end() ? " or "
                                                       : ", ") +
               std::string(*each);
    throw UsageError("--output must end in " + all + ", not '" + ending + "'");
}

std::vector<float> valuesOf(const ScanSource& source, std::size_t scan) {
    std::vector<float> values;
    source.read(scan, values);
    return values;
}

void say(Console& console, const ReconstructionScore& score) {
    std::string line = "  " + score.question + ": " + score.metric + " " + numberText(score.model) + " " +
                       intervalText(score.low, score.high);
    for (const auto& [name, value] : score.baselines) line += ", " + name + " " + numberText(value);
    console.say(line);
}

void say(Console& console, const std::vector<ReconstructionScore>& scores, const ScanSource& source) {
    std::size_t byNetwork = 0;
    for (const auto& score : scores) {
        const auto& networks = source.networks();
        const bool one = std::any_of(networks.begin(), networks.end(), [&](const std::string& network) {
            return !network.empty() &&
                   (score.question.ends_with(", " + network) || score.question.ends_with("within " + network));
        });
        byNetwork += one;
        if (!one) say(console, score);
    }
    if (byNetwork > 0) console.say("  and " + std::to_string(byNetwork) + " scores of single networks, with --json");
}

std::size_t foldsIn(const FinetuneResult& result) {
    std::set<int> folds;
    for (const ScanPrediction& each : result.predictions) folds.insert(each.fold);
    return folds.size();
}

void say(Console& console, const MethodScore& score) {
    const std::string null = permutationText(score.p, score.permutations);
    console.say("  " + score.method + ": " + score.metric + " " + numberText(score.pooled) + ", interval " +
                intervalText(score.low, score.high) + "; folds " + numberText(score.mean) + " +- " +
                numberText(score.spread) + (null.empty() ? "" : "; " + null));
}

}  // namespace chronnect::cli
