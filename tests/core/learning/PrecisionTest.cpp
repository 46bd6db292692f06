#include "core/learning/Learning.h"
#include "core/model/detail/Precision.h"
#include "tests/core/learning/SyntheticCohort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace chronnect;
using test::twoGroups;

namespace {

struct Curve {
    std::vector<double> losses;
    Notices notices;
};

Curve pretrainIn(Precision precision) {
    PretrainSpec spec;
    spec.network.hidden = 16;
    spec.network.layers = 2;
    spec.graph.windowLength = 20;
    spec.graph.windowStep = 5;
    spec.steps = 20;
    spec.batch = 4;
    spec.learningRate = 2e-3;
    spec.precision = precision;
    Curve curve;
    const auto scans = twoGroups(8, 120, 24, 1);
    curve.notices =
        createLearningEngine()
            ->pretrain(*scans, spec, {}, [&](const auto& s) { curve.losses.push_back(s.losses.at("total")); }, {})
            .notices;
    return curve;
}

Curve finetuneIn(Precision precision) {
    FinetuneSpec spec;
    spec.target = "group";
    spec.network.hidden = 16;
    spec.network.layers = 2;
    spec.network.dropout = spec.network.attentionDropout = 0;
    spec.graph.windowLength = 30;
    spec.graph.windowStep = 10;
    spec.folds = 2;
    spec.epochs = 6;
    spec.batch = 8;
    spec.labelPermutation = spec.baselines = false;
    spec.precision = precision;
    const auto scans = twoGroups(16, 100, 20, 5);
    std::vector<std::string> targets;
    for (std::size_t i = 0; i < scans->count(); ++i) targets.push_back(i % 2 ? "woven" : "halves");
    Curve curve;
    const auto watch = [&](const TrainingSnapshot& s) { curve.losses.push_back(s.losses.at("total")); };
    curve.notices = createLearningEngine()->finetune(*scans, targets, nullptr, spec, {}, watch, {}).notices;
    return curve;
}

double largestRelativeDifference(const Curve& a, const Curve& b) {
    if (a.losses.size() != b.losses.size()) return 1e9;
    double largest = 0;
    for (std::size_t i = 0; i < a.losses.size(); ++i)
        largest = std::max(largest, std::abs(a.losses[i] - b.losses[i]) / std::abs(b.losses[i]));
    return largest;
}

bool mentions(const Notices& notices, const std::string& text) {
    return std::ranges::any_of(notices,
                               [&](const Notice& notice) { return notice.text.find(text) != std::string::npos; });
}

}  // namespace

TEST(Precision, Bf16TrainingStaysCloseToFloat32) {
    for (const auto& train : {pretrainIn, finetuneIn}) {
        const Curve exact = train(Precision::Float32), coarse = train(Precision::BFloat16);
        if (!model::hasBFloat16Instructions()) {
            EXPECT_TRUE(mentions(coarse.notices, "bf16"));
            EXPECT_EQ(exact.losses, coarse.losses);
            continue;
        }
        EXPECT_FALSE(mentions(coarse.notices, "bf16"));
        const double difference = largestRelativeDifference(coarse, exact);
        EXPECT_GT(difference, 1e-7) << "bf16 changed nothing: the setting is not honoured";
        EXPECT_LT(difference, 0.02);
    }
}

TEST(Precision, WhatHelpsNothingIsSaidAndChangesNothing) {
    for (const auto& train : {pretrainIn, finetuneIn}) {
        const Curve exact = train(Precision::Float32), asked = train(Precision::TensorFloat32);
        EXPECT_TRUE(mentions(asked.notices, "tf32"));
        EXPECT_FALSE(mentions(exact.notices, "tf32"));
        EXPECT_EQ(exact.losses, asked.losses);
    }
}
