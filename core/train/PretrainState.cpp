#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "core/learning/Application.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/Passport.h"
#include "core/train/detail/PretrainLoop.h"

#include <torch/torch.h>

#include <cstdio>
#include <set>

namespace chronnect::train {

namespace {

constexpr const char* checkpointName = "pretrain";

/// The folder of another training, or the checkpoint file itself.
std::filesystem::path branchFile(const std::filesystem::path& from) {
    if (!std::filesystem::is_directory(from)) return from;
    CheckpointPlan plan;
    plan.folder = from;
    return checkpointPath(plan, checkpointName);
}

Json marksOf(const std::vector<std::string>& subjects) {
    std::set<std::string> marks;
    for (const auto& subject : subjects) marks.insert(personMark(subject));
    return Json(std::vector<std::string>(marks.begin(), marks.end()));
}

Json marksOf(const ScanSource& source, const std::vector<std::size_t>& scans) {
    std::vector<std::string> subjects;
    for (const std::size_t scan : scans) subjects.push_back(source.info(scan).subject);
    return marksOf(subjects);
}

std::string shown(const Json& value) {
    if (!value.isNumber()) return value.isString() ? value.text() : value.dump(-1);
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.6g", value.number());
    return digits;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

}  // namespace

std::vector<torch::Tensor> copyAll(const torch::nn::Module& module) {
    std::vector<torch::Tensor> copies;
    for (const auto& tensor : module.parameters()) copies.push_back(tensor.detach().clone());
    for (const auto& tensor : module.buffers()) copies.push_back(tensor.clone());
    return copies;
}

void restoreAll(torch::nn::Module& module, const std::vector<torch::Tensor>& copies) {
    const torch::NoGradGuard noGradient;
    std::size_t at = 0;
    for (auto& tensor : module.parameters()) tensor.copy_(copies[at++]);
    for (auto& tensor : module.buffers()) tensor.copy_(copies[at++]);
}

std::vector<std::string> changedSettings(const PretrainSpec& before, const PretrainSpec& after) {
    const Json then = toJson(before), now = toJson(after);
    std::vector<std::string> changes;
    for (const auto& key : now.keys())
        if (then[key].dump(-1) != now[key].dump(-1))
            changes.push_back(key + " " + shown(then[key]) + " -> " + shown(now[key]));
    return changes;
}

/// Which scans are trained on and which are held out.
std::string Pretraining::scansHash() const {
    std::string text;
    for (const auto* scans : {&m_training, &m_watched, &m_tested}) {
        text += "part\n";
        for (const std::size_t scan : *scans) {
            const ScanInfo info = m_cohort.source().info(scan);
            text += info.subject + '\t' + info.id + '\t' + std::to_string(info.volumes) + '\n';
        }
    }
    return sha256(text);
}

/// Going on with another split would train on people who are scored afterwards.
void Pretraining::requireSamePeople(const Model& checkpoint, const std::string& folder) const {
    const std::string then = checkpoint.passport["scans_hash"].text();
    if (then.empty() || then == scansHash()) return;  // checkpoints of old versions do not say
    throw Error(ErrorKind::BadInput,
                "The training in " + folder + " was on " + checkpoint.passport["training_scans"].dump(-1) +
                    " scans and held out " + std::to_string(checkpoint.passport["held_out"].size()) +
                    " people; these scans, seed, share held out or choice of weights divide the people in another way, "
                    "so that people trained on would be scored: keep them all as they were, or start afresh");
}

Json Pretraining::passport() const {
    Json passport = basicPassport(m_cohort.source(), m_spec.graph, m_spec.network);
    passport.set("spec", toJson(m_spec)).set("objective", m_spec.objective).set("seed", m_spec.seed);
    passport.set("training_scans", m_training.size())
        .set("trained_on", marksOf(m_cohort.source(), m_training))
        .set("held_out", marksOf(m_heldOutSubjects))
        .set("scans_hash", scansHash())
        .set("steps_done", m_done);
    if (!m_branch.isNull()) passport.set("branched_from", m_branch);
    return passport;
}

Model Pretraining::modelNow() const {
    Model model;
    model.kind = Model::Kind::Pretrained;
    model.name = m_spec.objective;
    model.passport = passport();
    model.passport.set("handed_out_step", m_handedOut)
        .set("handed_out", m_handedOut == m_best.step && m_handedOut > 0 ? "best validation loss" : "last step");
    model.regions = m_cohort.source().regions();
    auto tensors = model::namedTensors(*m_encoder, "encoder.");
    for (auto& tensor : model::namedTensors(*m_objective, "objective.")) tensors.push_back(std::move(tensor));
    model.weights = packTensors(tensors);
    model.history = m_history;
    return model;
}

void Pretraining::save() {
    if (m_plan.folder.empty() || !m_together->isFirst()) return;
    std::filesystem::create_directories(m_plan.folder);
    Json extra = passport();
    extra.set("step", m_done).set("parts_now", m_parts).set("best_step", m_best.step).set("best_loss", m_best.loss);
    TrainingState kept = state();
    kept.more = {{"best.first", &m_best.first}, {"best.second", &m_best.second}};
    saveModel(checkpointPath(m_plan, checkpointName), packState(kept, extra, m_history));
}

void Pretraining::resume(const Model& checkpoint, bool branch) {
    const std::string folder = branch ? m_plan.branchFrom.string() : m_plan.folder.string();
    PretrainSpec before;
    readJson(before, checkpoint.passport["spec"]);
    if (before.network != m_spec.network || before.graph != m_spec.graph || before.objective != m_spec.objective)
        throw Error(ErrorKind::BadInput,
                    "The checkpoint in " + folder + " was made with another network, graph or objective; start afresh");
    if (checkpoint.passport["regions_hash"].text() != passport()["regions_hash"].text())
        throw Error(ErrorKind::BadInput, "The checkpoint in " + folder + " was made on other regions; start afresh");
    requireSamePeople(checkpoint, folder);
    TrainingState kept = state();
    kept.more = {{"best.first", &m_best.first}, {"best.second", &m_best.second}};
    unpackState(checkpoint, kept);
    m_first = m_done = static_cast<int>(checkpoint.passport["step"].number());
    m_history = checkpoint.history;
    m_branch = checkpoint.passport["branched_from"];
    const auto changes = changedSettings(before, m_spec);
    if (changes.empty() || before.accumulate == m_spec.accumulate)
        m_parts = static_cast<int>(checkpoint.passport["parts_now"].number(m_parts));
    m_best.step = static_cast<int>(checkpoint.passport["best_step"].number());
    m_best.loss = checkpoint.passport["best_loss"].number();
    if (branch) {
        if (m_first >= m_spec.steps)
            throw Error(ErrorKind::BadInput, "The checkpoint in " + folder + " has done " + std::to_string(m_first) +
                                                 " steps already; give the branch more of them");
        m_branch = Json::object().set("checkpoint", folder).set("step", m_first).set("changed", Json(changes));
        m_best.step = 0;  // another setting may make another loss, so the branch chooses among its own steps
        m_notices.push_back({Severity::Information, "Branched off " + folder + " at step " + std::to_string(m_first) +
                                                        (changes.empty() ? std::string(" with the same settings")
                                                                         : "; changed: " + joined(changes))});
    } else if (!changes.empty()) {
        m_notices.push_back({Severity::Information, "Training went on from step " + std::to_string(m_first) +
                                                        " with changed settings: " + joined(changes)});
    }
}

/// Process 0 reads the checkpoint, so the others need not see its folder.
void Pretraining::start() {
    if (m_together->isFirst()) {
        if (const auto own = findCheckpoint(m_plan, checkpointName)) {
            resume(*own, false);
        } else if (!m_plan.branchFrom.empty()) {
            std::error_code ignored;
            if (std::filesystem::equivalent(m_plan.branchFrom, m_plan.folder, ignored))
                throw Error(ErrorKind::BadInput,
                            "A branch needs a checkpoint folder of its own, not " + m_plan.folder.string());
            resume(loadModel(branchFile(m_plan.branchFrom)), true);
        }
    }
    std::vector<torch::Tensor> more = m_best.first;
    more.insert(more.end(), m_best.second.begin(), m_best.second.end());
    auto bestLoss = torch::full({1}, m_best.loss, torch::kDouble);
    more.push_back(bestLoss);
    m_together->shareStart(state(), more, {&m_first, &m_parts, &m_best.step});
    m_best.loss = bestLoss.item<double>();
    m_done = m_first;
}

void Pretraining::restoreBest() {
    m_handedOut = m_done;
    if (m_spec.handOut == HandOut::Last || m_best.step == 0) return;
    restoreAll(*m_encoder, m_best.first);
    restoreAll(*m_objective, m_best.second);
    m_handedOut = m_best.step;
    if (m_handedOut != m_done)
        m_notices.push_back({Severity::Information,
                             "The weights handed out are those after step " + std::to_string(m_handedOut) +
                                 ", which had the best validation loss of " + std::to_string(m_done) + " steps"});
}

}  // namespace chronnect::train
