#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/Learning.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace chronnect;
using test::twoGroups;

namespace {

PretrainSpec quick(const std::string& objective = "st-mae") {
    PretrainSpec spec;
    spec.objective = objective;
    spec.network.hidden = 16;
    spec.network.layers = 2;
    spec.graph.windowLength = 20;
    spec.graph.windowStep = 5;
    spec.steps = 12;
    spec.batch = 4;
    spec.evaluateEvery = 3;
    spec.checkpointEvery = 5;
    spec.seed = 3;
    spec.device = "cpu";
    return spec;
}

using Seen = std::vector<TrainingSnapshot>;

PretrainResult train(const ScanSource& scans, const PretrainSpec& spec, Seen& seen, const CheckpointPlan& plan = {},
                     const JobContext& context = {}, const std::function<void(const TrainingSnapshot&)>& also = {}) {
    return createLearningEngine()->pretrain(
        scans, spec, plan,
        [&](const TrainingSnapshot& snapshot) {
            seen.push_back(snapshot);
            if (also) also(snapshot);
        },
        context);
}

std::vector<double> totals(const Seen& seen) {
    std::vector<double> values;
    for (const auto& snapshot : seen)
        if (snapshot.phase == "training") values.push_back(snapshot.losses.at("total"));
    return values;
}

bool says(const Notices& notices, const std::string& text) {
    return std::ranges::any_of(notices,
                               [&](const Notice& notice) { return notice.text.find(text) != std::string::npos; });
}

/// Runs out of memory at chosen readings of a scan.
class HungryScans final : public ScanSource {
public:
    HungryScans(std::shared_ptr<const ScanSource> source, std::set<int> failing)
        : m_source(std::move(source)), m_failing(std::move(failing)) {}
    std::size_t count() const override { return m_source->count(); }
    const ScanInfo& info(std::size_t scan) const override { return m_source->info(scan); }
    const std::vector<std::string>& regions() const override { return m_source->regions(); }
    const std::vector<std::string>& networks() const override { return m_source->networks(); }
    double repetitionTime() const override { return m_source->repetitionTime(); }
    void read(std::size_t scan, std::vector<float>& values) const override {
        if (m_failing.contains(m_reads++)) throw std::bad_alloc();
        m_source->read(scan, values);
    }

private:
    std::shared_ptr<const ScanSource> m_source;
    std::set<int> m_failing;
    mutable int m_reads = 0;
};

}  // namespace

TEST(Pretrain, EveryObjectiveGoesOnBitForBitAfterABreak) {
    const auto scans = twoGroups(10, 120, 24, 1);
    for (const std::string objective : {"st-jema", "graphmae"}) {
        PretrainSpec spec = quick(objective);
        spec.accumulate = 2;
        Seen whole, broken;
        const auto reference = train(*scans, spec, whole);
        const test::TemporaryFolder folder;
        CheckpointPlan plan;
        plan.folder = folder.path();
        std::stop_source stop;
        EXPECT_THROW(train(*scans, spec, broken, plan, JobContext(stop.get_token(), {}),
                           [&](const auto& snapshot) {
                               if (snapshot.step == 7) stop.request_stop();
                           }),
                     Cancelled);
        ASSERT_EQ(broken.size(), 7u) << objective;
        plan.resume = true;
        const auto resumed = train(*scans, spec, broken, plan);
        EXPECT_EQ(totals(whole), totals(broken)) << objective;
        EXPECT_EQ(reference.model.weights, resumed.model.weights) << objective;
        EXPECT_EQ(reference.handedOutStep, resumed.handedOutStep) << objective;
        EXPECT_EQ(reference.handedOutLoss, resumed.handedOutLoss) << objective;
    }
}

TEST(Pretrain, PartsThatAddUpTrainLikeTheWholeBatch) {
    const auto scans = twoGroups(10, 200, 24, 1, false);
    for (const std::string objective : {"st-mae", "graphmae"}) {
        PretrainSpec spec = quick(objective);
        spec.steps = 4;
        spec.batch = 8;
        Seen whole, parts;
        train(*scans, spec, whole);
        spec.accumulate = 2;
        train(*scans, spec, parts);
        // Not equal: batch normalisation takes its statistics from the part at hand, here four scans and not eight.
        for (std::size_t step = 0; step < whole.size(); ++step)
            EXPECT_NEAR(totals(parts)[step], totals(whole)[step], 0.03 * totals(whole)[step])
                << objective << " at step " << step + 1;
        EXPECT_NE(totals(parts), totals(whole));
    }
}

TEST(Pretrain, OutOfMemoryTakesFewerScansAtATimeAndSaysSo) {
    const auto scans = twoGroups(10, 120, 24, 1);
    const HungryScans hungry(scans, {1});  // the second scan of the first step
    PretrainSpec spec = quick();
    Seen seen, expected;
    const auto result = train(hungry, spec, seen);
    EXPECT_TRUE(
        says(result.notices, "Memory ran out at step 1; training goes on with 2 scans at a time, still 4 per step"));
    ASSERT_EQ(seen.size(), 12u);
    spec.accumulate = 2;
    train(*scans, spec, expected);
    EXPECT_EQ(totals(seen), totals(expected)) << "from then on it is a training in two parts";
    spec.batch = 1;
    try {
        train(HungryScans(scans, {0, 1}), spec, seen);
        FAIL() << "one scan cannot be halved";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::OutOfMemory);
    }
}

TEST(Pretrain, HandsOutTheWeightsOfTheBestValidationOrTheLast) {
    const auto scans = twoGroups(10, 120, 24, 1);
    PretrainSpec spec = quick();
    spec.evaluateEvery = 1;
    spec.learningRate = 0.3;  // far too large, so the loss goes up and down
    spec.warmup = 0;
    Seen seen;
    const auto best = train(*scans, spec, seen);
    int expected = 0;
    double lowest = 1e300;
    for (const auto& snapshot : seen)
        if (snapshot.losses.at("validation total") < lowest)
            lowest = snapshot.losses.at("validation total"), expected = snapshot.step;
    EXPECT_EQ(best.handedOutStep, expected);
    EXPECT_DOUBLE_EQ(best.handedOutLoss, lowest);
    EXPECT_EQ(best.model.passport["handed_out_step"].number(), expected);
    ASSERT_NE(expected, 12) << "the case must have a best step before the last";
    EXPECT_TRUE(says(best.notices, "after step " + std::to_string(expected)));
    // They are the very weights the training had there.
    PretrainSpec shorter = spec;
    shorter.handOut = HandOut::Last;
    std::stop_source stop;
    CheckpointPlan plan;
    plan.finish = stop.get_token();
    Seen again;
    const auto there = train(*scans, shorter, again, plan, {}, [&](const auto& snapshot) {
        if (snapshot.step == expected) stop.request_stop();
    });
    EXPECT_TRUE(there.stoppedEarly);
    EXPECT_EQ(there.handedOutStep, expected);
    EXPECT_EQ(there.model.weights, best.model.weights);
    Seen last;
    const auto final = train(*scans, shorter, last);
    EXPECT_EQ(final.handedOutStep, 12);
    EXPECT_NE(final.model.weights, best.model.weights);
}

TEST(Pretrain, ABranchWithTheSameSettingsIsTheUnbrokenTraining) {
    const auto scans = twoGroups(10, 120, 24, 1);
    PretrainSpec spec = quick();
    spec.handOut = HandOut::Last;
    Seen whole, seen;
    const auto reference = train(*scans, spec, whole);
    const test::TemporaryFolder trunk, branch;
    CheckpointPlan plan;
    plan.folder = trunk.path();
    std::stop_source stop;
    plan.finish = stop.get_token();
    train(*scans, spec, seen, plan, {}, [&](const auto& snapshot) {
        if (snapshot.step == 5) stop.request_stop();
    });
    CheckpointPlan off;
    off.folder = branch.path();
    off.branchFrom = trunk.path();
    const auto result = train(*scans, spec, seen, off);
    EXPECT_EQ(totals(seen), totals(whole));
    EXPECT_EQ(result.model.weights, reference.model.weights);
    EXPECT_TRUE(says(result.notices, "at step 5 with the same settings"));
    spec.steps = 5;
    EXPECT_THROW(train(*scans, spec, seen, off), Error) << "nothing is left to do";
    spec = quick("graphmae");
    EXPECT_THROW(train(*scans, spec, seen, off), Error) << "another network";
}

TEST(Pretrain, APauseChangesNothing) {
    const auto scans = twoGroups(10, 120, 24, 1);
    Seen whole, seen;
    train(*scans, quick(), whole);
    const auto pause = std::make_shared<std::atomic<bool>>(false);
    CheckpointPlan plan;
    plan.pause = pause;
    const test::TemporaryFolder folder;
    plan.folder = folder.path();
    int pauses = 0;
    train(*scans, quick(), seen, plan, {}, [&](const auto& snapshot) {
        if (snapshot.phase == "paused") {
            ++pauses;
            EXPECT_EQ(snapshot.step, 4);
            EXPECT_TRUE(std::filesystem::exists(folder.path() / "pretrain.chronnect-checkpoint"))
                << "kept while it waits";
            *pause = false;
        } else if (snapshot.step == 4) {
            *pause = true;
        }
    });
    EXPECT_EQ(pauses, 1);
    EXPECT_EQ(totals(seen), totals(whole));
    // A pause can be left by cancelling, too.
    std::stop_source stop;
    *pause = true;
    EXPECT_THROW(train(*scans, quick(), seen, plan, JobContext(stop.get_token(), {}),
                       [&](const auto& snapshot) {
                           if (snapshot.phase == "paused") stop.request_stop();
                       }),
                 Cancelled);
}

TEST(Pretrain, ALossThatIsNoNumberStopsAndSaysWhere) {
    const auto scans = twoGroups(6, 80, 24, 1);
    PretrainSpec spec = quick();
    spec.learningRate = 1e30;
    spec.warmup = 0;
    const test::TemporaryFolder folder;
    CheckpointPlan plan;
    plan.folder = folder.path();
    Seen seen;
    try {
        train(*scans, spec, seen, plan);
        FAIL() << "weights of 1e30 cannot give a loss";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Numerical);
        const std::string text = error.what();
        EXPECT_NE(text.find("at step " + std::to_string(seen.size() + 1)), std::string::npos) << text;
        EXPECT_TRUE(text.find("part: ") != std::string::npos || text.find("first in encoder.") != std::string::npos)
            << text;
    }
    const Model kept = loadModel(folder.path() / "pretrain.chronnect-checkpoint");
    EXPECT_EQ(kept.passport["step"].number(), static_cast<double>(seen.size()))
        << "the state before the bad step is kept";
}

TEST(Pretrain, ScoresStandBesideWhatSuitsTheObjective) {
    const auto scans = twoGroups(8, 160, 24, 1);
    const auto find = [](const PretrainResult& result, const std::string& question, const std::string& metric) {
        const auto found = std::ranges::find_if(
            result.scores, [&](const auto& s) { return s.question == question && s.metric == metric; });
        if (found == result.scores.end()) throw std::runtime_error("no score of " + question);
        return *found;
    };
    Seen seen;
    PretrainSpec spec = quick();
    spec.steps = 2;
    const auto mae = train(*scans, spec, seen);
    for (const char* question : {"spatial edges", "spatial edges, within Visual", "temporal edges, gap 4 windows",
                                 "temporal edges, gap 4 windows, within Default", "temporal edges, gap 8 windows",
                                 "temporal edges, gap 4 windows, phase-randomised"})
        for (const char* baseline : {"copy nearest", "mean of flanks", "scan mean", "group mean"})
            EXPECT_TRUE(find(mae, question, "AUROC").baselines.contains(baseline)) << question << " " << baseline;
    EXPECT_TRUE(find(mae, "temporal nodes, gap 6 windows, Visual", "cosine").baselines.contains("scan mean"));
    EXPECT_GT(seen.back().effectiveRank, 1);

    spec.objective = "st-jema";
    const auto jema = train(*scans, spec, seen);
    EXPECT_TRUE(find(jema, "spatial edges", "AP").baselines.contains("group mean"));
    for (const char* question : {"spatial nodes", "temporal nodes, gap 4 windows"})
        for (const char* baseline : {"copy nearest", "mean of flanks", "scan mean", "group mean"})
            EXPECT_TRUE(find(jema, question, "cosine").baselines.contains(baseline)) << question << " " << baseline;

    spec.objective = "graphmae";
    const auto graph = train(*scans, spec, seen);
    const auto nodes = find(graph, "spatial nodes", "cosine");
    for (const char* baseline : {"mean of neighbours", "weighted by group", "weighted by scan", "copy nearest"})
        EXPECT_TRUE(nodes.baselines.contains(baseline)) << baseline;
    EXPECT_FALSE(nodes.baselines.contains("group mean")) << "signals of other people do not line up in time";
    // Two modules with one signal each: neighbours tell nearly everything, another time nothing.
    EXPECT_GT(nodes.baselines.at("mean of neighbours"), 0.6);
    EXPECT_LT(std::abs(nodes.baselines.at("copy nearest")), 0.15);
    for (const auto& score : graph.scores) EXPECT_EQ(score.metric, "cosine");
}

TEST(Pretrain, CollapsedCodesRaiseAnAlarm) {
    const auto scans = twoGroups(8, 120, 24, 1);
    PretrainSpec spec = quick("st-jema");
    spec.network.hidden = 4;  // a rank of at most four; an alarm rings below two
    spec.steps = 60;
    spec.edgeWeight = 0;  // nothing but the target that the network itself makes
    spec.emaStart = spec.emaEnd = 0;
    spec.learningRate = 0.02;
    Seen seen;
    const auto result = train(*scans, spec, seen);
    double lowest = 1e9;
    bool alarmed = false;
    for (const auto& snapshot : seen) {
        if (snapshot.effectiveRank > 0) lowest = std::min(lowest, snapshot.effectiveRank);
        EXPECT_EQ(!snapshot.alarm.empty(), snapshot.effectiveRank > 0 && snapshot.effectiveRank < 2);
        alarmed |= !snapshot.alarm.empty();
    }
    EXPECT_LT(lowest, 2);
    EXPECT_TRUE(alarmed);
    EXPECT_TRUE(says(result.notices, "collapsed"));
}
