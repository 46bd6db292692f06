#include "core/pipeline/DemoStudyTexts.h"

#include "core/base/Files.h"
#include "core/base/NumberText.h"
#include "core/base/SpecJson.h"

namespace chronnect::demo {

namespace {

Json generatedBy() {
    Json by = Json::array();
    by.push(Json::object()
                .set("Name", "Chronnect")
                .set("Version", CHRONNECT_VERSION)
                .set("Description", "Simulated study with a known answer; no person was scanned"));
    return by;
}

Json described(const char* text, const char* units = nullptr) {
    Json result = Json::object().set("Description", text);
    if (units) result.set("Units", units);
    return result;
}

}  // namespace

Json datasetDescription(const SimulationSpec& spec) {
    return Json::object()
        .set("Name", "Chronnect simulated study, seed " + std::to_string(spec.seed))
        .set("BIDSVersion", "1.10.0")
        .set("DatasetType", "derivative")
        .set("License", "CC0")
        .set("GeneratedBy", generatedBy());
}

Json participantsSidecar() {
    Json levels = Json::object().set("control", "Usual stays in every state").set("patient", "Longer stays in state 1");
    return Json::object()
        .set("age", described("Simulated age; couples the networks", "years"))
        .set("sex", described("Without any effect on the signal"))
        .set("site", described("Site B has more thermal noise"))
        .set("group", described("Differs in how long state 1 lasts").set("Levels", std::move(levels)));
}

Json boldSidecar(const SimulationSpec& spec) {
    return Json::object()
        .set("RepetitionTime", spec.repetitionTime)
        .set("StartTime", 0.0)
        .set("TaskName", "rest")
        .set("SkullStripped", false)
        .set("SpatialReference", "MNI152NLin2009cAsym");
}

Json confoundSidecar(const Confounds& confounds) {
    Json result = Json::object();
    for (const auto& name : confounds.names)
        if (name.starts_with("a_comp_cor"))
            result.set(name, Json::object().set("Method", "aCompCor").set("Mask", "combined").set("Retained", true));
    result.set("framewise_displacement", described("Power 2012, head radius 50 mm", "mm"));
    result.set("std_dvars", described("DVARS divided by its median over the run"));
    return result;
}

Json atlasSidecar() {
    return Json::object()
        .set("Name", "Dosenbach160")
        .set("Description", "Spheres of 7.5 mm around 160 published centres; a voxel belongs to the nearest centre")
        .set("SpatialReference", "MNI152NLin2009cAsym")
        .set("ReferencesAndLinks",
             Json(std::vector<std::string>{"Dosenbach et al. 2010, Prediction of individual brain maturity using fMRI, "
                                           "Science 329:1358-1361"}));
}

Json truthRecord(const SimulatedStudy& study) {
    const SimulationSpec& spec = study.spec;
    Json planted = Json::object();
    planted.set("States",
                spec.states == 1
                    ? "One state: connectivity does not change"
                    : "Semi-Markov: stays are gamma-distributed (shape 4) with a mean of dwell_seconds; half of the "
                      "changes go to the next state, the rest to any other");
    planted.set("GroupEffect", "Mean stay in state 1 is dwell_seconds in controls and " +
                                   numberText(spec.groupDwellRatio) + " times that in patients");
    planted.set("AgeEffect", "Variance shared by all networks is age_effect x 0.9 x (age - 20) / 60");
    planted.set("Fingerprint", "Ten factors over the regions, fixed for each person and equal in all sessions");
    planted.set("SiteEffect", "Thermal noise of a voxel: 1.2 % of the mean at site A, 1.4 % at site B, times noise");
    planted.set("Sex", "No effect");
    planted.set("Haemodynamics", "Canonical double gamma: the signal follows the state by about 5 s");
    return Json::object()
        .set("Software", std::string(versionText()))
        .set("Settings", toJson(spec))
        .set("Planted", std::move(planted));
}

Table subjectTruth(const SimulatedStudy& study) {
    Table table{{"participant_id", "age", "group", "site", "first_state_dwell_s", "shared_variance",
                 "voxel_noise_percent", "motion_spikes_per_minute"},
                {}};
    for (const auto& s : study.subjects)
        table.rows.push_back({"sub-" + s.id, fixedText(s.age, 1), s.group, s.site, numberText(s.firstStateDwell, 9),
                              numberText(s.sharedVariance, 9), numberText(s.noiseLevel, 9),
                              numberText(s.motionRate, 9)});
    return table;
}

Table stateTruth(const SimulatedStudy& study) {
    Table table{{"state", "network_a", "network_b", "correlation"}, {}};
    const std::size_t n = study.networks.size();
    for (std::size_t s = 0; s < study.stateCoupling.size(); ++s)
        for (std::size_t a = 0; a < n; ++a)
            for (std::size_t b = a + 1; b < n; ++b)
                table.rows.push_back({std::to_string(s + 1), study.networks[a], study.networks[b],
                                      numberText(study.stateCoupling[s][a * n + b], 9)});
    return table;
}

std::string readMe(const SimulatedStudy& study) {
    return "# Simulated study\n\n" + countText(study.subjects.size(), "subject") + ", " +
           countText(study.runs.size(), "run") + " of " + std::to_string(study.spec.volumes) + " volumes (TR " +
           numberText(study.spec.repetitionTime) +
           " s), made by Chronnect. No person was scanned.\n\nThe folder looks like the output of fMRIPrep. What was "
           "planted in "
           "the data stands in `ground_truth/`: hidden states of every run, the regional signal without noise, effects "
           "of "
           "group and age, and all settings. The regions are those of Dosenbach et al. 2010 (Science 329:1358-1361).\n";
}

}  // namespace chronnect::demo
