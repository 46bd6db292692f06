#include "widgets/views/PlotAxis.h"

#include <algorithm>
#include <cmath>

namespace chronnect {

double PlotAxis::position(double value) const {
    if (!(high > low)) return 0.5;
    if (logarithmic) return value > 0 ? std::log(value / low) / std::log(high / low) : -1;
    return (value - low) / (high - low);
}

double PlotAxis::value(double position) const {
    return logarithmic ? low * std::pow(high / low, position) : low + position * (high - low);
}

std::vector<double> PlotAxis::ticks(int count) const {
    std::vector<double> result;
    if (!(high > low) || count < 1) return result;
    if (logarithmic && high / low >= 20) {
        const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
        const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
        const int stride = std::max(1, (last - first + 1) / count);
        for (int power = first; power <= last; power += stride) result.push_back(std::pow(10.0, power));
        return result;
    }
    const double rough = (high - low) / count, decade = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10 * decade;
    for (const double factor : {5.0, 2.0, 1.0})
        if (factor * decade >= rough * 0.999) step = factor * decade;
    const double first = std::ceil(low / step - 1e-9);
    for (int i = 0; (first + i) * step <= high + 1e-9 * step; ++i) {
        const double tick = (first + i) * step;
        result.push_back(std::abs(tick) < 1e-9 * step ? 0.0 : tick);
    }
    return result;
}

PlotAxis PlotAxis::around(double least, double most, bool logarithmic) {
    if (!std::isfinite(least) || !std::isfinite(most) || least > most) return {};
    if (logarithmic && least > 0) {
        const double room = most > least ? std::pow(most / least, 0.06) : 1.5;
        return {least / room, most * room, true};
    }
    const double room = most > least ? 0.06 * (most - least) : std::max(0.5, 0.1 * std::abs(least));
    return {least - room, most + room, false};
}

QString plotNumber(double value) {
    if (!std::isfinite(value)) return QStringLiteral("n/a");
    if (value != 0 && (std::abs(value) < 1e-3 || std::abs(value) >= 1e5)) {
        QString text = QString::number(value, 'e', 1);
        text.replace(".0e", "e").replace("e-0", "e-").replace("e+0", "e").replace("e+", "e");
        return text.replace('-', QChar(0x2212));
    }
    QString text = QString::number(value, 'g', 3);
    if (text.contains('e')) text = QString::number(value, 'f', 0);
    return text.replace('-', QChar(0x2212));
}

QString timeRange(double from, double to, bool inSeconds) {
    const auto number = [](double t) { return QString::number(t, 'f', std::abs(t - std::round(t)) < 0.05 ? 0 : 1); };
    return number(from) + QChar(0x2013) + number(to) + (inSeconds ? QStringLiteral(" s") : QStringLiteral(" volumes"));
}

}  // namespace chronnect
