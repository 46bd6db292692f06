#include "core/learning/Learning.h"

namespace chronnect {

namespace {

Json ofMap(const std::map<std::string, double>& values) {
    Json json = Json::object();
    for (const auto& [name, value] : values) json.set(name, value);
    return json;
}

Json ofNotices(const Notices& notices) {
    Json json = Json::array();
    for (const Notice& notice : notices) json.push(notice.text);
    return json;
}

template <class T>
Json ofAll(const std::vector<T>& values) {
    Json json = Json::array();
    for (const T& value : values) json.push(toJson(value));
    return json;
}

Json ofChecks(const std::vector<Explanation::Check>& checks) {
    Json json = Json::array();
    for (const Explanation::Check& check : checks)
        json.push(Json::object()
                      .set("name", check.name)
                      .set("value", check.value)
                      .set("null", check.null)
                      .set("passed", Json(check.passed)));
    return json;
}

}  // namespace

Json toJson(const ReconstructionScore& score) {
    Json json = Json::object();
    json.set("question", score.question).set("metric", score.metric).set("model", score.model);
    json.set("low", score.low).set("high", score.high).set("baselines", ofMap(score.baselines));
    json.set("gain", score.gain).set("gain_low", score.gainLow).set("gain_high", score.gainHigh);
    json.set("against", score.against).set("subjects", score.subjects);
    return json;
}

Json toJson(const MethodScore& score) {
    Json json = Json::object();
    json.set("method", score.method).set("metric", score.metric).set("per_fold", Json(score.perFold));
    json.set("mean", score.mean).set("spread", score.spread).set("low", score.low).set("high", score.high);
    json.set("pooled", score.pooled);
    if (score.permutations > 0) json.set("p", score.p).set("permutations", score.permutations);
    return json;
}

Json toJson(const ScanPrediction& prediction) {
    Json json = Json::object();
    json.set("scan", prediction.scan).set("subject", prediction.subject).set("fold", prediction.fold);
    return json.set("truth", prediction.truth).set("output", Json(prediction.output));
}

Json toJson(const PairedGain& gain) {
    return Json::object()
        .set("method", gain.method)
        .set("against", gain.against)
        .set("metric", gain.metric)
        .set("gain", gain.gain)
        .set("low", gain.low)
        .set("high", gain.high)
        .set("subjects", gain.subjects);
}

Json toJson(const CurvePoint& point) {
    return Json::object().set("curve", point.curve).set("share", point.share).set("score", toJson(point.score));
}

Json toJson(const PretrainResult& result) {
    Json json = Json::object();
    json.set("model", result.model.name).set("passport", result.model.passport).set("scores", ofAll(result.scores));
    json.set("effective_rank", result.effectiveRank).set("held_out", Json(result.heldOut));
    json.set("chose_weights", Json(result.watched));
    json.set("notices", ofNotices(result.notices)).set("stopped_early", result.stoppedEarly);
    json.set("handed_out_step", result.handedOutStep).set("handed_out_loss", result.handedOutLoss);
    return json;
}

Json toJson(const ResourceForecast& forecast) {
    Json json = Json::object();
    json.set("measured_steps", forecast.measuredSteps).set("seconds_per_step", forecast.secondsPerStep);
    json.set("seconds", forecast.seconds).set("peak_memory_bytes", forecast.peakMemory);
    json.set("checkpoint_bytes", forecast.checkpointSize).set("model_bytes", forecast.modelSize);
    json.set("disk_bytes", forecast.disk).set("scans_at_a_time", forecast.scansAtATime);
    json.set("windows_per_scan", forecast.windowsPerScan).set("parameters", forecast.parameters);
    return json.set("notices", ofNotices(forecast.notices));
}

Json toJson(const FinetuneResult& result) {
    Json predictions = Json::array();
    for (const ScanPrediction& prediction : result.predictions) predictions.push(toJson(prediction));
    Json calibration = Json::array();
    for (const CalibrationBin& bin : result.calibration) {
        Json item = Json::object();
        item.set("predicted", bin.predicted).set("observed", bin.observed).set("count", bin.count);
        calibration.push(item);
    }
    Json json = Json::object();
    json.set("model", result.model.name).set("classes", Json(result.model.classes));
    json.set("passport", result.model.passport).set("verdict", result.verdict).set("scores", ofAll(result.scores));
    json.set("predictions", predictions).set("calibration", calibration).set("notices", ofNotices(result.notices));
    json.set("gains", ofAll(result.gains)).set("curves", ofAll(result.curves)).set("sites", ofAll(result.sites));
    Json methods = Json::array();
    for (const MethodPredictions& method : result.methods) {
        Json rows = Json::array();
        for (const ScanPrediction& prediction : method.scans) rows.push(toJson(prediction));
        methods.push(Json::object().set("method", method.method).set("predictions", rows));
    }
    json.set("methods", methods).set("record", result.record);
    return json;
}

Json toJson(const Explanation& explanation) {
    Json maps = Json::array();
    for (const Explanation::Map& map : explanation.maps) {
        Json shape = Json::array();
        for (const std::size_t size : map.shape) shape.push(size);
        Json item = Json::object().set("name", map.name).set("passed", Json(map.passed)).set("axes", Json(map.axes));
        item.set("shape", shape).set("checks", ofChecks(map.checks)).set("shares", Json(map.shares));
        item.set("deletion", Json(map.deletion)).set("insertion", Json(map.insertion));
        item.set("random_deletion", Json(map.randomDeletion)).set("random_insertion", Json(map.randomInsertion));
        maps.push(item);
    }
    Json json = Json::object();
    json.set("scan", explanation.scan).set("layers", explanation.layers).set("windows", explanation.windows);
    json.set("regions", explanation.regions).set("window_starts", Json(explanation.windowStarts));
    json.set("spatial", Json(std::vector<double>(explanation.spatial.begin(), explanation.spatial.end())));
    json.set("temporal", Json(std::vector<double>(explanation.temporal.begin(), explanation.temporal.end())));
    json.set("salient_windows", Json(explanation.salientWindows)).set("output", Json(explanation.output));
    json.set("edge_importance",
             Json(std::vector<double>(explanation.edgeImportance.begin(), explanation.edgeImportance.end())));
    json.set("checks", ofChecks(explanation.checks)).set("maps", maps).set("notices", ofNotices(explanation.notices));
    return json;
}

Json toJson(const DeviceReport& report) {
    Json devices = Json::array();
    for (const DeviceInfo& device : report.devices) {
        Json item = Json::object();
        item.set("name", device.name).set("description", device.description).set("usable", Json(device.usable));
        item.set("problem", device.problem);
        devices.push(item);
    }
    Json json = Json::object();
    json.set("library", report.library).set("blas", report.blas).set("devices", devices);
    json.set("notices", ofNotices(report.notices));
    return json;
}

}  // namespace chronnect
