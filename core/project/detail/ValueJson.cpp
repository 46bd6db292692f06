#include "core/project/detail/ValueJson.h"

#include <algorithm>
#include <limits>

namespace chronnect::detail {

namespace {

Json tableToJson(const Table& table) {
    Json rows = Json::array();
    for (const auto& row : table.rows) rows.push(Json(row));
    Json result = Json::object();
    result.set("columns", Json(table.columns)).set("rows", std::move(rows));
    return result;
}

Table tableFromJson(const Json& json) {
    Table table;
    table.columns = textsFromJson(json["columns"]);
    for (const Json& row : json["rows"].items()) {
        table.rows.push_back(textsFromJson(row));
        table.rows.back().resize(table.columns.size());
    }
    return table;
}

/// The path members of a run, by the name they have in the file.
template <class Run, class Visit>
void visitPaths(Run& run, Visit&& visit) {
    visit(run.bold, "bold");
    visit(run.mask, "mask");
    visit(run.confounds, "confounds");
    visit(run.series, "series");
}

}  // namespace

Json notesToJson(const Notices& notices) {
    Json result = Json::array();
    for (const Notice& notice : notices) {
        Json item = Json::object();
        item.set("severity", static_cast<int>(notice.severity)).set("text", notice.text);
        result.push(std::move(item));
    }
    return result;
}

Notices notesFromJson(const Json& json) {
    Notices result;
    for (const Json& item : json.items()) {
        const int severity = static_cast<int>(std::clamp(item["severity"].number(), 0.0, 3.0));
        result.push_back({static_cast<Severity>(severity), item["text"].text()});
    }
    return result;
}

std::vector<std::string> textsFromJson(const Json& json) {
    std::vector<std::string> result;
    for (const Json& item : json.items()) result.push_back(item.text());
    return result;
}

std::vector<double> numbersFromJson(const Json& json) {
    std::vector<double> result;
    for (const Json& item : json.items()) result.push_back(item.number(std::numeric_limits<double>::quiet_NaN()));
    return result;
}

Json parcellationToJson(const Parcellation& parcellation) {
    Json regions = Json::array();
    for (const Region& region : parcellation.regions) {
        Json item = Json::object();
        item.set("label", region.label).set("name", region.name).set("network", region.network);
        item.set("hemisphere", static_cast<int>(region.hemisphere));
        if (region.hasCentre) item.set("centre", Json(std::vector<double>(region.centre.begin(), region.centre.end())));
        item.set("colour", Json(std::vector<int>(region.colour.begin(), region.colour.end())));
        regions.push(std::move(item));
    }
    Json result = Json::object();
    result.set("name", parcellation.name).set("space", parcellation.space).set("regions", std::move(regions));
    return result;
}

Parcellation parcellationFromJson(const Json& json) {
    Parcellation result{.name = json["name"].text(), .space = json["space"].text(), .regions = {}};
    for (const Json& item : json["regions"].items()) {
        Region region;
        region.label = static_cast<int>(std::clamp(item["label"].number(), -2e9, 2e9));
        region.name = item["name"].text();
        region.network = item["network"].text();
        region.hemisphere =
            static_cast<Hemisphere>(static_cast<int>(std::clamp(item["hemisphere"].number(), 0.0, 3.0)));
        const auto centre = numbersFromJson(item["centre"]);
        region.hasCentre = centre.size() == 3;
        if (region.hasCentre) std::copy(centre.begin(), centre.end(), region.centre.begin());
        const auto colour = numbersFromJson(item["colour"]);
        for (std::size_t i = 0; i < 3 && i < colour.size(); ++i)
            region.colour[i] = static_cast<std::uint8_t>(std::clamp(colour[i], 0.0, 255.0));
        result.regions.push_back(std::move(region));
    }
    return result;
}

Json studyToJson(const Study& study, const std::function<Json(const std::filesystem::path&)>& describe) {
    Json runs = Json::array();
    for (const RunInput& run : study.runs) {
        Json item = Json::object();
        item.set("subject", run.subject).set("session", run.session).set("task", run.task).set("run", run.run);
        item.set("space", run.space).set("repetition_time", run.repetitionTime);
        if (run.timeAxis != TimeAxis::Automatic) item.set("time_axis", static_cast<int>(run.timeAxis));
        if (!run.variable.empty()) item.set("variable", run.variable);
        visitPaths(run, [&](const auto& path, const char* name) {
            if (!path.empty()) item.set(name, describe(path));
        });
        runs.push(std::move(item));
    }
    Json result = Json::object();
    result.set("name", study.name).set("root", describe(study.root));
    result.set("atlas_image", describe(study.atlasImage)).set("atlas_table", describe(study.atlasTable));
    result.set("runs", std::move(runs)).set("participants", tableToJson(study.participants));
    result.set("notices", notesToJson(study.notices));
    return result;
}

Study studyFromJson(const Json& json, const std::function<std::filesystem::path(const Json&)>& find) {
    Study study;
    study.name = json["name"].text();
    study.root = find(json["root"]);
    study.atlasImage = find(json["atlas_image"]);
    study.atlasTable = find(json["atlas_table"]);
    for (const Json& item : json["runs"].items()) {
        RunInput run;
        run.subject = item["subject"].text();
        run.session = item["session"].text();
        run.task = item["task"].text();
        run.run = item["run"].text();
        run.space = item["space"].text();
        run.repetitionTime = item["repetition_time"].number();
        run.timeAxis = static_cast<TimeAxis>(static_cast<int>(std::clamp(item["time_axis"].number(), 0.0, 2.0)));
        run.variable = item["variable"].text();
        visitPaths(run, [&](auto& path, const char* name) { path = find(item[name]); });
        study.runs.push_back(std::move(run));
    }
    study.participants = tableFromJson(json["participants"]);
    study.notices = notesFromJson(json["notices"]);
    return study;
}

}  // namespace chronnect::detail
