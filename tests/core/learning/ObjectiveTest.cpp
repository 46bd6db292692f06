#include "core/base/Error.h"
#include "core/train/detail/Masks.h"
#include "core/train/detail/Objective.h"
#include "core/train/detail/StJema.h"
#include "tests/core/learning/SyntheticCohort.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace chronnect;
using namespace chronnect::train;

namespace {

constexpr std::int64_t regions = 24;

PretrainSpec specOf(const std::string& objective, Decoder decoder = Decoder::Usual) {
    PretrainSpec spec;
    spec.objective = objective;
    spec.decoder = decoder;
    spec.network.hidden = 8;
    spec.network.layers = 2;
    spec.graph.windowLength = 20;
    spec.graph.windowStep = 5;
    spec.seed = 3;
    return spec;
}

/// A batch, an encoder and an objective that know each other.
struct Setting {
    explicit Setting(PretrainSpec wanted, int scans = 2) : spec(wanted), cohort(*source) {
        torch::manual_seed(7);
        encoder = model::Encoder(regions, spec.network);
        objective = makeObjective(spec, regions);
        std::vector<std::size_t> chosen;
        for (int scan = 0; scan < scans; ++scan) chosen.push_back(static_cast<std::size_t>(scan));
        batch = makeBatch(cohort, chosen, 0, 0, spec.graph, compute);
        evaluation();
    }
    void evaluation() {
        encoder->eval();
        objective->eval();
    }
    View view(const Masks& masks) {
        Random random(5);
        return objective->view(encoder, batch, masks, random, compute);
    }
    Masks masks() const {
        Random random(4);
        return objective->drawMasks(batch, random);
    }
    Losses losses() {
        Random random(4);
        return objective->losses(encoder, batch, random, compute);
    }

    std::shared_ptr<const ScanSource> source = test::twoGroups(4, 120, regions, 1);
    PretrainSpec spec;
    Cohort cohort;
    model::Compute compute;
    model::Encoder encoder{nullptr};
    std::shared_ptr<Objective> objective;
    Batch batch;
};

/// Region 3 hidden in all windows, nothing else, with the pairs that the objective takes out for it.
Masks hidingRegionThree(const Setting& setting) {
    Masks masks = setting.masks();
    masks.regions.fill_(false);
    masks.regions.select(1, 3).fill_(true);
    masks.pairs = setting.spec.objective == "st-jema" ? pairsOfRegions(masks.regions) : torch::zeros_like(masks.pairs);
    masks.asked = torch::Tensor();
    return masks;
}

bool same(const torch::Tensor& a, const torch::Tensor& b) { return a.equal(b); }

torch::Tensor denseOf(const torch::Tensor& bits) { return model::unpackGraphs(bits, regions, torch::kBool); }

const std::vector<std::string> all{"st-mae", "st-jema", "graphmae"};

}  // namespace

TEST(Masks, PairsOfAndWithinRegionsAreWhatTheirNamesSay) {
    auto chosen = torch::zeros({2, 70}, torch::kBool);
    chosen[0][1] = chosen[0][66] = chosen[1][69] = true;
    const auto of = model::unpackGraphs(pairsOfRegions(chosen), 70, torch::kBool);
    const auto within = model::unpackGraphs(pairsWithin(chosen), 70, torch::kBool);
    for (int window = 0; window < 2; ++window)
        for (int a = 0; a < 70; ++a)
            for (int b = 0; b < 70; ++b) {
                const bool first = chosen[window][a].item<bool>(), second = chosen[window][b].item<bool>();
                ASSERT_EQ(of[window][a][b].item<bool>(), a != b && (first || second)) << a << " " << b;
                ASSERT_EQ(within[window][a][b].item<bool>(), a != b && first && second) << a << " " << b;
            }
}

TEST(Objective, KnowsItsThreeMembersAndRefusesOthers) {
    EXPECT_EQ(objectiveNames(), all);
    EXPECT_THROW(makeObjective(specOf("st-nothing"), regions), Error);
}

TEST(Objective, EveryDecoderAndAblationGivesFiniteLossesOfItsParts) {
    for (const auto& name : all)
        for (const Decoder decoder : {Decoder::Mixer, Decoder::Gin, Decoder::Mlp})
            for (const double spatial : {0.0, 0.5, 1.0}) {
                PretrainSpec spec = specOf(name, decoder);
                spec.spatialWeight = spatial;
                spec.nodeFeature = NodeFeature::FcRow;
                SCOPED_TRACE(name + " " + std::string(nameOf(decoder)) + " " + std::to_string(spatial));
                Setting setting(spec);
                setting.encoder->train();
                setting.objective->train();
                const Losses losses = setting.losses();
                EXPECT_EQ(losses.parts.contains("spatial node"), spatial > 0);
                EXPECT_EQ(losses.parts.contains("temporal node"), spatial < 1);
                EXPECT_EQ(losses.parts.contains("spatial edge"), spatial > 0 && name != "graphmae");
                EXPECT_EQ(losses.parts.contains("temporal edge"), spatial < 1 && name != "graphmae");
                for (const auto& [part, value] : losses.values()) EXPECT_TRUE(std::isfinite(value)) << part;
                losses.total.backward();
                double moved = 0;
                for (const auto& parameter : setting.encoder->parameters())
                    if (parameter.grad().defined()) moved += parameter.grad().abs().sum().item<double>();
                EXPECT_TRUE(std::isfinite(moved));
                EXPECT_GT(moved, 0);
            }
}

TEST(Objective, NoGradientReachesTheTargets) {
    for (const auto& name : all) {
        PretrainSpec spec = specOf(name);
        spec.nodeTarget = NodeTarget::InputFeature;  // the one whose target is itself learned
        Setting setting(spec);
        const View view = setting.view(setting.masks());
        EXPECT_FALSE(setting.objective->nodeTargets(setting.batch, view, {0, 1}).requires_grad()) << name;
        setting.losses().total.backward();
        for (const auto& item : setting.objective->named_parameters())
            if (item.key().starts_with("target_encoder.")) {
                EXPECT_FALSE(item.value().requires_grad()) << item.key();
                EXPECT_FALSE(item.value().grad().defined()) << item.key();
            }
    }
}

TEST(Objective, CodesDoNotDependOnTheIdentityOfHiddenRegions) {
    for (const auto& name : all) {
        Setting setting(specOf(name));
        const Masks masks = hidingRegionThree(setting);
        const torch::NoGradGuard noGradient;
        const auto before = setting.view(masks).latent;
        setting.encoder->regionMap->weight.select(1, 3).add_(5);
        EXPECT_TRUE(same(before, setting.view(masks).latent)) << name;
        setting.encoder->regionMap->weight.select(1, 4).add_(5);
        EXPECT_FALSE(same(before, setting.view(masks).latent)) << name << ": a visible one must matter";
    }
}

TEST(Objective, SignalsOfHiddenRegionsEnterOnlyThroughAnUnmaskedTimeCode) {
    for (const auto& name : all)
        for (const NodeFeature feature : {NodeFeature::BoldPatch, NodeFeature::FcRow})
            for (const TimeCode code : {TimeCode::MaskedSeries, TimeCode::None, TimeCode::WholeSeries}) {
                PretrainSpec spec = specOf(name);
                spec.timeCode = code;
                spec.nodeFeature = feature;
                Setting setting(spec);
                const Masks masks = hidingRegionThree(setting);
                const torch::NoGradGuard noGradient;
                const auto before = setting.view(masks).latent;
                setting.batch.series = setting.batch.series.clone();
                setting.batch.series.select(2, 3).add_(torch::randn({120}));  // the graphs stay as they are
                EXPECT_EQ(same(before, setting.view(masks).latent), code != TimeCode::WholeSeries)
                    << name << " " << nameOf(code) << " " << nameOf(feature);
            }
}

TEST(Objective, AMaskedTimeCodeHidesTheSameRegionsInAllWindows) {
    for (const auto& name : all) {
        PretrainSpec spec = specOf(name);
        spec.timeCode = TimeCode::MaskedSeries;
        Setting setting(spec);
        const auto hidden = setting.masks().regions.view({2, -1, regions});
        EXPECT_TRUE(same(hidden.any(1), hidden.all(1))) << name;
        EXPECT_FALSE(same(hidden[0], hidden[1])) << name << ": but not in all scans";
    }
}

TEST(Objective, WindowsWithoutCommonVolumesMeetOnlyInTheTimeCode) {
    for (const TimeCode code : {TimeCode::WholeSeries, TimeCode::None}) {
        PretrainSpec spec = specOf("st-mae");
        spec.timeCode = code;
        Setting setting(spec, 1);
        const Masks masks = setting.masks();
        const torch::NoGradGuard noGradient;
        const auto before = setting.view(masks).latent;
        const std::int64_t window = 8, gap = 4;
        const int start = setting.batch.starts[window];
        setting.batch.series = setting.batch.series.clone();
        setting.batch.series.slice(1, start, start + 20).normal_();
        setting.batch.graphs =
            model::buildGraphs(setting.batch.series, setting.batch.starts, spec.graph, setting.compute);
        const auto after = setting.view(masks).latent;
        EXPECT_FALSE(same(before[window], after[window]));
        EXPECT_TRUE(same(before.slice(0, 0, window - gap + 1), after.slice(0, 0, window - gap + 1)));
        // Later windows' codes come from a GRU that has passed through the changed window.
        EXPECT_EQ(same(before.slice(0, window + gap), after.slice(0, window + gap)), code == TimeCode::None);
    }
}

TEST(Objective, TheOrderOfWindowsDoesNotMatterToTheSpatialLoss) {
    PretrainSpec spec = specOf("st-mae");
    spec.timeCode = TimeCode::None;
    spec.spatialWeight = 1;
    Setting setting(spec, 1);
    const Masks masks = setting.masks();
    const auto windows = setting.batch.windows();
    const auto order = torch::randperm(windows);
    const auto lossOf = [&](const Masks& given) {
        const View view = setting.view(given);
        double sum = 0;
        for (std::int64_t window = 0; window < windows; ++window) {
            const auto cut = [&](const torch::Tensor& tensor) { return tensor.slice(0, window, window + 1); };
            const auto target = setting.objective->nodeTargets(setting.batch, view, {window});
            const auto predicted = setting.objective->nodes(cut(view.latent), cut(view.hidden),
                                                            {cut(view.decoded.bits), regions}, setting.compute);
            sum += (1 - torch::cosine_similarity(predicted, target, -1, 1e-8))
                       .pow(2)
                       .masked_select(cut(view.hidden))
                       .mean()
                       .item<double>();
        }
        return sum / static_cast<double>(windows);
    };
    const double straight = lossOf(masks);
    Masks turned{masks.regions.index_select(0, order), masks.pairs.index_select(0, order), {}};
    std::vector<int> starts;
    for (std::int64_t i = 0; i < windows; ++i)
        starts.push_back(setting.batch.starts[static_cast<std::size_t>(order[i].item<std::int64_t>())]);
    setting.batch.starts = starts;
    setting.batch.graphs = setting.batch.graphs.select(order);
    EXPECT_NEAR(lossOf(turned), straight, 1e-6);
    EXPECT_GT(straight, 0);
}

TEST(Objective, EdgesFromTwoWindowsAreTheMeanOfBothProductsAndSymmetric) {
    for (const std::string name : {"st-mae", "st-jema"}) {
        Setting setting(specOf(name));
        const torch::NoGradGuard noGradient;
        const auto a = torch::randn({3, regions, 8}), b = torch::randn({3, regions, 8});
        const auto edges = setting.objective->edgesBetween(a, b);
        EXPECT_TRUE(same(edges, edges.transpose(1, 2))) << name;
        EXPECT_TRUE(torch::allclose(edges, setting.objective->edgesBetween(b, a), 1e-5, 1e-7)) << name;
        EXPECT_LT(edges.max().item<float>(), 1);
        EXPECT_GT(edges.min().item<float>(), 0);
    }
}

TEST(StJema, HidesBlocksAsksForTheirSquaresAndLeavesATenth) {
    Setting setting(specOf("st-jema"));
    const Masks masks = setting.masks();
    const auto asked = denseOf(masks.asked), taken = denseOf(masks.pairs);
    EXPECT_TRUE(same(masks.pairs, pairsOfRegions(masks.regions)));
    EXPECT_TRUE(same(asked.logical_and(taken), asked)) << "what is asked for is taken out";
    for (std::int64_t window = 0; window < masks.regions.size(0); ++window) {
        EXPECT_GE((~masks.regions[window]).sum().item<std::int64_t>(), 2);
        const auto hidden = masks.regions[window];
        for (std::int64_t region = 0; region + 1 < regions;
             ++region)  // neighbours inside a block are a pair of its square
            if (asked[window][region].any().item<bool>()) {
                EXPECT_TRUE(hidden[region].item<bool>());
            }
        EXPECT_TRUE(same(asked[window], asked[window].t()));
    }
    // One block alone is one square.
    PretrainSpec one = specOf("st-jema");
    one.blocks = 1;
    Setting single(one);
    const Masks block = single.masks();
    EXPECT_TRUE(same(block.asked, pairsWithin(block.regions)));
    const auto size = block.regions.sum(1);
    EXPECT_GE(size.min().item<std::int64_t>(), 2);
    EXPECT_LE(size.max().item<std::int64_t>(), 7);
    const auto edges = block.regions.to(torch::kInt).diff(1, 1).ne(0).sum(1);
    EXPECT_LE(edges.max().item<std::int64_t>(), 2) << "consecutive regions";
}

TEST(StJema, MomentumFollowsItsScheduleAndTheTargetEncoderItsClosedForm) {
    PretrainSpec spec = specOf("st-jema");
    EXPECT_DOUBLE_EQ(emaMomentum(spec, 0), 0.996);
    EXPECT_DOUBLE_EQ(emaMomentum(spec, 0.5), 0.998);
    EXPECT_DOUBLE_EQ(emaMomentum(spec, 1), 1.0);
    spec.emaSchedule = EmaSchedule::Cosine;
    EXPECT_NEAR(emaMomentum(spec, 0.25), 0.996 + 0.004 * (1 - std::sqrt(0.5)) / 2, 1e-12);
    EXPECT_DOUBLE_EQ(emaMomentum(spec, 0.5), 0.998);

    spec.emaStart = 0.5;  // so that every step shows
    Setting setting(spec);
    setting.losses();
    const std::string name = "target_encoder.gin_0.linear1.weight";
    const torch::NoGradGuard noGradient;
    auto theirs = setting.encoder->gin[0]->linear1->weight;
    const auto own = setting.objective->named_parameters()[name];
    EXPECT_TRUE(same(own, theirs)) << "starts as a copy";
    auto expected = own.to(torch::kDouble).clone();
    for (int step = 1; step <= 6; ++step) {
        theirs.fill_(static_cast<float>(step * step));
        setting.objective->afterStep(setting.encoder, step / 6.0);
        const double momentum = 0.5 + 0.5 * (1 - std::cos(M_PI * step / 6.0)) / 2;
        expected = momentum * expected + (1 - momentum) * step * step;
        EXPECT_TRUE(torch::allclose(own.to(torch::kDouble), expected, 1e-6, 1e-6)) << step;
    }
    setting.losses();
    EXPECT_TRUE(torch::allclose(own.to(torch::kDouble), expected, 1e-6, 1e-6)) << "computing losses moves nothing";
}

TEST(StJema, LossesAreTheMeanSquaresAndEntropiesOfWhatIsHidden) {
    PretrainSpec spec = specOf("st-jema");
    spec.spatialWeight = 1;
    Setting setting(spec);
    const torch::NoGradGuard noGradient;
    const Losses losses = setting.losses();
    Random random(4);
    const Masks masks = setting.objective->drawMasks(setting.batch, random);
    const View view = setting.objective->view(setting.encoder, setting.batch, masks, random, setting.compute);
    const auto predicted = setting.objective->nodes(view.latent, view.hidden, view.decoded, setting.compute);
    const auto probability = setting.objective->edges(view.latent, view.hidden);
    const auto truth = denseOf(setting.batch.graphs.bits),
               asked = denseOf(view.askedPairs).logical_and(torch::ones({regions, regions}, torch::kBool).triu(1));
    double squares = 0, entropies = 0;
    const auto windows = setting.batch.graphs.count();
    for (std::int64_t window = 0; window < windows; ++window) {
        squares += (predicted[window] - view.targets[window])
                       .square()
                       .mean(1)
                       .masked_select(view.hidden[window])
                       .mean()
                       .item<double>();
        const auto p = probability[window].masked_select(asked[window]).to(torch::kDouble).clamp(1e-6, 1 - 1e-6);
        const auto y = truth[window].masked_select(asked[window]).to(torch::kDouble);
        entropies -= (y * p.log() + (1 - y) * (1 - p).log()).mean().item<double>();
    }
    EXPECT_NEAR(losses.values().at("spatial node"), squares / static_cast<double>(windows), 1e-5);
    EXPECT_NEAR(losses.values().at("spatial edge"), entropies / static_cast<double>(windows), 1e-5);
    EXPECT_NEAR(losses.values().at("total"), losses.values().at("spatial node") + losses.values().at("spatial edge"),
                1e-5);
}

TEST(GraphMae, WithReMaskTheDecoderDoesNotSeeCodesOfHiddenRegions) {
    for (const Decoder decoder : {Decoder::Gin, Decoder::Mixer, Decoder::Mlp})
        for (const bool remask : {true, false}) {
            PretrainSpec spec = specOf("graphmae", decoder);
            spec.remask = remask;
            Setting setting(spec);
            const torch::NoGradGuard noGradient;
            const View view = setting.view(setting.masks());
            auto changed = view.latent.clone();
            changed.masked_fill_(view.hidden.unsqueeze(-1), 3.0);
            const auto before = setting.objective->nodes(view.latent, view.hidden, view.decoded, setting.compute);
            const auto after = setting.objective->nodes(changed, view.hidden, view.decoded, setting.compute);
            EXPECT_EQ(same(before, after), remask && decoder != Decoder::Mlp) << nameOf(decoder) << " " << remask;
        }
}

TEST(GraphMae, LossIsTheScaledCosineErrorOfHiddenRegions) {
    for (const double power : {1.0, 2.0, 3.0}) {
        PretrainSpec spec = specOf("graphmae");
        spec.cosinePower = power;
        Setting setting(spec);
        const torch::NoGradGuard noGradient;
        const Losses losses = setting.losses();
        Random random(4);
        const Masks masks = setting.objective->drawMasks(setting.batch, random);
        const View view = setting.objective->view(setting.encoder, setting.batch, masks, random, setting.compute);
        const auto predicted = setting.objective->nodes(view.latent, view.hidden, view.decoded, setting.compute);
        const auto cosine = (predicted * view.targets).sum(-1) / (predicted.norm(2, -1) * view.targets.norm(2, -1));
        double sum = 0;
        for (std::int64_t window = 0; window < setting.batch.graphs.count(); ++window)
            sum += (1 - cosine[window]).pow(power).masked_select(view.hidden[window]).mean().item<double>();
        EXPECT_NEAR(losses.values().at("spatial node"), sum / static_cast<double>(setting.batch.graphs.count()), 1e-5)
            << power;
        // The targets are the z-scored signals of the windows.
        const int start = setting.batch.starts[2];
        EXPECT_TRUE(same(view.targets[2], setting.batch.series[0].slice(0, start, start + 20).t()));
    }
}

TEST(GraphMae, AShareOfHiddenRegionsIsShownAsAnotherOneInTrainingOnly) {
    const auto latentWith = [](double share, bool training) {
        PretrainSpec spec = specOf("graphmae");
        spec.replaceShare = share;
        Setting setting(spec);
        if (training) setting.encoder->train(), setting.objective->train();
        const torch::NoGradGuard noGradient;
        return setting.view(setting.masks()).latent;
    };
    EXPECT_TRUE(same(latentWith(0, true), latentWith(1e-4, true))) << "a share of less than one region replaces none";
    EXPECT_FALSE(same(latentWith(0, true), latentWith(0.05, true)));
    EXPECT_TRUE(same(latentWith(0, false), latentWith(0.9, false)));
}

TEST(GraphMae, SignalsHaveNoTemporalTask) {
    PretrainSpec spec = specOf("graphmae");
    spec.spatialWeight = 0;
    EXPECT_THROW(makeObjective(spec, regions), Error);
    spec.spatialWeight = 0.5;
    EXPECT_FALSE(makeObjective(spec, regions)->isTemporal());
    spec.nodeFeature = NodeFeature::FcRow;
    EXPECT_TRUE(makeObjective(spec, regions)->isTemporal());
}

TEST(Accumulate, GradientsOfPartsAddUpToThoseOfTheBatch) {
    for (const auto& name : all) {
        Setting setting(specOf(name), 4);
        setting.losses();  // the target encoder starts to follow
        const auto gradients = [&](int parts) {
            for (auto& parameter : setting.encoder->parameters()) parameter.mutable_grad() = torch::Tensor();
            Random first(4);
            for (int part = 0; part < parts; ++part) {
                std::vector<std::size_t> chosen;
                for (int i = 0; i < 4 / parts; ++i) chosen.push_back(static_cast<std::size_t>(part * 4 / parts + i));
                Batch batch = makeBatch(setting.cohort, chosen, 0, 0, setting.spec.graph, setting.compute);
                batch.place = chosen.front();
                Random same = first;
                (setting.objective->losses(setting.encoder, batch, same, setting.compute).total / parts).backward();
            }
            std::vector<torch::Tensor> flat;
            for (auto& parameter : setting.encoder->parameters())
                if (parameter.grad().defined()) flat.push_back(parameter.grad().flatten());
            return torch::cat(flat);
        };
        const auto whole = gradients(1), halves = gradients(2), singles = gradients(4);
        // In evaluation mode nothing couples scans, so this is exact up to rounding.
        EXPECT_LT(((whole - halves).norm() / whole.norm()).item<double>(), 1e-5) << name;
        EXPECT_LT(((whole - singles).norm() / whole.norm()).item<double>(), 1e-5) << name;
    }
}
