#pragma once

#include "core/learning/Learning.h"

namespace chronnect::train {

PretrainResult pretrain(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                        const TrainingObserver& observer, const JobContext& context);

}  // namespace chronnect::train
