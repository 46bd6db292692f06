#pragma once

#include "core/model/detail/Network.h"

namespace chronnect::model {

/// Whether fusedEncoding can serve: float32, on the CPU, in training. Evaluation keeps the plain form, whose roundings
/// are those of the public code.
bool canFuse(const EncoderImpl& encoder, const NodeInput& input);

/// The GIN layers with everything that follows window by window in the cache: neighbour sums, Linear, BatchNorm, ReLU,
/// region means and the orthogonality term. Per layer it keeps the two results of its Linear maps before normalisation
/// and nothing else; the backward pass makes the rest again. Values and gradients are those of the plain form; the
/// biases of the Linear maps, which batch normalisation cancels in training, get a gradient of exactly 0.
/// One backward pass only.
Encoding fusedEncoding(EncoderImpl& encoder, const Graphs& graphs, const NodeInput& input, const EncodingWish& wish,
                       const Compute& compute);

}  // namespace chronnect::model
