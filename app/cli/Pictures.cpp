#include "app/cli/Pictures.h"

#include "core/base/Error.h"
#include "core/base/Files.h"

#ifdef CHRONNECT_HAS_VISUALIZATION
#include "visualization/MatrixPicture.h"
#include "visualization/Render.h"
#endif

#include <algorithm>
#include <cmath>
#include <functional>

namespace chronnect::cli {

#ifdef CHRONNECT_HAS_VISUALIZATION

namespace {

/// The smallest |weight| among the wanted share of the strongest pairs.
double thresholdOf(const std::vector<float>& weights, double percent) {
    std::vector<float> sizes;
    for (const float weight : weights)
        if (std::isfinite(weight)) sizes.push_back(std::abs(weight));
    const auto kept = static_cast<std::size_t>(std::llround(percent / 100 * static_cast<double>(sizes.size())));
    if (kept == 0) return std::numeric_limits<double>::max();
    std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(kept - 1), sizes.end(),
                     std::greater<>());
    return sizes[kept - 1];
}

void writePng(const std::filesystem::path& path, const Picture& picture) {
    const auto png = encodePng(picture);
    writeFileAtomically(path, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace

std::string missingPictures() { return {}; }

void writeConnectomePng(const std::filesystem::path& path, const Parcellation& parcellation,
                        const std::vector<float>& weights, const PictureSpec& spec) {
    RenderRequest request;
    request.parcellation = parcellation;
    request.weights = weights;
    request.threshold = thresholdOf(weights, spec.percent);
    request.view = static_cast<StandardView>(spec.view);
    request.width = spec.width;
    request.height = spec.height;
    request.dark = spec.dark;
    request.showLabels = spec.labels;
    writePng(path, renderConnectome(request));
}

void writeMatrixPng(const std::filesystem::path& path, const Parcellation& parcellation,
                    const std::vector<float>& weights, const std::string& title, const PictureSpec& spec) {
    MatrixRequest request;
    request.parcellation = parcellation;
    request.weights = weights;
    request.title = title;
    request.measure = spec.measure;
    request.width = spec.width;
    request.height = spec.height;
    request.dark = spec.dark;
    writePng(path, renderMatrix(request));
}

#else

std::string missingPictures() {
    return "This build draws no pictures: configure it with -DCHRONNECT_GUI=ON where VTK is installed.";
}

void writeConnectomePng(const std::filesystem::path&, const Parcellation&, const std::vector<float>&,
                        const PictureSpec&) {
    throw Error(ErrorKind::Unsupported, missingPictures());
}

void writeMatrixPng(const std::filesystem::path&, const Parcellation&, const std::vector<float>&, const std::string&,
                    const PictureSpec&) {
    throw Error(ErrorKind::Unsupported, missingPictures());
}

#endif

}  // namespace chronnect::cli
