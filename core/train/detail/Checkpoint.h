#pragma once

#include "core/learning/Learning.h"
#include "core/train/detail/Adam.h"

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chronnect::train {

/// What must be restored so that training goes on as if it had not stopped: weights, running statistics, Adam's
/// moments and the step. Everything random is drawn from the seed and the step, so no generator state is needed.
struct TrainingState {
    torch::nn::Module* first = nullptr;   ///< encoder or network
    torch::nn::Module* second = nullptr;  ///< objective; may be null
    Adam* adam = nullptr;
    std::map<std::string, std::vector<torch::Tensor>*> more = {};  ///< kept beside them, by name
};

/// Packs the state; `extra` rides along in the passport. The history is the model's.
Model packState(const TrainingState& state, Json extra, std::vector<TrainingSnapshot> history);
/// Restores it and returns the passport. Throws Error(BadInput) when it belongs to another network.
void unpackState(const Model& checkpoint, const TrainingState& state);

std::filesystem::path checkpointPath(const CheckpointPlan& plan, const std::string& name);
/// The checkpoint, when resuming is asked for and there is one.
std::optional<Model> findCheckpoint(const CheckpointPlan& plan, const std::string& name);

/// Copies of all running statistics, to undo those of a step that was stopped half way.
std::vector<torch::Tensor> copyBuffers(const torch::nn::Module& module);
void restoreBuffers(torch::nn::Module& module, const std::vector<torch::Tensor>& copies);

}  // namespace chronnect::train
