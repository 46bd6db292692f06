#include "core/learning/Application.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/NumberText.h"
#include "core/learning/Learning.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace chronnect {

namespace {

std::vector<Seen> seenBy(const Model& model, const std::vector<ScanPrediction>& predictions) {
    const Json& marks = model.passport["trained_on"];
    if (marks.items().empty()) return std::vector<Seen>(predictions.size(), Seen::Unknown);
    std::set<std::string> known;
    for (const Json& mark : marks.items()) known.insert(mark.text());
    std::vector<Seen> seen;
    for (const ScanPrediction& each : predictions)
        seen.push_back(known.contains(personMark(each.subject)) ? Seen::Yes : Seen::No);
    return seen;
}

Notices noticesOf(const Application& application) {
    Notices notices;
    for (const PassportItem& item : application.fit.items)
        if (item.light != Light::Green)
            notices.push_back({item.notStated ? Severity::Information : Severity::Warning, item.sentence});
    const auto count = [&](Seen seen) { return std::ranges::count(application.seen, seen); };
    if (const auto known = count(Seen::Yes); known > 0)
        notices.push_back(
            {Severity::Warning,
             std::to_string(known) + " of " + countText(application.seen.size(), "scan") +
                 (known == 1 ? " is of a person" : " are of people") +
                 " with an id that the model was trained on: unless another study happens to use the same "
                 "ids, what it says of them is not a prediction, and no score may be taken from it"});
    if (count(Seen::Unknown) > 0)
        notices.push_back({Severity::Warning,
                           "The model does not tell whom it was trained on: make sure that none of these people were, "
                           "before a score is taken from its output"});
    return notices;
}

/// Pairs of an upper triangle as a full symmetric matrix with `diagonal`.
std::vector<float> squareOf(const std::vector<float>& pairs, std::size_t regions, float diagonal) {
    if (pairs.size() != regions * (regions - 1) / 2)
        throw Error(ErrorKind::Internal,
                    "There are " + std::to_string(pairs.size()) + " pairs for " + std::to_string(regions) + " regions");
    std::vector<float> matrix(regions * regions, diagonal);
    std::size_t pair = 0;
    for (std::size_t a = 0; a < regions; ++a)
        for (std::size_t b = a + 1; b < regions; ++b, ++pair)
            matrix[a * regions + b] = matrix[b * regions + a] = pairs[pair];
    return matrix;
}

/// A map as an array that Python finds by a short name.
NamedArray arrayOf(const Explanation::Map& map, std::size_t regions) {
    if (map.axes.front() == "pair") return {"integrated_pairs", {regions, regions}, squareOf(map.values, regions, 0)};
    return {map.axes.front() == "window" ? "integrated_regions" : "integrated_series", map.shape, map.values};
}

NamedArray list(std::string name, const std::vector<int>& values) {
    return {std::move(name), {values.size()}, {values.begin(), values.end()}};
}

}  // namespace

std::string_view seenText(Seen seen) { return seen == Seen::No ? "no" : seen == Seen::Yes ? "yes" : "unknown"; }

std::string personMark(const std::string& subject) { return sha256("chronnect person " + subject).substr(0, 16); }

Application applyModel(const LearningEngine& engine, const ScanSource& scans, const Model& model,
                       const std::string& device, bool force, const JobContext& context) {
    if (model.kind != Model::Kind::Finetuned)
        throw Error(ErrorKind::BadInput, "'" + model.name +
                                             "' is a pretrained model, which predicts nothing of a person; fine-tune "
                                             "it on a phenotype first");
    Application result;
    result.model = model.name;
    result.target = model.passport["target"].text();
    result.classes = model.classes;
    result.fit = checkPassport(model, scans);
    for (const auto& item : result.fit.items)
        if (item.final) throw Error(ErrorKind::BadInput, item.sentence);
    if (const std::string refusal = result.fit.refusal(); !refusal.empty() && !force)
        throw Error(ErrorKind::BadInput, refusal);
    result.predictions = engine.predict(scans, model, device, context);
    result.seen = seenBy(model, result.predictions);
    result.notices = noticesOf(result);
    return result;
}

Table predictionTable(const std::vector<ScanPrediction>& predictions, const std::vector<std::string>& classes,
                      bool withTruth) {
    const auto text = [](double value) { return std::isfinite(value) ? Json(value).dump(-1) : std::string("n/a"); };
    Table table;
    table.columns = {"scan", "subject"};
    if (withTruth) table.columns.insert(table.columns.end(), {"fold", "truth"});
    if (classes.empty()) table.columns.emplace_back("predicted");
    for (const auto& name : classes) table.columns.push_back("p_" + name);
    for (const auto& each : predictions) {
        std::vector<std::string> row{each.scan, each.subject};
        if (withTruth) {
            row.push_back(std::to_string(each.fold));
            const auto index = static_cast<std::size_t>(std::max(0.0, each.truth));
            row.push_back(index < classes.size() ? classes[index] : text(each.truth));
        }
        for (const double value : each.output) row.push_back(text(value));
        row.resize(table.columns.size(), "n/a");
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table applicationTable(const Application& application) {
    Table table = predictionTable(application.predictions, application.classes, false);
    table.columns.emplace_back("trained_on");
    for (std::size_t i = 0; i < table.rows.size(); ++i)
        table.rows[i].emplace_back(seenText(i < application.seen.size() ? application.seen[i] : Seen::Unknown));
    return table;
}

std::vector<NamedArray> arraysOf(const Explanation& e) {
    std::vector<NamedArray> arrays;
    arrays.push_back({"spatial", {e.layers, e.windows, e.regions}, e.spatial});
    if (e.layers > 0) {
        const auto keys =
            static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(e.temporal.size() / e.layers))));
        arrays.push_back({"temporal", {e.layers, keys, keys}, e.temporal});
    }
    arrays.push_back(list("salient_windows", e.salientWindows));
    arrays.push_back(list("window_start", e.windowStarts));
    if (!e.edgeImportance.empty())
        arrays.push_back({"edge_importance", {e.regions, e.regions}, squareOf(e.edgeImportance, e.regions, 0)});
    for (const auto& map : e.maps)
        if (map.name.starts_with("integrated")) arrays.push_back(arrayOf(map, e.regions));
    return arrays;
}

std::vector<NamedArray> arraysOf(const Reconstruction& r) {
    const std::vector<float> hidden(r.hidden.begin(), r.hidden.end());
    std::vector<NamedArray> arrays;
    arrays.push_back({"truth", {r.regions, r.regions}, squareOf(r.truth, r.regions, 1)});
    arrays.push_back({"hidden", {r.regions, r.regions}, squareOf(hidden, r.regions, 0)});
    arrays.push_back({"predicted", {r.regions, r.regions}, squareOf(r.predicted, r.regions, 1)});
    arrays.push_back({"hidden_regions", {r.hiddenRegions.size()}, {r.hiddenRegions.begin(), r.hiddenRegions.end()}});
    if (!r.profileTruth.empty()) arrays.push_back({"profile_truth", {r.regions, r.regions}, r.profileTruth});
    if (!r.profilePredicted.empty())
        arrays.push_back({"profile_predicted", {r.regions, r.regions}, r.profilePredicted});
    return arrays;
}

Json toJson(const Reconstruction& r) {
    Json scores = Json::array();
    for (const auto& score : r.scores) scores.push(toJson(score));
    return Json::object()
        .set("scan", r.scan)
        .set("window", r.window)
        .set("source_windows", Json(r.sourceWindows))
        .set("scores", std::move(scores));
}

std::vector<NamedArray> arraysOf(const NetworkArrays& a) {
    std::vector<NamedArray> arrays;
    arrays.push_back({"logits", {a.scans, a.outputs}, a.logits});
    if (a.nodeAttention.size() == a.scans * a.layers * a.windows * a.regions)
        arrays.push_back({"node_attention", {a.scans, a.layers, a.windows, a.regions}, a.nodeAttention});
    arrays.push_back({"time_attention", {a.scans, a.layers, a.keys, a.keys}, a.timeAttention});
    arrays.push_back({"latent", {a.scans, a.layers, a.hidden}, a.latent});
    arrays.push_back(list("window_start", a.windowStarts));
    return arrays;
}

}  // namespace chronnect
