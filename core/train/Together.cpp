#include "core/train/detail/Together.h"

#include "core/base/Error.h"

#include <torch/torch.h>

namespace chronnect::train {

Together::Together(const Launch& launch, model::Compute& compute, const std::string& deviceName) {
    if (compute.device.is_cuda() && launch.size > 1 && (deviceName == "auto" || deviceName.empty()))
        compute.device = torch::Device(
            torch::kCUDA,
            static_cast<c10::DeviceIndex>(launch.localRank % static_cast<int>(torch::cuda::device_count())));
    m_group = distributed::makeProcessGroup(launch, compute.device);
    if (!alone()) compute.sum = [group = m_group](torch::Tensor& tensor) { group->allReduceSum({tensor}); };
}

void Together::shareStart(const TrainingState& state, const std::vector<torch::Tensor>& more,
                          const std::vector<int*>& numbers) const {
    if (alone()) return;
    std::vector<torch::Tensor> tensors = more;
    for (const torch::nn::Module* module : {state.first, state.second}) {
        if (!module) continue;
        for (const auto& tensor : module->parameters()) tensors.push_back(tensor);
        for (const auto& tensor : module->buffers()) tensors.push_back(tensor);
    }
    for (const auto& tensor : state.adam->first()) tensors.push_back(tensor);
    for (const auto& tensor : state.adam->second()) tensors.push_back(tensor);
    std::vector<std::int64_t> values{state.adam->steps()};
    for (const int* number : numbers) values.push_back(*number);
    const auto packed = torch::tensor(values, torch::kLong);
    tensors.push_back(packed);
    m_group->broadcast(tensors);
    state.adam->setSteps(packed[0].item<std::int64_t>());
    for (std::size_t i = 0; i < numbers.size(); ++i)
        *numbers[i] = static_cast<int>(packed[static_cast<std::int64_t>(i) + 1].item<std::int64_t>());
}

std::vector<std::size_t> Together::own(const std::vector<std::size_t>& batch, std::size_t& place) const {
    const auto shard = distributed::shardOf(batch.size(), m_group->rank(), m_group->size());
    if (shard.from == shard.to)
        throw Error(ErrorKind::BadInput, "A batch of " + std::to_string(batch.size()) + " scans cannot be shared by " +
                                             std::to_string(size()) + " processes; use a larger batch");
    place = shard.from;
    return {batch.begin() + static_cast<std::ptrdiff_t>(shard.from),
            batch.begin() + static_cast<std::ptrdiff_t>(shard.to)};
}

void Together::sumLosses(std::map<std::string, double>& parts) const {
    if (alone()) return;
    std::vector<double> values;
    for (const auto& [name, value] : parts) values.push_back(value);
    const auto packed = torch::tensor(values, torch::kDouble);
    m_group->allReduceSum({packed});
    std::int64_t i = 0;
    for (auto& [name, value] : parts) value = packed[i++].item<double>();
}

void Together::sumGradients(const std::vector<torch::Tensor>& parameters) const {
    if (alone()) return;
    std::vector<torch::Tensor> gradients;
    for (const auto& parameter : parameters)
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    m_group->allReduceSum(gradients);
}

bool Together::anyone(bool says) const {
    if (alone()) return says;
    const auto votes = torch::full({1}, says ? 1 : 0, torch::kLong);
    m_group->allReduceSum({votes});
    return votes.item<std::int64_t>() > 0;
}

}  // namespace chronnect::train
