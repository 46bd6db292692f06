#include "core/graph/Measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

namespace chronnect {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Reached {
    double distance;
    std::size_t region;
    bool operator>(const Reached& other) const { return distance > other.distance; }
};

/// Distances from one region over edges that are 1 / weight long.
void distancesFrom(const Network& network, std::size_t start, double* distance) {
    std::fill(distance, distance + network.size(), infinity);
    distance[start] = 0;
    std::priority_queue<Reached, std::vector<Reached>, std::greater<>> open;
    open.push({0, start});
    while (!open.empty()) {
        const auto [reached, a] = open.top();
        open.pop();
        if (reached > distance[a]) continue;
        for (const std::size_t b : network.neighbours(a)) {
            const double through = reached + 1 / network.weight(a, b);
            if (through < distance[b]) {
                distance[b] = through;
                open.push({through, b});
            }
        }
    }
}

/// Brandes' accumulation for one source.
void addDependencies(const Network& network, std::size_t source, std::vector<double>& sums) {
    const std::size_t n = network.size();
    std::vector<double> distance(n), paths(n, 0), dependency(n, 0);
    distancesFrom(network, source, distance.data());
    std::vector<std::size_t> order;
    for (std::size_t a = 0; a < n; ++a)
        if (distance[a] < infinity) order.push_back(a);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return distance[a] < distance[b]; });
    // Whether a lies just before b on a shortest path; lengths are sums of the same fractions in another order.
    const auto before = [&](std::size_t a, std::size_t b) {
        const double through = distance[a] + 1 / network.weight(a, b);
        return distance[a] < distance[b] && std::abs(through - distance[b]) <= 1e-12 * through;
    };
    paths[source] = 1;
    for (const std::size_t b : order)
        for (const std::size_t a : network.neighbours(b))
            if (before(a, b)) paths[b] += paths[a];
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
        for (const std::size_t a : network.neighbours(*it))
            if (before(a, *it)) dependency[a] += paths[a] / paths[*it] * (1 + dependency[*it]);
        if (*it != source) sums[*it] += dependency[*it];
    }
}

}  // namespace

std::vector<double> distances(const Network& network, const JobContext& context) {
    std::vector<double> result(network.size() * network.size());
    for (std::size_t a = 0; a < network.size(); ++a) {
        context.throwIfCancelled();
        distancesFrom(network, a, result.data() + a * network.size());
    }
    return result;
}

double globalEfficiency(const Network& network, const JobContext& context) {
    const auto all = distances(network, context);
    double sum = 0;
    for (const double d : all)
        if (d > 0) sum += 1 / d;
    const double n = static_cast<double>(network.size());
    return n > 1 ? sum / (n * (n - 1)) : 0;
}

double characteristicPathLength(const Network& network, const JobContext& context) {
    double sum = 0;
    for (const double d : distances(network, context)) sum += d;
    const double n = static_cast<double>(network.size());
    return n > 1 ? sum / (n * (n - 1)) : 0;
}

std::vector<double> localEfficiency(const Network& network, const JobContext& context) {
    std::vector<double> result(network.size(), 0);
    for (std::size_t a = 0; a < network.size(); ++a) {
        context.throwIfCancelled();
        const auto& near = network.neighbours(a);
        if (near.size() < 2) continue;
        std::vector<double> edges;
        for (std::size_t i = 0; i < near.size(); ++i)
            for (std::size_t j = i + 1; j < near.size(); ++j)
                edges.push_back(std::cbrt(network.weight(near[i], near[j])));
        const auto between = distances(Network(edges, near.size()));
        double sum = 0;
        for (std::size_t i = 0; i < near.size(); ++i)
            for (std::size_t j = 0; j < near.size(); ++j)
                if (i != j)
                    sum += std::cbrt(network.weight(a, near[i]) * network.weight(a, near[j])) /
                           between[i * near.size() + j];
        result[a] = sum / (static_cast<double>(near.size()) * static_cast<double>(near.size() - 1));
    }
    return result;
}

std::vector<double> betweenness(const Network& network, const JobContext& context) {
    std::vector<double> sums(network.size(), 0);
    for (std::size_t source = 0; source < network.size(); ++source) {
        context.throwIfCancelled();
        addDependencies(network, source, sums);
    }
    return sums;
}

}  // namespace chronnect
