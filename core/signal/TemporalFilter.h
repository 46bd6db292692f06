#pragma once

#include "core/signal/SignalMatrix.h"

#include <array>
#include <span>
#include <vector>

namespace chronnect {

/// One second-order section: b0 b1 b2 a0 a1 a2 with a0 = 1.
using FilterSection = std::array<double, 6>;

/// Digital Butterworth filter as second-order sections, equal to `scipy.signal.butter(order, ..., output="sos")`:
/// bilinear transform of the analog prototype with pre-warped cut-offs, poles paired with their nearest zeros.
/// A cut-off of 0 (high-pass) or 0 (low-pass) leaves that side open. `samplingHz` is 1 / TR.
/// Throws Error(BadInput) when both are open, a cut-off reaches the Nyquist frequency or high-pass >= low-pass.
std::vector<FilterSection> butterworth(int order, double highPassHz, double lowPassHz, double samplingHz);

/// How a signal is continued beyond its ends before filtering.
enum class FilterPadding { Odd, Constant };

/// Zero-phase filter, forward and backward, started in its steady state (`scipy.signal.sosfiltfilt`).
/// `padLength` < 0: scipy's default of three times the filter's taps, at most volumes - 1.
void filterZeroPhase(std::span<double> signal, const std::vector<FilterSection>& sections,
                     FilterPadding padding = FilterPadding::Odd, int padLength = -1);

/// Cosine drift regressors as nilearn makes them: order floor(2 T f TR), DCT-II scaled by sqrt(2 / T), without the
/// constant. At most T - 1 columns.
SignalMatrix cosineDrift(std::size_t volumes, double repetitionTime, double highPassHz);

}  // namespace chronnect
