#pragma once

#include "core/base/JobContext.h"
#include "core/data/Connectivity.h"

#include <cstdint>
#include <span>
#include <vector>

namespace chronnect {

/// An undirected network: weights >= 0 between regions, 0 = no edge, no self-loops. Definitions follow the Brain
/// Connectivity Toolbox (Rubinov and Sporns 2010); weights lie in [0, 1] where a measure says so.
class Network {
public:
    /// From an upper triangle (edgeIndex); NaN becomes no edge. Throws Error(BadInput) on negative weights or a wrong
    /// count.
    Network(std::span<const double> edges, std::size_t regions);
    /// One window of binary graphs.
    Network(const DynamicGraph& graph, std::size_t window);

    std::size_t size() const { return m_size; }
    double weight(std::size_t a, std::size_t b) const { return m_weights[a * m_size + b]; }
    bool linked(std::size_t a, std::size_t b) const { return weight(a, b) > 0; }
    const std::vector<std::size_t>& neighbours(std::size_t region) const { return m_neighbours[region]; }
    /// The same edges with weight 1.
    Network binary() const;

private:
    Network() = default;
    void findNeighbours();

    std::size_t m_size = 0;
    std::vector<double> m_weights;  ///< size x size
    std::vector<std::vector<std::size_t>> m_neighbours;
};

double density(const Network& network);                 ///< edges over possible pairs
std::vector<double> strengths(const Network& network);  ///< sum of weights; the degree for a binary network
/// Watts and Strogatz for a binary network, Onnela et al. 2005 for weights in [0, 1]; 0 with fewer than two neighbours.
std::vector<double> clustering(const Network& network);
double transitivity(const Network& network);  ///< of the binary network: 3 triangles over triples; 0 without triples

/// Shortest paths, sizes x sizes, where an edge is 1 / weight long; infinity where there is none (Dijkstra).
std::vector<double> distances(const Network& network, const JobContext& context = {});
double globalEfficiency(const Network& network, const JobContext& context = {});  ///< mean 1 / distance
/// Of the neighbourhood of each region; with weights as Wang et al. 2016: every weight as its cube root.
std::vector<double> localEfficiency(const Network& network, const JobContext& context = {});
/// Mean distance over pairs; infinity when the network is not connected.
double characteristicPathLength(const Network& network, const JobContext& context = {});
/// Shortest paths that pass through, each ordered pair counted (Brandes 2001); lengths are 1 / weight.
std::vector<double> betweenness(const Network& network, const JobContext& context = {});

std::vector<double> eigenvectorCentrality(const Network& network);            ///< length 1, no negative entries
std::vector<double> pageRank(const Network& network, double damping = 0.85);  ///< sums to 1
double assortativity(const Network& network);         ///< correlation of degrees over edges; NaN when all are equal
std::vector<int> coreness(const Network& network);    ///< largest k whose k-core holds the region
std::vector<int> components(const Network& network);  ///< number of the component, from 0

/// Newman's Q of a partition (one module number per region).
double modularity(const Network& network, std::span<const int> modules);
std::vector<double> participation(const Network& network, std::span<const int> modules);  ///< 0 for isolated regions
/// z of the strength inside the own module (population sd); 0 where the module has no spread.
std::vector<double> withinModuleZ(const Network& network, std::span<const int> modules);

}  // namespace chronnect
