#pragma once

#include "core/learning/TensorArchive.h"

#include <filesystem>
#include <vector>

namespace chronnect {

/// The tensors of a state dict saved with `torch.save` (zip container of PyTorch 1.6 and later), converted to float.
/// A reader of our own because LibTorch's refuses state dicts with metadata; it interprets data only and never calls
/// anything the file names. Dictionaries inside the dictionary (a "state_dict" entry, a training checkpoint) are
/// entered, their names joined by a dot. Throws Error(BadInput).
std::vector<NamedTensor> readTorchStateDict(const std::filesystem::path& path);

}  // namespace chronnect
