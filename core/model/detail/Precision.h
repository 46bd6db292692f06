#pragma once

#include "core/base/Notice.h"
#include "core/learning/Specs.h"

#include <torch/types.h>

namespace chronnect::model {

/// Whether this processor multiplies bfloat16 numbers by instructions of its own.
bool hasBFloat16Instructions();

/// Whether PyTorch operations on this thread multiply in bfloat16 now.
bool productsAreBFloat16(const torch::Device& device);

/// What of `asked` helps on `device`; float32 with a notice that says why where it would not.
Precision usablePrecision(Precision asked, const torch::Device& device, Notices& notices);

/// While it lives, matrix products of PyTorch operations on this thread run in the given precision. Weights stay
/// float32 and sums are float32. Put it around the forward pass alone: the backward pass follows the types it finds.
/// The fused encoder does not look at it but at Compute::precision.
class InPrecision {
public:
    InPrecision(Precision precision, const torch::Device& device);
    ~InPrecision();
    InPrecision(const InPrecision&) = delete;
    InPrecision& operator=(const InPrecision&) = delete;

private:
    torch::Device m_device;
    bool m_before;
};

/// While it lives, operations on this thread and in the backward passes it starts keep the types they find. LibTorch
/// hands on to the threads of a backward pass that products shall be made in a lower type, but not in which one: those
/// of a GPU would then be made in float16, which our losses overflow.
class InTypesFound {
public:
    explicit InTypesFound(const torch::Device& device);
    ~InTypesFound();
    InTypesFound(const InTypesFound&) = delete;
    InTypesFound& operator=(const InTypesFound&) = delete;

private:
    torch::Device m_device;
    bool m_before;
};

}  // namespace chronnect::model
