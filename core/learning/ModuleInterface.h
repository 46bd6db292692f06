#pragma once

#include "core/learning/Learning.h"

#include <cstdint>

namespace chronnect {

/// A number that changes when the layout of any type that crosses the border between window and learning module does.
/// The window refuses a module with another number: it was built from other sources, and would read nonsense.
constexpr std::uint64_t learningInterfaceKey() {
    constexpr std::size_t sizes[] = {
        sizeof(TrainingSnapshot), sizeof(Model),          sizeof(ReconstructionScore), sizeof(PretrainResult),
        sizeof(MethodScore),      sizeof(ScanPrediction), sizeof(FinetuneResult),      sizeof(Explanation),
        sizeof(MaskRequest),      sizeof(Reconstruction), sizeof(DeviceInfo),          sizeof(DeviceReport),
        sizeof(NetworkArrays),    sizeof(CheckpointPlan), sizeof(PretrainSpec),        sizeof(ResourceForecast),
        sizeof(FinetuneSpec),     sizeof(ScanInfo),       sizeof(JobContext),          sizeof(Json)};
    std::uint64_t key = 14695981039346656037ull;  // FNV-1a
    for (const std::size_t size : sizes) key = (key ^ size) * 1099511628211ull;
    return key;
}

}  // namespace chronnect
