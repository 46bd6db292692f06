#include "widgets/views/RegionOrder.h"

#include <QCoreApplication>

#include <cmath>
#include <numeric>

namespace chronnect {

QColor toColor(const Rgb& rgb) { return {rgb[0], rgb[1], rgb[2]}; }

RegionOrder RegionOrder::make(const Parcellation* parcellation, std::size_t regions, bool byNetwork) {
    RegionOrder order;
    const bool fits = parcellation && parcellation->regions.size() == regions;
    if (fits && byNetwork) {
        for (const std::size_t region : parcellation->networkOrder())
            order.regionAt.push_back(static_cast<int>(region));
        for (const int region : order.regionAt) {
            const Region& r = parcellation->regions[region];
            const QString name = QString::fromStdString(r.network);
            if (order.groups.empty() || order.groups.back().name != name)
                order.groups.push_back({name, toColor(r.network.empty() ? Rgb{140, 140, 140} : r.colour), 0});
            ++order.groups.back().count;
        }
        if (order.groups.size() == 1 && order.groups.front().name.isEmpty()) order.groups.clear();
    } else {
        order.regionAt.resize(regions);
        std::iota(order.regionAt.begin(), order.regionAt.end(), 0);
    }
    order.rowOf.resize(regions);
    for (std::size_t row = 0; row < regions; ++row) order.rowOf[order.regionAt[row]] = static_cast<int>(row);
    return order;
}

std::vector<float> orderedMatrix(std::span<const float> edges, const RegionOrder& order, float diagonal) {
    const std::size_t n = order.regionAt.size();
    std::vector<float> matrix(n * n, diagonal);
    std::size_t next = 0;
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = a + 1; b < n; ++b, ++next) {
            const std::size_t row = order.rowOf[a], column = order.rowOf[b];
            matrix[row * n + column] = matrix[column * n + row] = edges[next];
        }
    return matrix;
}

QString regionName(const Parcellation* parcellation, int region) {
    if (parcellation && region >= 0 && region < static_cast<int>(parcellation->regions.size()) &&
        !parcellation->regions[region].name.empty())
        return QString::fromStdString(parcellation->regions[region].name);
    return QStringLiteral("Region %1").arg(region + 1);
}

QString weightSymbol(const DynamicConnectivity& connectivity) {
    if (connectivity.windowLength == 0) return QCoreApplication::translate("RegionOrder", "value");
    const bool stored = connectivity.howComputed.find("stored as Fisher z") != std::string::npos;
    return stored ? QStringLiteral("z") : QStringLiteral("r");
}

QString regionDescription(const Parcellation* parcellation, int region, const QString& fallbackName) {
    if (!parcellation || region < 0 || region >= static_cast<int>(parcellation->regions.size()))
        return fallbackName.toHtmlEscaped();
    const Region& r = parcellation->regions[region];
    QString text = "<b>" + regionName(parcellation, region).toHtmlEscaped() + "</b>";
    QStringList facts;
    if (!r.network.empty()) facts << QString::fromStdString(r.network).toHtmlEscaped();
    if (r.hemisphere == Hemisphere::Left) facts << "left";
    if (r.hemisphere == Hemisphere::Right) facts << "right";
    if (!facts.isEmpty()) text += "<br>" + facts.join(" · ");
    if (r.hasCentre) {
        const auto number = [](double v) { return QString::number(qRound(v)).replace('-', QChar(0x2212)); };
        const bool mni = parcellation->space.empty() || parcellation->space.rfind("MNI", 0) == 0;
        text += QStringLiteral("<br>%1 (%2, %3, %4) mm")
                    .arg(mni ? QStringLiteral("MNI") : QString::fromStdString(parcellation->space).toHtmlEscaped(),
                         number(r.centre[0]), number(r.centre[1]), number(r.centre[2]));
    }
    return text;
}

}  // namespace chronnect
