#include "core/connectivity/SlidingWindow.h"
#include "core/simulation/Simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace chronnect {
namespace {

double correlation(std::span<const double> a, std::span<const double> b) {
    const double n = static_cast<double>(a.size());
    const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n, mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / std::sqrt(aa * bb);
}

/// Share of windows whose best matching template is the state that holds most of the window (5 s earlier).
double templateAgreement(const SimulatedStudy& study, std::size_t runs) {
    std::vector<std::vector<double>> templates;
    for (std::size_t s = 0; s < study.stateCoupling.size(); ++s) templates.push_back(plantedConnectivity(study, s));
    SlidingWindowSpec window;
    window.length = 16;
    window.step = 4;
    const auto delay = static_cast<int>(std::lround(5 / study.spec.repetitionTime));
    std::size_t right = 0, total = 0;
    for (std::size_t r = 0; r < runs; ++r) {
        const SimulatedRun run = simulateRun(study, r);
        const auto dynamic = slidingWindowConnectivity(observedSeries(study, run), window);
        for (std::size_t w = 0; w < dynamic.windowCount(); ++w) {
            std::vector<int> stay(templates.size(), 0);
            for (int t = 0; t < window.length; ++t)
                ++stay[static_cast<std::size_t>(
                    run.states[static_cast<std::size_t>(std::max(0, dynamic.windowStarts[w] + t - delay))])];
            const auto truth = static_cast<std::size_t>(std::max_element(stay.begin(), stay.end()) - stay.begin());
            if (stay[truth] < window.length * 3 / 4) continue;  // a switch in the middle has no right answer
            const std::vector<double> edges(dynamic.window(w).begin(), dynamic.window(w).end());
            std::size_t best = 0;
            double score = -2;
            for (std::size_t s = 0; s < templates.size(); ++s)
                if (const double c = correlation(edges, templates[s]); c > score) {
                    score = c;
                    best = s;
                }
            right += best == truth;
            ++total;
        }
    }
    return static_cast<double>(right) / static_cast<double>(total);
}

std::vector<double> connectivityOf(const SimulatedStudy& study, std::size_t run) {
    return staticConnectivity(observedSeries(study, simulateRun(study, run))).edges;
}

TEST(Recovery, TemplatesFindThePlantedStates) {
    const SimulatedStudy study = simulateStudy({});
    const double agreement = templateAgreement(study, 12);
    RecordProperty("agreement", std::to_string(agreement));
    EXPECT_GT(agreement, 0.6) << "chance is 0.25";
}

TEST(Recovery, StaticConnectivityIdentifiesPeopleAcrossSessions) {
    const auto identified = [](double fingerprint) {
        SimulationSpec spec;
        spec.subjects = 12;
        spec.secondSessions = 12;
        spec.fingerprint = fingerprint;
        const SimulatedStudy study = simulateStudy(spec);
        std::vector<std::vector<double>> connectivity;
        for (std::size_t r = 0; r < study.runs.size(); ++r) connectivity.push_back(connectivityOf(study, r));
        int right = 0;
        for (std::size_t i = 0; i < 12; ++i) {
            std::size_t best = 0;
            double score = -2;
            for (std::size_t j = 0; j < 12; ++j)
                if (const double c = correlation(connectivity[2 * i], connectivity[2 * j + 1]); c > score) {
                    score = c;
                    best = j;
                }
            right += best == i;
        }
        return right;
    };
    EXPECT_GE(identified(0.6), 9) << "of 12; chance is 1";
    EXPECT_LE(identified(0.0), 5);
}

TEST(Recovery, CouplingBetweenNetworksGrowsWithAge) {
    const auto ageCorrelation = [](double effect) {
        SimulationSpec spec;
        spec.ageEffect = effect;
        spec.secondSessions = 0;
        const SimulatedStudy study = simulateStudy(spec);
        std::vector<double> ages, coupling;
        for (std::size_t r = 0; r < study.runs.size(); ++r) {
            const auto edges = staticConnectivity(simulateRun(study, r).series).edges;
            double sum = 0, count = 0;
            std::size_t e = 0;
            for (std::size_t a = 0; a < 160; ++a)
                for (std::size_t b = a + 1; b < 160; ++b, ++e)
                    if (study.networkOf[a] != study.networkOf[b]) {
                        sum += edges[e];
                        ++count;
                    }
            ages.push_back(study.subjects[r].age);
            coupling.push_back(sum / count);
        }
        return correlation(ages, coupling);
    };
    EXPECT_GT(ageCorrelation(1.0), 0.6);
    EXPECT_LT(std::abs(ageCorrelation(0.0)), 0.5);
}

/// How much the fit of windowed connectivity to the planted patterns moves: mean standard deviation over windows.
double restlessness(const SimulatedStudy& study, const std::vector<std::vector<double>>& patterns, std::size_t runs) {
    SlidingWindowSpec window;
    window.length = 16;
    double sum = 0, count = 0;
    for (std::size_t r = 0; r < runs; ++r) {
        const auto dynamic = slidingWindowConnectivity(simulateRun(study, r).series, window);
        for (const auto& pattern : patterns) {
            const double windows = static_cast<double>(dynamic.windowCount());
            double mean = 0, squares = 0;
            for (std::size_t w = 0; w < dynamic.windowCount(); ++w) {
                const std::vector<double> edges(dynamic.window(w).begin(), dynamic.window(w).end());
                const double fit = correlation(edges, pattern);
                mean += fit / windows;
                squares += fit * fit / windows;
            }
            sum += std::sqrt(std::max(0.0, squares - mean * mean));
            ++count;
        }
    }
    return sum / count;
}

TEST(Recovery, AStationaryStudyMovesLess) {
    SimulationSpec spec;
    const SimulatedStudy study = simulateStudy(spec);
    std::vector<std::vector<double>> patterns;
    for (std::size_t s = 0; s < 4; ++s) patterns.push_back(plantedConnectivity(study, s));
    const double moving = restlessness(study, patterns, 6);
    spec.states = 1;
    const double still = restlessness(simulateStudy(spec), patterns, 6);
    RecordProperty("moving_over_still", std::to_string(moving / still));
    EXPECT_GT(moving, 1.2 * still);
}

TEST(Recovery, PatientsStayLongerInTheFirstState) {
    SimulationSpec spec;
    spec.subjects = 40;
    spec.secondSessions = 0;
    spec.volumes = 600;
    const SimulatedStudy study = simulateStudy(spec);
    double stay[2] = {0, 0}, visits[2] = {0, 0};
    for (std::size_t r = 0; r < study.runs.size(); ++r) {
        const auto states = simulateRun(study, r).states;
        const int group = study.subjects[r].group == "patient";
        for (std::size_t t = 1; t + 1 < states.size();) {
            std::size_t end = t;
            while (end < states.size() && states[end] == states[t]) ++end;
            if (states[t] == 0 && states[t - 1] != 0 && end < states.size()) {  // whole visits only
                stay[group] += static_cast<double>(end - t) * spec.repetitionTime;
                ++visits[group];
            }
            t = end;
        }
    }
    EXPECT_NEAR(stay[0] / visits[0], 24, 2);
    EXPECT_NEAR(stay[1] / visits[1], 24 * 1.8, 4);
}

}  // namespace
}  // namespace chronnect
