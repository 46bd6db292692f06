#include "core/model/detail/BFloat16.h"
#include "core/model/detail/FusedEncoder.h"
#include "core/model/detail/WindowKernels.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <thread>

using namespace chronnect;
using namespace chronnect::model;

namespace {

NetworkSpec small() {
    NetworkSpec spec;
    spec.hidden = 24;
    spec.layers = 3;
    return spec;
}

/// Largest difference relative to the largest value of what is right.
double relativeError(const torch::Tensor& found, const torch::Tensor& right) {
    const auto truth = right.detach().to(torch::kDouble);
    return ((found.detach().to(torch::kDouble) - truth).abs().max() / truth.abs().max().clamp_min(1e-30))
        .item<double>();
}

/// Random symmetric graphs with self-loops, and inputs and weights of the loss below.
struct Case {
    std::int64_t windows = 9, regions = 70;
    Graphs graphs;
    torch::Tensor codes, hidden, token, weights, vectors, mixing;

    explicit Case(int width) {
        torch::manual_seed(4);
        auto dense = (torch::rand({windows, regions, regions}) < 0.2).to(torch::kFloat);
        dense = ((dense + dense.transpose(1, 2) + torch::eye(regions)) > 0).to(torch::kFloat);
        graphs = packGraphs(dense);
        codes = torch::randn({windows, width});
        hidden = torch::rand({windows, regions}) < 0.3;
        token = torch::randn({width});
        weights = torch::rand({windows, regions});
        vectors = torch::randn({windows, width});
        mixing = torch::randn({windows, regions, width});
    }
};

enum class Hiding { None, Some };

/// A loss that uses all that an encoding offers; its terms are of similar size.
struct Outcome {
    std::vector<torch::Tensor> results;
    std::map<std::string, torch::Tensor> gradients;
};

enum class Form { Plain, Fused, FusedInBFloat16 };

Outcome outcome(Encoder encoder, const Case& given, Hiding hiding, torch::ScalarType type, Form form) {
    const auto leaf = [&](const torch::Tensor& t) { return t.to(type).clone().requires_grad_(); };
    const auto codes = leaf(given.codes), token = leaf(given.token), weights = leaf(given.weights);
    const auto vectors = leaf(given.vectors);
    NodeInput input = encoder->nodeInput(codes);
    if (hiding == Hiding::Some) {
        input.hidden = given.hidden;
        input.token = token;
    }
    Encoding encoding;
    if (form == Form::Plain) {
        for (const auto& layer : encoder->layers(given.graphs, input, {})) {
            encoding.layers.push_back(plainCodes(layer));
            const auto term = orthogonality(layer, {});
            encoding.orthogonality = encoding.orthogonality.defined() ? encoding.orthogonality + term : term;
            encoding.last = layer;
        }
    } else {
        Compute compute;
        if (form == Form::FusedInBFloat16) compute.precision = Precision::BFloat16;
        encoding = fusedEncoding(*encoder, given.graphs, input, {.orthogonality = true, .last = true}, compute);
    }
    Outcome outcome;
    auto loss = 0.3 * encoding.orthogonality + (encoding.last * given.mixing.to(type)).mean();
    outcome.results = {encoding.orthogonality.detach(), encoding.last.detach()};
    for (const auto& layer : encoding.layers) {
        const auto mean = layer->mean(), sum = layer->weighted(weights), scores = layer->scores(vectors);
        loss = loss + mean.square().mean() + (sum / 70).square().mean() + torch::sigmoid(scores / 10).mean();
        for (const auto& value : {mean, sum, scores}) outcome.results.push_back(value.detach());
    }
    auto parameters = encoder->named_parameters();
    std::vector<torch::Tensor> wanted{codes, weights, vectors};
    std::vector<std::string> names{"codes", "weights", "vectors"};
    if (hiding == Hiding::Some) {
        wanted.push_back(token);
        names.emplace_back("token");
    }
    for (const auto& item : parameters) {
        if (item.key().starts_with("time_code")) continue;
        wanted.push_back(item.value());
        names.push_back(item.key());
    }
    const auto found = torch::autograd::grad({loss}, wanted);
    for (std::size_t i = 0; i < found.size(); ++i) outcome.gradients[names[i]] = found[i];
    return outcome;
}

Encoder encoderFor(const Case& given, torch::ScalarType type) {
    torch::manual_seed(8);
    Encoder encoder(given.regions, small());
    torch::NoGradGuard noGradient;
    for (auto& gin : encoder->gin) {
        gin->eps.fill_(0.4);
        gin->norm1->weight.uniform_(0.5, 1.5);
        gin->norm2->bias.uniform_(-0.3, 0.3);
    }
    encoder->to(type);
    return encoder;
}

bool cancelsOut(const std::string& name) { return name.ends_with("linear1.bias") || name.ends_with("linear2.bias"); }

}  // namespace

TEST(Fused, ValuesAndGradientsAreThoseOfThePlainForm) {
    const Case given(small().hidden);
    for (const Hiding hiding : {Hiding::None, Hiding::Some}) {
        // The plain form in double is the truth; the fused one may be as far from it as float32 is.
        const Outcome truth = outcome(encoderFor(given, torch::kDouble), given, hiding, torch::kDouble, Form::Plain);
        const Outcome fused = outcome(encoderFor(given, torch::kFloat), given, hiding, torch::kFloat, Form::Fused);
        ASSERT_EQ(fused.results.size(), truth.results.size());
        for (std::size_t i = 0; i < truth.results.size(); ++i)
            EXPECT_LT(relativeError(fused.results[i], truth.results[i]), 1e-5) << "result " << i;
        for (const auto& [name, right] : truth.gradients) {
            if (cancelsOut(name)) {
                EXPECT_EQ(fused.gradients.at(name).abs().max().item<double>(), 0) << name;
                EXPECT_LT(right.abs().max().item<double>(), 1e-12) << name;
                continue;
            }
            EXPECT_LT(relativeError(fused.gradients.at(name), right), 1e-5) << name;
        }
    }
}

TEST(Fused, RunningStatisticsAreThoseOfThePlainForm) {
    const Case given(small().hidden);
    Encoder a = encoderFor(given, torch::kFloat), b = encoderFor(given, torch::kFloat);
    const auto input = [&](Encoder& encoder) { return encoder->nodeInput(given.codes); };
    const torch::NoGradGuard noGradient;
    for (int turn = 0; turn < 2; ++turn) {
        fusedEncoding(*a, given.graphs, input(a), {}, {});
        b->layers(given.graphs, input(b), {});
    }
    for (const auto& item : a->named_buffers())
        EXPECT_LT(relativeError(item.value(), b->named_buffers()[item.key()]), 1e-5) << item.key();
}

TEST(Fused, SlopeOfTheLossIsTheGradient) {
    const Case given(small().hidden);
    Encoder encoder = encoderFor(given, torch::kFloat);
    const auto lossAt = [&](const torch::Tensor& codes) {
        const torch::NoGradGuard noGradient;
        const auto encoding =
            fusedEncoding(*encoder, given.graphs, encoder->nodeInput(codes), {.orthogonality = true}, {});
        return encoding.orthogonality.item<double>() + encoding.layers.back()->mean().square().sum().item<double>();
    };
    const auto codes = given.codes.clone().requires_grad_();
    const auto encoding = fusedEncoding(*encoder, given.graphs, encoder->nodeInput(codes), {.orthogonality = true}, {});
    const auto loss = encoding.orthogonality + encoding.layers.back()->mean().square().sum();
    const auto gradient = torch::autograd::grad({loss}, {codes})[0];
    torch::manual_seed(11);
    for (int turn = 0; turn < 4; ++turn) {
        const auto direction = torch::randn_like(given.codes);
        const double step = 2e-4;  // small, or too many of the kinks of ReLU lie in between
        const double slope =
            (lossAt(given.codes + step * direction) - lossAt(given.codes - step * direction)) / (2 * step);
        const double expected = (gradient * direction).sum().item<double>();
        EXPECT_NEAR(slope, expected, 0.02 * std::max(std::abs(expected), gradient.norm().item<double>()));
    }
}

// Without OpenMP's compiler flag LibTorch's headers run such a loop on one thread, and nothing says so.
TEST(Fused, LoopsRunOnAsManyThreadsAsAskedFor) {
    const int before = at::get_num_threads();
    at::set_num_threads(2);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
    });
    at::set_num_threads(before);
    EXPECT_EQ(threads.size(), 2u);
}

TEST(Fused, TheNumberOfThreadsChangesNoBit) {
    const Case given(small().hidden);
    const int before = at::get_num_threads();
    std::vector<Outcome> outcomes;
    for (const int threads : {1, 2, 3}) {
        at::set_num_threads(threads);
        outcomes.push_back(outcome(encoderFor(given, torch::kFloat), given, Hiding::Some, torch::kFloat, Form::Fused));
    }
    at::set_num_threads(before);
    for (const std::size_t other : {1u, 2u}) {
        for (const auto& [name, gradient] : outcomes[0].gradients)
            EXPECT_TRUE(torch::equal(gradient, outcomes[other].gradients.at(name))) << name;
        EXPECT_TRUE(torch::equal(outcomes[0].results[0], outcomes[other].results[0]));
    }
}

TEST(Fused, OrthogonalityOfOrthogonalAndOfEmptyCodes) {
    GramWork work;
    // Two regions that share nothing, one that is all zero: |triu(G / max - I)| is 1, from the empty one.
    std::vector<float> gram{4, 0, 0, 0, 9, 0, 0, 0, 0};
    work.largest.resize(3);
    rowMaxima(gram.data(), 3, work.largest.data());
    EXPECT_EQ(work.largest, (std::vector<float>{4, 9, 0}));
    EXPECT_NEAR(orthogonalityOf(gram.data(), work.largest.data(), 3), 1, 1e-12);
    gram = {4, 0, 0, 9};
    work.largest = {4, 9};
    EXPECT_EQ(orthogonalityOf(gram.data(), work.largest.data(), 2), 0);
    orthogonalityGradient(gram.data(), 2, 0, 1, work);
    EXPECT_EQ(gram, (std::vector<float>{0, 0, 0, 0}));
    // By hand: G = (1, 2; 2, 9) has maxima 2 and 9, so triu(G / max - I) = (-1/2, 1; 0, 0) with norm sqrt(5)/2.
    gram = {1, 2, 0, 9};
    rowMaxima(gram.data(), 2, work.largest.data());
    EXPECT_EQ(work.largest, (std::vector<float>{2, 9}));
    const double value = orthogonalityOf(gram.data(), work.largest.data(), 2);
    EXPECT_NEAR(value, std::sqrt(5.0) / 2, 1e-7);
    orthogonalityGradient(gram.data(), 2, value, value, work);
    // (G11 / m - 1) / m = -1/4; G12 is its own row's maximum, so its ratio stays 1 and what it adds comes from G11.
    EXPECT_NEAR(gram[0], -0.25, 1e-6);
    EXPECT_NEAR(gram[1], 0.125, 1e-6);
    EXPECT_NEAR(gram[3], 0, 1e-6);
}

TEST(Fused, Bf16StaysWithinItsRounding) {
    if (!bf16::available()) GTEST_SKIP() << "this processor has no bf16 instructions";
    const Case given(small().hidden);
    const Outcome truth = outcome(encoderFor(given, torch::kDouble), given, Hiding::Some, torch::kDouble, Form::Plain);
    const Outcome found =
        outcome(encoderFor(given, torch::kFloat), given, Hiding::Some, torch::kFloat, Form::FusedInBFloat16);
    // A rounded number is off by at most 1/512 of itself; three layers add up to a few of those.
    for (std::size_t i = 0; i < truth.results.size(); ++i) {
        EXPECT_LT(relativeError(found.results[i], truth.results[i]), 0.02) << "result " << i;
        EXPECT_GT(relativeError(found.results[i], truth.results[i]), 1e-6) << "result " << i;
    }
    for (const auto& [name, right] : truth.gradients) {
        if (cancelsOut(name)) continue;
        const auto along =
            torch::cosine_similarity(found.gradients.at(name).flatten().to(torch::kDouble), right.flatten(), 0);
        EXPECT_GT(along.item<double>(), 0.995) << name;
    }
}

TEST(BFloat16, ProductsAreExactForNumbersThatNeedNoRounding) {
    if (!bf16::available()) GTEST_SKIP() << "this processor has no bf16 instructions";
    torch::manual_seed(3);
    // Small whole numbers and their sums are exact in bf16 and float32, so every product must be.
    for (const auto& [rows, inner, columns] :
         std::vector<std::array<std::int64_t, 3>>{{13, 7, 33}, {12, 128, 64}, {1, 1, 1}, {81, 30, 40}}) {
        const auto a = torch::randint(-8, 9, {rows, inner}).to(torch::kFloat);
        const auto b = torch::randint(-8, 9, {inner, columns}).to(torch::kFloat).contiguous();
        const auto start = torch::randint(-8, 9, {rows, columns}).to(torch::kFloat);
        const std::int64_t pairs = bf16::pairsOf(inner), padded = bf16::paddedColumns(columns);
        std::vector<std::uint32_t> left(static_cast<std::size_t>(rows * pairs)),
            right(static_cast<std::size_t>(pairs * padded));
        bf16::narrow(a.data_ptr<float>(), rows, inner, inner, left.data());
        bf16::pairRows(b.data_ptr<float>(), inner, columns, columns, right.data());
        auto sum = start.clone(), product = torch::full_like(start, 99);
        bf16::multiply({left.data(), rows, pairs, 1}, {right.data(), pairs, columns, padded}, sum.data_ptr<float>(),
                       columns, true);
        bf16::multiply({left.data(), rows, pairs, 1}, {right.data(), pairs, columns, padded}, product.data_ptr<float>(),
                       columns, false);
        EXPECT_TRUE(torch::equal(sum, start + torch::mm(a, b)));
        EXPECT_TRUE(torch::equal(product, torch::mm(a, b)));
        // The same left factor from its transpose, and the same right one from its transpose.
        const auto aT = a.t().contiguous(), bT = b.t().contiguous();
        const std::int64_t paddedRows = bf16::paddedColumns(rows);
        std::vector<std::uint32_t> turned(static_cast<std::size_t>(pairs * paddedRows)),
            narrowed(static_cast<std::size_t>(columns * pairs));
        auto again = right;
        bf16::pairRows(aT.data_ptr<float>(), inner, rows, rows, turned.data());
        bf16::narrow(bT.data_ptr<float>(), columns, inner, inner, narrowed.data());
        bf16::transpose(narrowed.data(), columns, pairs, again.data());
        EXPECT_EQ(again, right);
        bf16::multiply({turned.data(), rows, 1, paddedRows}, {again.data(), pairs, columns, padded},
                       product.data_ptr<float>(), columns, false);
        EXPECT_TRUE(torch::equal(product, torch::mm(a, b)));
    }
}

TEST(Fused, RunsBackwardOnceOnly) {
    const Case given(small().hidden);
    Encoder encoder = encoderFor(given, torch::kFloat);
    const auto encoding = fusedEncoding(*encoder, given.graphs, encoder->nodeInput(given.codes), {}, {});
    const auto loss = encoding.layers.back()->mean().sum();
    loss.backward({}, true);
    EXPECT_THROW(loss.backward({}, true), std::exception);
    EXPECT_THROW(encoding.layers.front()->weighted(given.weights), std::exception);
}
