#pragma once

#include "core/data/TimeSeries.h"
#include "core/pipeline/ImageQuality.h"

#include <cstdint>
#include <string>
#include <vector>

namespace chronnect {

/// A picture as plain bytes, three per pixel, rows from the top.
struct RgbImage {
    std::size_t width = 0, height = 0;
    std::vector<std::uint8_t> pixels;

    std::uint8_t* at(std::size_t x, std::size_t y) { return pixels.data() + (y * width + x) * 3; }
    const std::uint8_t* at(std::size_t x, std::size_t y) const { return pixels.data() + (y * width + x) * 3; }
};

/// The mean image in three rows of slices (axial, coronal, sagittal) with the outline of the mask (orange) and of the
/// regions (blue), so that a person sees whether they fit. Neurological: left is left, marked with L. `labels` may be
/// null or lie on another grid (it is looked up by world coordinates). Slices follow the world axes, in steps of `mm`.
RgbImage registrationPicture(const ImageQuality& quality, const LabelVolume* labels, double mm = 2.0);

/// Grey values from -2 (black) to 2 (white) sd, one row per voxel, time to the right; above it the framewise
/// displacement (red, 0 to 2 mm) and standardized DVARS (blue, 0 to 4) as traces. Either trace may be empty.
RgbImage carpetPicture(const Carpet& carpet, const std::vector<double>& displacement,
                       const std::vector<double>& standardDvars);

/// The same for region series (each row standardized), in the order given (empty: as they are).
Carpet carpetOf(const TimeSeries& series, const std::vector<std::size_t>& order = {});

/// The picture as a PNG file's bytes (RFC 2083; stored, not compressed). Same picture, same bytes.
std::string pngBytes(const RgbImage& image);

}  // namespace chronnect
