#include "core/connectivity/SlidingWindow.h"
#include "core/io/BidsDataset.h"
#include "core/pipeline/Analysis.h"
#include "core/pipeline/DemoStudy.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

namespace chronnect {
namespace {

namespace fs = std::filesystem;

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

/// The demo study as shipped, through files, extraction and cleaning. Written once for all tests of this file.
class DemoRecovery : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        s_folder = new test::TemporaryFolder;
        const auto start = std::chrono::steady_clock::now();
        writeSimulatedStudy(s_folder->path(), {});
        s_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        AnalysisSpec spec;
        spec.clean.confounds = ConfoundStrategy::Motion24;
        spec.clean.lowPassHz = 0.2;
        s_result = new StudyResult(analyseStudy(openStudy(s_folder->path()), spec));
        s_study = new SimulatedStudy(simulateStudy({}));
    }
    static void TearDownTestSuite() {
        delete s_study;
        delete s_result;
        delete s_folder;
    }

    static const TimeSeries& series(std::size_t run) {
        const auto& [subject, session] = s_study->runs[run];
        return s_result->runs.at("sub-" + subject + "_ses-" + session + "_task-rest").cleaned->series;
    }

    /// For each window the state whose planted pattern fits best.
    static std::vector<std::size_t> fittedStates(std::size_t run, const SlidingWindowSpec& window) {
        std::vector<std::vector<double>> patterns;
        for (std::size_t s = 0; s < 4; ++s) patterns.push_back(plantedConnectivity(*s_study, s));
        const auto dynamic = slidingWindowConnectivity(series(run), window);
        std::vector<std::size_t> states;
        for (std::size_t w = 0; w < dynamic.windowCount(); ++w) {
            const std::vector<double> edges(dynamic.window(w).begin(), dynamic.window(w).end());
            std::vector<double> fits;
            for (const auto& pattern : patterns) fits.push_back(correlation(edges, pattern));
            states.push_back(static_cast<std::size_t>(std::max_element(fits.begin(), fits.end()) - fits.begin()));
        }
        return states;
    }

    static inline test::TemporaryFolder* s_folder = nullptr;
    static inline StudyResult* s_result = nullptr;
    static inline SimulatedStudy* s_study = nullptr;
    static inline double s_seconds = 0;
};

TEST_F(DemoRecovery, TheStudyIsSmallEnough) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(s_folder->path()))
        if (entry.is_regular_file()) bytes += entry.file_size();
    EXPECT_LT(bytes, std::uintmax_t{400} << 20);
    EXPECT_EQ(s_result->runs.size(), 32u);
    RecordProperty("megabytes", static_cast<int>(bytes >> 20));
    RecordProperty("seconds", std::to_string(s_seconds));
}

TEST_F(DemoRecovery, WindowsShowThePlantedStates) {
    SlidingWindowSpec window;
    window.length = 16;
    window.step = 4;
    double right = 0, total = 0;
    for (std::size_t r = 0; r < 12; ++r) {
        const auto truth = simulateRun(*s_study, r).states;
        const auto found = fittedStates(r, window);
        const auto starts = windowStarts(truth.size(), window);
        for (std::size_t w = 0; w < found.size(); ++w) {
            int stay[4] = {0, 0, 0, 0};
            for (int t = 0; t < window.length; ++t)
                ++stay[truth[static_cast<std::size_t>(std::max(0, starts[w] + t - 3))]];
            const auto most = static_cast<std::size_t>(std::max_element(stay, stay + 4) - stay);
            if (stay[most] < 12) continue;
            right += found[w] == most;
            ++total;
        }
    }
    RecordProperty("agreement", std::to_string(right / total));
    EXPECT_GT(right / total, 0.55) << "chance is 0.25";
}

TEST_F(DemoRecovery, PatientsSpendMoreTimeInTheFirstState) {
    SlidingWindowSpec window;
    window.length = 16;
    window.step = 4;
    double share[2] = {0, 0}, runs[2] = {0, 0};
    for (std::size_t r = 0; r < s_study->runs.size(); ++r) {
        const auto states = fittedStates(r, window);
        const int group = s_study->subjects[s_study->subjectOf(r)].group == "patient";
        share[group] +=
            static_cast<double>(std::count(states.begin(), states.end(), 0u)) / static_cast<double>(states.size());
        ++runs[group];
    }
    RecordProperty("controls", std::to_string(share[0] / runs[0]));
    RecordProperty("patients", std::to_string(share[1] / runs[1]));
    EXPECT_GT(share[1] / runs[1], share[0] / runs[0] + 0.03);
}

TEST_F(DemoRecovery, PeopleAreFoundAgainAndAgeShows) {
    std::vector<std::vector<double>> connectivity;
    for (std::size_t r = 0; r < s_study->runs.size(); ++r) connectivity.push_back(staticConnectivity(series(r)).edges);
    int right = 0;
    for (std::size_t i = 0; i < 8; ++i) {  // the first eight come twice: runs 2i and 2i + 1
        std::size_t best = 0;
        for (std::size_t j = 0; j < 8; ++j)
            if (correlation(connectivity[2 * i], connectivity[2 * j + 1]) >
                correlation(connectivity[2 * i], connectivity[2 * best + 1]))
                best = j;
        right += best == i;
    }
    RecordProperty("identified", right);
    EXPECT_GE(right, 4) << "of 8; chance is 1";
    std::vector<double> ages, coupling;
    for (std::size_t r = 0; r < s_study->runs.size(); ++r) {
        double sum = 0, count = 0;
        for (std::size_t a = 0; a < 160; ++a)
            for (std::size_t b = a + 1; b < 160; ++b)
                if (s_study->networkOf[a] != s_study->networkOf[b]) {
                    sum += connectivity[r][edgeIndex(a, b, 160)];
                    ++count;
                }
        ages.push_back(s_study->subjects[s_study->subjectOf(r)].age);
        coupling.push_back(sum / count);
    }
    RecordProperty("age_correlation", std::to_string(correlation(ages, coupling)));
    EXPECT_GT(correlation(ages, coupling), 0.35);
}

}  // namespace
}  // namespace chronnect
