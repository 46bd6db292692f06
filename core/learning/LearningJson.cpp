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

Json ofPrediction(const ScanPrediction& prediction) {
    Json json = Json::object();
    json.set("scan", prediction.scan).set("subject", prediction.subject).set("fold", prediction.fold);
    json.set("truth", prediction.truth).set("output", Json(prediction.output));
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
    return json;
}

Json toJson(const PretrainResult& result) {
    Json json = Json::object();
    json.set("model", result.model.name).set("passport", result.model.passport).set("scores", ofAll(result.scores));
    json.set("effective_rank", result.effectiveRank).set("held_out", Json(result.heldOut));
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
    for (const ScanPrediction& prediction : result.predictions) predictions.push(ofPrediction(prediction));
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
    return json;
}

Json toJson(const Explanation& explanation) {
    Json checks = Json::array();
    for (const Explanation::Check& check : explanation.checks) {
        Json item = Json::object();
        item.set("name", check.name).set("value", check.value).set("null", check.null).set("passed", Json(check.passed));
        checks.push(item);
    }
    Json json = Json::object();
    json.set("scan", explanation.scan).set("layers", explanation.layers).set("windows", explanation.windows);
    json.set("regions", explanation.regions).set("window_starts", Json(explanation.windowStarts));
    json.set("spatial", Json(std::vector<double>(explanation.spatial.begin(), explanation.spatial.end())));
    json.set("temporal", Json(std::vector<double>(explanation.temporal.begin(), explanation.temporal.end())));
    json.set("salient_windows", Json(explanation.salientWindows)).set("output", Json(explanation.output));
    json.set("edge_importance",
             Json(std::vector<double>(explanation.edgeImportance.begin(), explanation.edgeImportance.end())));
    json.set("checks", checks).set("notices", ofNotices(explanation.notices));
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
