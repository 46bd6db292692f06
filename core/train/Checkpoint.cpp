#include "core/train/detail/Checkpoint.h"

#include "core/base/Error.h"
#include "core/model/detail/Weights.h"

#include <map>

namespace chronnect::train {

namespace {

NamedTensor copied(const std::string& name, const torch::Tensor& tensor) {
    const auto values = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
    return {name, values.sizes().vec(), {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()}};
}

void fill(const std::map<std::string, const NamedTensor*>& tensors, const std::string& name, torch::Tensor target) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second->shape != target.sizes().vec())
        throw Error(ErrorKind::BadInput, "The checkpoint belongs to another network ('" + name + "' does not fit)");
    target.copy_(torch::from_blob(const_cast<float*>(found->second->values.data()), found->second->shape));
}

}  // namespace

Model packState(const TrainingState& state, Json extra, std::vector<TrainingSnapshot> history) {
    auto tensors = model::namedTensors(*state.first, "first.");
    if (state.second)
        for (auto& tensor : model::namedTensors(*state.second, "second.")) tensors.push_back(std::move(tensor));
    for (std::size_t i = 0; i < state.adam->first().size(); ++i) {
        tensors.push_back(copied("adam.first." + std::to_string(i), state.adam->first()[i]));
        tensors.push_back(copied("adam.second." + std::to_string(i), state.adam->second()[i]));
    }
    for (const auto& [name, group] : state.more)
        for (std::size_t i = 0; i < group->size(); ++i)
            tensors.push_back(copied(name + "." + std::to_string(i), (*group)[i]));
    Model checkpoint;
    checkpoint.name = "checkpoint";
    extra.set("adam_steps", state.adam->steps());
    checkpoint.passport = std::move(extra);
    checkpoint.weights = packTensors(tensors);
    checkpoint.history = std::move(history);
    return checkpoint;
}

void unpackState(const Model& checkpoint, const TrainingState& state) {
    const torch::NoGradGuard noGradient;
    const auto tensors = unpackTensors(checkpoint.weights);
    std::map<std::string, const NamedTensor*> byName;
    for (const NamedTensor& tensor : tensors) byName[tensor.name] = &tensor;
    model::assignTensors(*state.first, tensors, "first.");
    if (state.second) model::assignTensors(*state.second, tensors, "second.");
    for (std::size_t i = 0; i < state.adam->first().size(); ++i) {
        fill(byName, "adam.first." + std::to_string(i), state.adam->first()[i]);
        fill(byName, "adam.second." + std::to_string(i), state.adam->second()[i]);
    }
    for (const auto& [name, group] : state.more)
        for (std::size_t i = 0; i < group->size(); ++i) fill(byName, name + "." + std::to_string(i), (*group)[i]);
    state.adam->setSteps(static_cast<std::int64_t>(checkpoint.passport["adam_steps"].number()));
}

std::filesystem::path checkpointPath(const CheckpointPlan& plan, const std::string& name) {
    return plan.folder / (name + ".chronnect-checkpoint");
}

std::optional<Model> findCheckpoint(const CheckpointPlan& plan, const std::string& name) {
    if (plan.folder.empty() || !plan.resume || !std::filesystem::exists(checkpointPath(plan, name))) return {};
    return loadModel(checkpointPath(plan, name));
}

std::vector<torch::Tensor> copyBuffers(const torch::nn::Module& module) {
    std::vector<torch::Tensor> copies;
    for (const auto& buffer : module.buffers()) copies.push_back(buffer.clone());
    return copies;
}

void restoreBuffers(torch::nn::Module& module, const std::vector<torch::Tensor>& copies) {
    const torch::NoGradGuard noGradient;
    const auto buffers = module.buffers();
    for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].copy_(copies[i]);
}

}  // namespace chronnect::train
