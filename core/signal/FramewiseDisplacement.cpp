#include "core/signal/FramewiseDisplacement.h"

#include <cmath>

namespace chronnect {

std::vector<double> framewiseDisplacement(std::span<const double> motion) {
    constexpr double headRadius = 50;
    std::vector<double> result(motion.size() / 6, 0.0);
    for (std::size_t v = 1; v < result.size(); ++v)
        for (std::size_t c = 0; c < 6; ++c)
            result[v] += (c < 3 ? 1 : headRadius) * std::abs(motion[v * 6 + c] - motion[(v - 1) * 6 + c]);
    return result;
}

std::vector<double> framewiseDisplacement(const Confounds& confounds) {
    const std::size_t volumes = confounds.volumeCount();
    if (const auto column = confounds.column("framewise_displacement")) {
        std::vector<double> result(volumes);
        for (std::size_t v = 0; v < volumes; ++v) result[v] = confounds.at(v, *column);
        return result;
    }
    std::vector<double> motion(volumes * 6);
    const char* names[] = {"trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"};
    for (std::size_t c = 0; c < 6; ++c) {
        const auto column = confounds.column(names[c]);
        if (!column) return {};
        for (std::size_t v = 0; v < volumes; ++v) motion[v * 6 + c] = confounds.at(v, *column);
    }
    return framewiseDisplacement(std::span<const double>(motion));
}

}  // namespace chronnect
