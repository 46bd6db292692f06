#include "core/signal/TemporalFilter.h"

#include "core/base/Error.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace chronnect {

namespace {

using Complex = std::complex<double>;

/// Zeros, poles and gain of a filter.
struct ZeroPole {
    std::vector<Complex> zeros, poles;
    double gain = 1;
};

Complex productOf(const std::vector<Complex>& roots, double from) {
    Complex product = 1;
    for (const auto& root : roots) product *= from - root;
    return product;
}

/// Analog low-pass with cut-off 1 rad/s: poles evenly on the left half of the unit circle.
ZeroPole prototype(int order) {
    ZeroPole filter;
    for (int m = -order + 1; m < order; m += 2)
        filter.poles.push_back(-std::exp(Complex(0, std::numbers::pi * m / (2.0 * order))));
    return filter;
}

ZeroPole lowPass(ZeroPole filter, double cutOff) {
    for (auto& pole : filter.poles) pole *= cutOff;
    filter.gain *= std::pow(cutOff, filter.poles.size());
    return filter;
}

ZeroPole highPass(ZeroPole filter, double cutOff) {
    filter.gain *= (1.0 / productOf(filter.poles, 0)).real();
    for (auto& pole : filter.poles) pole = cutOff / pole;
    filter.zeros.assign(filter.poles.size(), 0);
    return filter;
}

ZeroPole bandPass(const ZeroPole& filter, double centre, double width) {
    ZeroPole result;
    std::vector<Complex> other;
    for (const auto& pole : filter.poles) {
        const Complex half = pole * width / 2.0, root = std::sqrt(half * half - centre * centre);
        result.poles.push_back(half + root);
        other.push_back(half - root);
    }
    result.poles.insert(result.poles.end(), other.begin(), other.end());
    result.zeros.assign(filter.poles.size(), 0);
    result.gain = filter.gain * std::pow(width, filter.poles.size());
    return result;
}

/// Analog to digital at a sampling rate of 2, where `tan(pi f / rate)` pre-warps the cut-offs.
ZeroPole bilinear(ZeroPole filter) {
    constexpr double twice = 4;
    const std::size_t atInfinity = filter.poles.size() - filter.zeros.size();
    filter.gain *= (productOf(filter.zeros, twice) / productOf(filter.poles, twice)).real();
    for (auto& zero : filter.zeros) zero = (twice + zero) / (twice - zero);
    for (auto& pole : filter.poles) pole = (twice + pole) / (twice - pole);
    filter.zeros.insert(filter.zeros.end(), atInfinity, -1);
    return filter;
}

bool isReal(const Complex& root) { return root.imag() == 0; }

/// Of conjugate pairs the upper one, exactly real roots made so; complex first, each sorted by real part.
std::vector<Complex> halved(const std::vector<Complex>& roots) {
    std::vector<Complex> complex, real;
    for (const auto& root : roots) {
        if (std::abs(root.imag()) <= 1e-14 * std::abs(root))
            real.emplace_back(root.real(), 0);
        else if (root.imag() > 0)
            complex.push_back(root);
    }
    const auto less = [](const Complex& a, const Complex& b) {
        return std::pair(a.real(), std::abs(a.imag())) < std::pair(b.real(), std::abs(b.imag()));
    };
    std::sort(complex.begin(), complex.end(), less);
    std::sort(real.begin(), real.end(), less);
    complex.insert(complex.end(), real.begin(), real.end());
    return complex;
}

/// Takes out the root for which `cost` is smallest among those that `allowed` accepts.
template <class Cost, class Allowed>
Complex take(std::vector<Complex>& roots, Cost cost, Allowed allowed) {
    auto best = roots.end();
    for (auto at = roots.begin(); at != roots.end(); ++at)
        if (allowed(*at) && (best == roots.end() || cost(*at) < cost(*best))) best = at;
    if (best == roots.end()) return 0;
    const Complex root = *best;
    roots.erase(best);
    return root;
}

std::array<double, 3> polynomial(const Complex& a, const Complex& b) { return {1, -(a + b).real(), (a * b).real()}; }

/// Poles from the one nearest the unit circle on, each with its nearest zero; the sharpest section comes last.
std::vector<FilterSection> paired(const ZeroPole& filter) {
    std::vector<Complex> poles = filter.poles, zeros = filter.zeros;
    if (poles.size() % 2) {  // an odd order gets one pole and zero at the origin
        poles.emplace_back(0);
        zeros.emplace_back(0);
    }
    const std::size_t count = poles.size() / 2;
    poles = halved(poles);
    zeros = halved(zeros);
    const auto toCircle = [](const Complex& root) { return std::abs(1 - std::abs(root)); };
    const auto any = [](const Complex&) { return true; };
    std::vector<FilterSection> sections(count);
    for (std::size_t s = count; s-- > 0;) {
        const Complex pole = take(poles, toCircle, any);
        const Complex otherPole = isReal(pole) ? take(poles, toCircle, isReal) : std::conj(pole);
        const auto toPole = [&](const Complex& root) { return std::abs(root - pole); };
        const Complex zero = take(zeros, toPole, any);
        const Complex otherZero = isReal(zero) ? take(zeros, toPole, isReal) : std::conj(zero);
        const auto b = polynomial(zero, otherZero), a = polynomial(pole, otherPole);
        sections[s] = {b[0], b[1], b[2], a[0], a[1], a[2]};
    }
    for (int i = 0; i < 3; ++i) sections.front()[static_cast<std::size_t>(i)] *= filter.gain;
    return sections;
}

/// State of each section under a constant input of 1, so that filtering starts without a step.
std::vector<std::array<double, 2>> steadyState(const std::vector<FilterSection>& sections) {
    std::vector<std::array<double, 2>> states;
    double scale = 1;
    for (const auto& s : sections) {
        const double first = s[1] - s[4] * s[0], second = s[2] - s[5] * s[0];
        const double state = (first + second) / (1 + s[4] + s[5]);
        states.push_back({scale * state, scale * ((1 + s[4]) * state - first)});
        scale *= (s[0] + s[1] + s[2]) / (1 + s[4] + s[5]);
    }
    return states;
}

/// Direct form II transposed, started in the steady state for the first value.
void filterForward(std::span<double> signal, const std::vector<FilterSection>& sections,
                   const std::vector<std::array<double, 2>>& steady) {
    const double start = signal.front();
    for (std::size_t s = 0; s < sections.size(); ++s) {
        const auto& [b0, b1, b2, a0, a1, a2] = sections[s];
        double first = steady[s][0] * start, second = steady[s][1] * start;
        for (double& value : signal) {
            const double in = value;
            value = b0 * in + first;
            first = b1 * in - a1 * value + second;
            second = b2 * in - a2 * value;
        }
    }
}

std::size_t defaultPadding(const std::vector<FilterSection>& sections) {
    const auto zeros = [&](std::size_t coefficient) {
        return std::count_if(sections.begin(), sections.end(), [&](const auto& s) { return s[coefficient] == 0; });
    };
    return 3 * (2 * sections.size() + 1 - static_cast<std::size_t>(std::min(zeros(2), zeros(5))));
}

}  // namespace

std::vector<FilterSection> butterworth(int order, double highPassHz, double lowPassHz, double samplingHz) {
    const double nyquist = samplingHz / 2;
    const bool high = highPassHz > 0, low = lowPassHz > 0;
    if (order < 1 || order > 50 || !(samplingHz > 0) || (!high && !low))
        throw Error(ErrorKind::BadInput,
                    "A Butterworth filter needs an order of 1 to 50, a sampling rate and a cut-off");
    if ((high && highPassHz >= nyquist) || (low && lowPassHz >= nyquist) || (high && low && highPassHz >= lowPassHz))
        throw Error(ErrorKind::BadInput, "The cut-offs of a filter must rise and stay below half the sampling rate");
    const auto warped = [&](double hz) { return 4 * std::tan(std::numbers::pi * hz / samplingHz); };
    const ZeroPole analog = prototype(order);
    const ZeroPole shaped = !low    ? highPass(analog, warped(highPassHz))
                            : !high ? lowPass(analog, warped(lowPassHz))
                                    : bandPass(analog, std::sqrt(warped(highPassHz) * warped(lowPassHz)),
                                               warped(lowPassHz) - warped(highPassHz));
    return paired(bilinear(shaped));
}

void filterZeroPhase(std::span<double> signal, const std::vector<FilterSection>& sections, FilterPadding padding,
                     int padLength) {
    const std::size_t count = signal.size();
    if (count < 2 || sections.empty()) return;
    const std::size_t wanted = padLength < 0 ? defaultPadding(sections) : static_cast<std::size_t>(padLength);
    const std::size_t pad = std::min(wanted, count - 1);
    std::vector<double> extended(count + 2 * pad);
    std::copy(signal.begin(), signal.end(), extended.begin() + static_cast<std::ptrdiff_t>(pad));
    for (std::size_t i = 1; i <= pad; ++i) {
        const bool odd = padding == FilterPadding::Odd;
        extended[pad - i] = odd ? 2 * signal.front() - signal[i] : signal.front();
        extended[pad + count - 1 + i] = odd ? 2 * signal.back() - signal[count - 1 - i] : signal.back();
    }
    const auto steady = steadyState(sections);
    filterForward(extended, sections, steady);
    std::reverse(extended.begin(), extended.end());
    filterForward(extended, sections, steady);
    std::reverse(extended.begin(), extended.end());
    std::copy_n(extended.begin() + static_cast<std::ptrdiff_t>(pad), count, signal.begin());
}

SignalMatrix cosineDrift(std::size_t volumes, double repetitionTime, double highPassHz) {
    const double length = static_cast<double>(volumes);
    const double order = std::floor(2 * length * highPassHz * repetitionTime);
    const auto columns = static_cast<std::size_t>(std::clamp(order, 0.0, std::max(0.0, length - 1)));
    SignalMatrix drift(volumes, columns);
    for (std::size_t k = 0; k < columns; ++k)
        for (std::size_t v = 0; v < volumes; ++v)
            drift.signal(k)[v] =
                std::sqrt(2 / length) *
                std::cos(std::numbers::pi / length * (static_cast<double>(v) + 0.5) * static_cast<double>(k + 1));
    return drift;
}

}  // namespace chronnect
