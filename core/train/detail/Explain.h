#pragma once

#include "core/learning/Learning.h"

namespace chronnect::train {

Explanation explain(const ScanSource& scans, std::size_t scan, const Model& model, const std::string& device,
                    const JobContext& context);
Reconstruction reconstruct(const ScanSource& scans, std::size_t scan, const Model& model, const MaskRequest& request,
                           const std::string& device, const JobContext& context);
DeviceReport describeDevices();

}  // namespace chronnect::train
