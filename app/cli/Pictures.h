#pragma once

#include "core/base/Parameters.h"
#include "core/data/Parcellation.h"

#include <filesystem>
#include <string>
#include <vector>

namespace chronnect::cli {

enum class View { Left, Right, Top, Bottom, Front, Back, Oblique };

/// How a picture of connectivity looks.
struct PictureSpec {
    View view = View::Oblique;
    double percent = 3;  ///< share of the strongest pairs drawn
    int width = 1200, height = 900;
    bool dark = false, labels = false;
    std::string measure = "Pearson r";  ///< what the cells of a matrix are
};

/// Why this build draws no pictures, as a sentence; empty when it does.
std::string missingPictures();

/// The strongest pairs between spheres in a glass brain. `weights` is an upper triangle (edgeIndex).
/// Throws Error(Unsupported) where regions have no centres or there is no OpenGL.
void writeConnectomePng(const std::filesystem::path& path, const Parcellation& parcellation,
                        const std::vector<float>& weights, const PictureSpec& spec);

/// The matrix with regions in the order of their networks, their names beside it and a colour bar.
void writeMatrixPng(const std::filesystem::path& path, const Parcellation& parcellation,
                    const std::vector<float>& weights, const std::string& title, const PictureSpec& spec);

}  // namespace chronnect::cli

namespace chronnect {
template <>
struct EnumNames<cli::View> {
    static constexpr std::array<std::string_view, 7> names{"left",  "right", "top",    "bottom",
                                                           "front", "back",  "oblique"};
};
}  // namespace chronnect
