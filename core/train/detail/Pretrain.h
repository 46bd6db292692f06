#pragma once

#include "core/learning/Learning.h"

namespace chronnect::train {

PretrainResult pretrain(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                        const TrainingObserver& observer, const JobContext& context);

/// Two steps, one validation and the scores of two scans, extrapolated to the whole training.
ResourceForecast forecastPretraining(const ScanSource& scans, const PretrainSpec& spec, const JobContext& context);

}  // namespace chronnect::train
