#include "core/graph/Measures.h"

#include "core/base/Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace chronnect {

namespace {

void checkModules(const Network& network, std::span<const int> modules) {
    if (modules.size() != network.size())
        throw Error(ErrorKind::BadInput, "The partition names " + std::to_string(modules.size()) +
                                             " regions, the network has " + std::to_string(network.size()));
}

/// Strength of every region into its own module.
std::vector<double> ownModuleStrength(const Network& network, std::span<const int> modules) {
    std::vector<double> own(network.size(), 0);
    for (std::size_t a = 0; a < network.size(); ++a)
        for (const std::size_t b : network.neighbours(a))
            if (modules[a] == modules[b]) own[a] += network.weight(a, b);
    return own;
}

}  // namespace

Network::Network(std::span<const double> edges, std::size_t regions)
    : m_size(regions), m_weights(regions * regions, 0) {
    if (edges.size() != edgeCountOf(regions))
        throw Error(ErrorKind::BadInput,
                    std::to_string(edges.size()) + " pairs do not belong to " + std::to_string(regions) + " regions");
    std::size_t e = 0;
    for (std::size_t a = 0; a < regions; ++a)
        for (std::size_t b = a + 1; b < regions; ++b, ++e) {
            if (edges[e] < 0 || std::isinf(edges[e]))
                throw Error(ErrorKind::BadInput,
                            "A network needs finite weights of at least 0; threshold or take magnitudes first");
            m_weights[a * regions + b] = m_weights[b * regions + a] = std::isnan(edges[e]) ? 0 : edges[e];
        }
    findNeighbours();
}

Network::Network(const DynamicGraph& graph, std::size_t window)
    : m_size(graph.regions.size()), m_weights(m_size * m_size, 0) {
    if (window >= graph.windowCount) throw Error(ErrorKind::BadInput, "There is no window " + std::to_string(window));
    const std::uint8_t* present = graph.present.data() + window * graph.edgeCount();
    for (std::size_t a = 0; a < m_size; ++a)
        for (std::size_t b = a + 1; b < m_size; ++b)
            m_weights[a * m_size + b] = m_weights[b * m_size + a] = *present++ ? 1 : 0;
    findNeighbours();
}

void Network::findNeighbours() {
    m_neighbours.assign(m_size, {});
    for (std::size_t a = 0; a < m_size; ++a)
        for (std::size_t b = 0; b < m_size; ++b)
            if (linked(a, b)) m_neighbours[a].push_back(b);
}

Network Network::binary() const {
    Network result = *this;
    for (double& w : result.m_weights) w = w > 0 ? 1 : 0;
    return result;
}

double density(const Network& network) {
    double edges = 0;
    for (std::size_t a = 0; a < network.size(); ++a) edges += static_cast<double>(network.neighbours(a).size());
    const double n = static_cast<double>(network.size());
    return n > 1 ? edges / (n * (n - 1)) : 0;
}

std::vector<double> strengths(const Network& network) {
    std::vector<double> result(network.size(), 0);
    for (std::size_t a = 0; a < network.size(); ++a)
        for (const std::size_t b : network.neighbours(a)) result[a] += network.weight(a, b);
    return result;
}

std::vector<double> clustering(const Network& network) {
    std::vector<double> result(network.size(), 0);
    for (std::size_t a = 0; a < network.size(); ++a) {
        const auto& near = network.neighbours(a);
        if (near.size() < 2) continue;
        double triangles = 0;
        for (const std::size_t b : near)
            for (const std::size_t c : near)
                if (b < c && network.linked(b, c))
                    triangles += std::cbrt(network.weight(a, b) * network.weight(a, c) * network.weight(b, c));
        const double k = static_cast<double>(near.size());
        result[a] = 2 * triangles / (k * (k - 1));
    }
    return result;
}

double transitivity(const Network& network) {
    double closed = 0, open = 0;
    for (std::size_t a = 0; a < network.size(); ++a) {
        const auto& near = network.neighbours(a);
        for (const std::size_t b : near)
            for (const std::size_t c : near) closed += b < c && network.linked(b, c);
        open += static_cast<double>(near.size()) * (static_cast<double>(near.size()) - 1) / 2;
    }
    return open > 0 ? closed / open : 0;
}

std::vector<double> eigenvectorCentrality(const Network& network) {
    const std::size_t n = network.size();
    std::vector<double> vector(n, 1 / std::sqrt(static_cast<double>(std::max<std::size_t>(1, n)))), next(n);
    for (int step = 0; step < 100000; ++step) {
        // A little of the old vector keeps two-sided networks from swinging; it does not move the eigenvector.
        double norm = 0, change = 0;
        for (std::size_t a = 0; a < n; ++a) {
            next[a] = vector[a];
            for (const std::size_t b : network.neighbours(a)) next[a] += network.weight(a, b) * vector[b];
            norm += next[a] * next[a];
        }
        for (std::size_t a = 0; a < n; ++a) {
            next[a] /= std::sqrt(norm);
            change = std::max(change, std::abs(next[a] - vector[a]));
        }
        vector.swap(next);
        if (change < 1e-15) break;
    }
    return vector;
}

std::vector<double> pageRank(const Network& network, double damping) {
    const std::size_t n = network.size();
    const double share = 1 / static_cast<double>(n);
    const auto strength = strengths(network);
    std::vector<double> rank(n, share), next(n);
    for (int step = 0; step < 10000; ++step) {
        double lost = 0, change = 0;
        for (std::size_t a = 0; a < n; ++a) lost += strength[a] > 0 ? 0 : rank[a];
        for (std::size_t a = 0; a < n; ++a) {
            next[a] = (1 - damping + damping * lost) * share;
            for (const std::size_t b : network.neighbours(a))
                next[a] += damping * rank[b] * network.weight(a, b) / strength[b];
        }
        for (std::size_t a = 0; a < n; ++a) change = std::max(change, std::abs(next[a] - rank[a]));
        rank.swap(next);
        if (change < 1e-16) break;
    }
    return rank;
}

double assortativity(const Network& network) {
    double edges = 0, product = 0, mean = 0, squares = 0;
    for (std::size_t a = 0; a < network.size(); ++a)
        for (const std::size_t b : network.neighbours(a)) {
            if (b < a) continue;
            const double j = static_cast<double>(network.neighbours(a).size()),
                         k = static_cast<double>(network.neighbours(b).size());
            product += j * k;
            mean += (j + k) / 2;
            squares += (j * j + k * k) / 2;
            ++edges;
        }
    if (edges == 0) return std::numeric_limits<double>::quiet_NaN();
    mean /= edges;
    const double spread = squares / edges - mean * mean;
    return spread > 1e-12 ? (product / edges - mean * mean) / spread : std::numeric_limits<double>::quiet_NaN();
}

std::vector<int> coreness(const Network& network) {
    const std::size_t n = network.size();
    std::vector<int> degree(n), core(n, 0);
    std::vector<bool> removed(n, false);
    for (std::size_t a = 0; a < n; ++a) degree[a] = static_cast<int>(network.neighbours(a).size());
    int level = 0;
    for (std::size_t step = 0; step < n; ++step) {
        std::size_t weakest = n;
        for (std::size_t a = 0; a < n; ++a)
            if (!removed[a] && (weakest == n || degree[a] < degree[weakest])) weakest = a;
        level = std::max(level, degree[weakest]);
        core[weakest] = level;
        removed[weakest] = true;
        for (const std::size_t b : network.neighbours(weakest)) --degree[b];
    }
    return core;
}

std::vector<int> components(const Network& network) {
    std::vector<int> number(network.size(), -1);
    int next = 0;
    for (std::size_t start = 0; start < network.size(); ++start) {
        if (number[start] >= 0) continue;
        std::vector<std::size_t> open{start};
        number[start] = next;
        while (!open.empty()) {
            const std::size_t a = open.back();
            open.pop_back();
            for (const std::size_t b : network.neighbours(a))
                if (number[b] < 0) {
                    number[b] = next;
                    open.push_back(b);
                }
        }
        ++next;
    }
    return number;
}

double modularity(const Network& network, std::span<const int> modules) {
    checkModules(network, modules);
    const auto strength = strengths(network);
    double total = 0, inside = 0;
    std::map<int, double> sums;
    for (std::size_t a = 0; a < network.size(); ++a) {
        total += strength[a];
        sums[modules[a]] += strength[a];
    }
    for (const double own : ownModuleStrength(network, modules)) inside += own;
    if (total == 0) return 0;
    double expected = 0;
    for (const auto& [module, sum] : sums) expected += sum * sum / total;
    return (inside - expected) / total;
}

std::vector<double> participation(const Network& network, std::span<const int> modules) {
    checkModules(network, modules);
    std::vector<double> result(network.size(), 0);
    for (std::size_t a = 0; a < network.size(); ++a) {
        std::map<int, double> into;
        double total = 0, squares = 0;
        for (const std::size_t b : network.neighbours(a)) {
            into[modules[b]] += network.weight(a, b);
            total += network.weight(a, b);
        }
        for (const auto& [module, weight] : into) squares += weight * weight;
        if (total > 0) result[a] = 1 - squares / (total * total);
    }
    return result;
}

std::vector<double> withinModuleZ(const Network& network, std::span<const int> modules) {
    checkModules(network, modules);
    const auto own = ownModuleStrength(network, modules);
    struct Sums {
        double count = 0, sum = 0, squares = 0;
    };
    std::map<int, Sums> sums;
    for (std::size_t a = 0; a < own.size(); ++a) {
        Sums& s = sums[modules[a]];
        ++s.count;
        s.sum += own[a];
    }
    for (std::size_t a = 0; a < own.size(); ++a) {
        Sums& s = sums[modules[a]];
        s.squares += std::pow(own[a] - s.sum / s.count, 2);
    }
    std::vector<double> result(own.size(), 0);
    for (std::size_t a = 0; a < own.size(); ++a) {
        const Sums& s = sums[modules[a]];
        const double deviation = std::sqrt(s.squares / s.count);
        if (deviation > 1e-12 * std::abs(s.sum)) result[a] = (own[a] - s.sum / s.count) / deviation;
    }
    return result;
}

}  // namespace chronnect
