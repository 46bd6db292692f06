#include "core/simulation/SimulationParts.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chronnect {

namespace {

enum Source : std::size_t {
    Respiration,
    Cardiac,
    SlowBreathing,
    DriftLine,
    DriftCurve,
    MotionX,
    MotionY,
    MotionZ,
    Spike
};
constexpr std::size_t spikeModes = 6;
constexpr std::size_t sourceCount = Spike + spikeModes;

/// Direction and phase of the waves that carry motion spikes through the head; wavelengths of 100 to 180 mm make near
/// regions share them and far ones not, which is the known distance dependence of motion artefacts.
constexpr double spikeWaves[spikeModes - 1][4] = {{0.050, 0.010, 0.000, 0.3},
                                                  {0.000, 0.045, 0.020, 1.1},
                                                  {0.015, 0.000, 0.055, 2.0},
                                                  {0.035, -0.035, 0.010, 4.1},
                                                  {-0.010, 0.030, -0.040, 5.2}};

/// A sine whose pace wanders, as breathing and heart beat do, seen once per volume.
std::vector<double> wanderingSine(std::size_t volumes, double repetitionTime, double hertz, double jitter,
                                  Random& random) {
    std::vector<double> result(volumes);
    double phase = random.uniform(0, 2 * std::numbers::pi), pace = 0;
    for (double& value : result) {
        value = std::numbers::sqrt2 * std::sin(phase);
        pace = 0.9 * pace + jitter * random.normal();
        phase += 2 * std::numbers::pi * hertz * (1 + pace) * repetitionTime;
    }
    return result;
}

/// First-order autoregressive noise of unit variance.
std::vector<double> slowNoise(std::size_t volumes, double memory, Random& random) {
    std::vector<double> result(volumes);
    double value = random.normal();
    for (double& item : result) {
        item = value;
        value = memory * value + std::sqrt(1 - memory * memory) * random.normal();
    }
    return result;
}

}  // namespace

namespace simulation {

HeadMotion drawMotion(const SimulationSpec& spec, const SimulatedSubject& subject, Random random) {
    constexpr double headRadius = 50;  // mm; turns rotations into distances
    const auto volumes = static_cast<std::size_t>(spec.volumes);
    HeadMotion motion;
    motion.parameters.assign(volumes * 6, 0);
    motion.jerk.assign(volumes, 0);
    const double chance = std::min(0.25, subject.motionRate / 60 * spec.repetitionTime);
    const double wander = 0.004 + 0.008 * spec.motion;
    std::array<double, 6> rest{};
    for (std::size_t v = 0; v < volumes; ++v) {
        std::array<double, 6> jerk{};
        const bool moves = v > 0 && random.uniform() < chance;
        double size = 0;
        if (moves) {
            size = random.gamma(2, 0.35) * std::sqrt(spec.motion);
            double norm = 0;
            for (double& direction : jerk) {
                direction = random.normal();
                norm += std::abs(direction);
            }
            for (double& direction : jerk) direction *= size / norm;
        }
        motion.jerk[v] = size;
        const bool stays = moves && random.uniform() < 0.3;
        for (std::size_t k = 0; k < 6; ++k) {
            rest[k] = 0.995 * rest[k] + wander * random.normal() + (stays ? jerk[k] : 0);
            motion.parameters[v * 6 + k] = (rest[k] + (stays ? 0 : jerk[k])) / (k < 3 ? 1 : headRadius);
        }
    }
    return motion;
}

ArtefactCourses drawArtefacts(const SimulationSpec& spec, const HeadMotion& motion, Random random) {
    const auto volumes = static_cast<std::size_t>(spec.volumes);
    const NoiseAmplitudes amplitude;
    ArtefactCourses result{sourceCount, std::vector<double>(volumes * sourceCount, 0)};
    const auto set = [&](std::size_t source, double scale, const std::vector<double>& course) {
        for (std::size_t v = 0; v < volumes; ++v) result.values[v * sourceCount + source] = scale * course[v];
    };
    set(Respiration, spec.noise * amplitude.respiration,
        wanderingSine(volumes, spec.repetitionTime, 0.28, 0.03, random));
    set(Cardiac, spec.noise * amplitude.cardiac, wanderingSine(volumes, spec.repetitionTime, 1.1, 0.02, random));
    set(SlowBreathing, spec.noise * amplitude.slowBreathing,
        slowNoise(volumes, std::exp(-spec.repetitionTime / 10), random));
    const double slope = random.normal(), bend = random.normal();
    for (std::size_t v = 0; v < volumes; ++v) {
        const double t = 2.0 * static_cast<double>(v) / static_cast<double>(volumes) - 1;
        double* row = result.values.data() + v * sourceCount;
        row[DriftLine] = spec.noise * amplitude.drift * slope * t;
        row[DriftCurve] = spec.noise * amplitude.drift * bend * (t * t - 1.0 / 3);
        for (std::size_t k = 0; k < 3; ++k) row[MotionX + k] = amplitude.motion * motion.parameters[v * 6 + k];
    }
    constexpr double recovery[] = {1.0, 0.55, 0.25, 0.1};
    for (std::size_t v = 0; v < volumes; ++v) {
        if (motion.jerk[v] <= 0) continue;
        for (std::size_t mode = 0; mode < spikeModes; ++mode) {
            // The whole head loses signal, and more in some places than in others.
            const double strength = amplitude.spike * motion.jerk[v] * (mode == 0 ? -0.8 : 0.7 * random.normal());
            for (std::size_t lag = 0; lag < std::size(recovery) && v + lag < volumes; ++lag)
                result.values[(v + lag) * sourceCount + Spike + mode] += strength * recovery[lag];
        }
    }
    return result;
}

std::vector<double> artefactAt(const ArtefactCourses& courses, const std::array<double, 3>& place) {
    const auto loadings = artefactLoadings(place);
    std::vector<double> result(courses.values.size() / courses.count, 0);
    for (std::size_t v = 0; v < result.size(); ++v)
        for (std::size_t s = 0; s < courses.count; ++s)
            result[v] += loadings[s] * courses.values[v * courses.count + s];
    return result;
}

}  // namespace simulation

std::vector<double> artefactLoadings(const std::array<double, 3>& place) {
    const auto [x, y, z] = place;
    std::vector<double> loading(sourceCount);
    loading[Respiration] = 0.7 + 0.3 * std::cos(z / 30);
    // Pulsation is strongest along the large vessels and ventricles of the midline.
    loading[Cardiac] =
        0.2 + 1.2 * std::exp(-std::pow(x / 22, 2) - std::pow((y + 12) / 45, 2) - std::pow((z + 2) / 30, 2));
    loading[SlowBreathing] = 0.85 + 0.15 * std::cos(y / 35);
    loading[DriftLine] = std::cos(x / 60 + 0.3);
    loading[DriftCurve] = std::sin(y / 60 + 1.0);
    loading[MotionX] = x / 70;
    loading[MotionY] = (y + 17) / 90;
    loading[MotionZ] = (z - 15) / 65;
    loading[Spike] = 1;
    for (std::size_t mode = 1; mode < spikeModes; ++mode) {
        const double* wave = spikeWaves[mode - 1];
        loading[Spike + mode] = std::cos(wave[0] * x + wave[1] * y + wave[2] * z + wave[3]);
    }
    return loading;
}

}  // namespace chronnect
