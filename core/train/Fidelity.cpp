#include "core/train/detail/Fidelity.h"

#include "core/base/Random.h"
#include "core/data/Connectivity.h"
#include "core/learning/Scores.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace chronnect::train {

namespace {

/// Which of the last dimension's entries are among the `share` largest of their row.
torch::Tensor topOf(const torch::Tensor& importance, double share) {
    const std::int64_t size = importance.size(-1);
    const auto count = std::clamp<std::int64_t>(std::llround(share * static_cast<double>(size)), 0, size);
    const auto order = importance.argsort(-1, true).slice(-1, 0, count);
    return torch::zeros_like(importance, torch::kBool).scatter_(-1, order, torch::ones_like(order, torch::kBool));
}

/// Chosen pairs a < b as a symmetric matrix.
torch::Tensor matrixOf(const torch::Tensor& pairs, std::int64_t regions) {
    const auto upper = torch::ones({regions, regions}, torch::dtype(torch::kBool).device(pairs.device())).triu(1);
    const auto matrix = torch::zeros({regions, regions}, torch::dtype(torch::kBool).device(pairs.device()))
                            .masked_scatter(upper, pairs);
    return matrix.logical_or(matrix.t());
}

/// How much of the output is lost on average along a deletion, or regained along an insertion.
double deletionScore(const std::vector<double>& outputs) {
    double sum = 0;
    for (const double value : outputs) sum += (outputs.front() - value) / static_cast<double>(outputs.size());
    return sum;
}
double insertionScore(const std::vector<double>& outputs) {
    double sum = 0;
    for (const double value : outputs) sum += (value - outputs.front()) / static_cast<double>(outputs.size());
    return sum;
}

std::vector<double> ranksOf(const torch::Tensor& values) {
    const auto flat = values.detach().to(torch::kCPU, torch::kDouble).flatten().contiguous();
    const double* data = flat.data_ptr<double>();
    std::vector<std::size_t> order(static_cast<std::size_t>(flat.numel()));
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return data[a] < data[b]; });
    std::vector<double> ranks(order.size());
    for (std::size_t from = 0; from < order.size();) {
        std::size_t to = from;
        while (to < order.size() && data[order[to]] == data[order[from]]) ++to;
        for (std::size_t i = from; i < to; ++i) ranks[order[i]] = 0.5 * static_cast<double>(from + to - 1);
        from = to;
    }
    return ranks;
}

}  // namespace

std::vector<std::int64_t> Perturbation::shape() const {
    const std::int64_t regions = m_explained.batch().graphs.regions, windows = m_explained.batch().windows();
    switch (m_unit) {
        case Unit::Pairs: return {static_cast<std::int64_t>(edgeCountOf(static_cast<std::size_t>(regions)))};
        case Unit::Regions: return {windows, regions};
        case Unit::Windows: return {windows};
        case Unit::Series: return {regions};
    }
    return {};
}

double Perturbation::output(const torch::Tensor& importance, double share, bool keep) const {
    const torch::NoGradGuard noGradient;
    const Batch& batch = m_explained.batch();
    const std::int64_t regions = batch.graphs.regions;
    auto gone = topOf(importance, share);
    if (keep) gone = gone.logical_not();
    if (m_unit == Unit::Pairs) {
        const auto bits = model::packGraphs(matrixOf(gone, regions).unsqueeze(0)).bits.to(batch.graphs.bits.device());
        return m_explained.outputOf(m_explained.layersOf(model::withoutPairs(batch.graphs, bits))).item<double>();
    }
    if (m_unit == Unit::Series) {
        const auto series = batch.series.masked_fill(gone.to(batch.series.device()).view({1, 1, -1}), 0);
        return m_explained.outputOf(m_explained.layersOf(series)).item<double>();
    }
    std::vector<torch::Tensor> layers;
    if (m_unit == Unit::Windows) {
        auto kept = gone.logical_not().nonzero().flatten();
        // No window left: the nearest thing to nothing is the least important one alone.
        if (kept.numel() == 0) kept = importance.argmin().view({1});
        for (const auto& layer : m_explained.layers()) layers.push_back(layer.index_select(0, kept.to(layer.device())));
        return m_explained.outputOf(layers).item<double>();
    }
    std::vector<torch::Tensor> parts;
    constexpr std::int64_t chunk = 32;
    for (std::int64_t from = 0; from < batch.windows(); from += chunk) {
        m_explained.compute().check();
        const auto part = gone.slice(0, from, from + chunk);
        parts.push_back(model::packGraphs(part.unsqueeze(1).logical_or(part.unsqueeze(2))).bits);
    }
    const auto bits = torch::cat(parts).to(batch.graphs.bits.device());
    const auto stays = gone.logical_not().to(batch.series.device(), torch::kFloat).unsqueeze(-1);
    for (const auto& layer : m_explained.layersOf(model::withoutPairs(batch.graphs, bits)))
        layers.push_back(layer * stays);
    return m_explained.outputOf(layers).item<double>();
}

const std::vector<double>& fidelityShares() {
    // Symmetric about a half: a random order read backwards then gives the insertion of another random order.
    static const std::vector<double> shares{0, 0.05, 0.2, 0.5, 0.8, 0.95, 1};
    return shares;
}

RandomOrders randomOrders(const Perturbation& perturbation, int orders, std::uint64_t seed) {
    const auto& shares = fidelityShares();
    RandomOrders result;
    result.deletion.assign(shares.size(), 0);
    result.insertion.assign(shares.size(), 0);
    torch::manual_seed(Random(seed).stream("random orders").bits());
    for (int order = 0; order < orders; ++order) {
        const auto importance = torch::rand(perturbation.shape());
        std::vector<double> outputs;
        for (std::size_t i = 0; i < shares.size(); ++i) {
            const bool ends = order > 0 && (i == 0 || i + 1 == shares.size());
            outputs.push_back(!ends    ? perturbation.output(importance, shares[i], false)
                              : i == 0 ? result.whole
                                       : result.nothing);
        }
        result.whole = outputs.front();
        result.nothing = outputs.back();
        const std::vector<double> backwards(outputs.rbegin(), outputs.rend());
        for (std::size_t i = 0; i < shares.size(); ++i) {
            result.deletion[i] += outputs[i] / orders;
            result.insertion[i] += backwards[i] / orders;
        }
        result.deletionScores.push_back(deletionScore(outputs));
        result.insertionScores.push_back(insertionScore(backwards));
    }
    return result;
}

void checkFidelity(const Perturbation& perturbation, const RandomOrders& random, const torch::Tensor& importance,
                   Explanation::Map& map) {
    map.shares = fidelityShares();
    map.randomDeletion = random.deletion;
    map.randomInsertion = random.insertion;
    for (const double share : map.shares) {
        const bool none = share == 0, all = share == 1;
        map.deletion.push_back(none  ? random.whole
                               : all ? random.nothing
                                     : perturbation.output(importance, share, false));
        map.insertion.push_back(none  ? random.nothing
                                : all ? random.whole
                                      : perturbation.output(importance, share, true));
    }
    // For a number the output may rest on lowering it; what counts is the way from nothing to the whole scan.
    const double sign = random.whole >= random.nothing ? 1 : -1;
    const auto check = [&](const char* name, double score, const std::vector<double>& others) {
        std::vector<double> signedOthers;
        for (const double other : others) signedOthers.push_back(sign * other);
        const auto [mean, spread] = meanAndSpread(signedOthers);
        map.checks.push_back({name, sign * score, mean + 2 * spread, sign * score > mean + 2 * spread});
    };
    check("taking the top away lowers the output sooner than random order", deletionScore(map.deletion),
          random.deletionScores);
    check("putting the top back raises the output sooner than random order", insertionScore(map.insertion),
          random.insertionScores);
}

double rankCorrelation(const torch::Tensor& a, const torch::Tensor& b) {
    const auto x = ranksOf(a), y = ranksOf(b);
    const double value = pearson(x, y);
    return std::isfinite(value) ? value : 0;
}

}  // namespace chronnect::train
