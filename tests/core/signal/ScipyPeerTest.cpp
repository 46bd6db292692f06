#include "core/base/Random.h"
#include "core/io/SeriesFiles.h"
#include "core/signal/Censoring.h"
#include "core/signal/ConfoundRegression.h"
#include "core/signal/TemporalFilter.h"
#include "tests/support/Peer.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace chronnect;

namespace {

constexpr std::size_t volumes = 230, signals = 3, confoundCount = 9;

/// Random series and confounds, handed to SciPy once; each test compares one step.
class ScipyPeer : public ::testing::Test {
protected:
    void SetUp() override {
        CHRONNECT_NEEDS_PYTHON("scipy.signal");
        Random random(20260);
        m_x = SignalMatrix(volumes, signals);
        m_confounds = SignalMatrix(volumes, confoundCount);
        for (double& value : m_x.values) value = 50 + 3 * random.normal();
        for (double& value : m_confounds.values) value = random.normal();
        m_keep.assign(volumes, true);
        for (std::size_t v = 5; v + 5 < volumes; ++v) m_keep[v] = random.uniform() > 0.15;
        write("x", m_x);
        write("confounds", m_confounds);
        const std::vector<double> keep(m_keep.begin(), m_keep.end());
        writeNpy(m_folder.path() / "keep.npy", std::vector<std::size_t>{volumes}, keep);
        ASSERT_TRUE(test::runPython("tests/core/signal/scipy_peer.py", m_folder.path()));
    }

    void write(const std::string& name, const SignalMatrix& matrix) const {
        std::vector<double> rows;
        for (std::size_t v = 0; v < matrix.volumes; ++v)
            for (std::size_t s = 0; s < matrix.signals; ++s) rows.push_back(matrix.signal(s)[v]);
        writeNpy(m_folder.path() / (name + ".npy"), std::vector<std::size_t>{matrix.volumes, matrix.signals}, rows);
    }

    Array peer(const std::string& name) const { return readNpy(m_folder.path() / (name + ".npy")); }

    void expectSame(const SignalMatrix& ours, const std::string& name, double tolerance) const {
        const Array theirs = peer(name);
        double worst = 0;
        for (std::size_t v = 0; v < volumes; ++v)
            for (std::size_t s = 0; s < signals; ++s) {
                const double expected = theirs.values[v * signals + s];
                worst = std::max(worst, std::abs(ours.signal(s)[v] - expected) / std::max(1.0, std::abs(expected)));
            }
        EXPECT_LE(worst, tolerance) << name;
    }

    void compareFilter(int order, const std::string& suffix, double high, double low) const {
        const std::string name = std::to_string(order) + "_" + suffix;
        const auto sections = butterworth(order, high, low, 0.5);
        const Array theirs = peer("sos_" + name);
        ASSERT_EQ(theirs.values.size(), sections.size() * 6) << name;
        for (std::size_t i = 0; i < theirs.values.size(); ++i)
            EXPECT_NEAR(sections[i / 6][i % 6], theirs.values[i], 1e-9) << name << " coefficient " << i;
        SignalMatrix filtered = m_x;
        for (std::size_t s = 0; s < signals; ++s) filterZeroPhase(filtered.signal(s), sections);
        expectSame(filtered, "filtered_" + name, 1e-9);
    }

    test::TemporaryFolder m_folder;
    SignalMatrix m_x, m_confounds;
    std::vector<bool> m_keep;
};

}  // namespace

TEST_F(ScipyPeer, FiltersOfEveryOrderAndType) {
    for (int order = 1; order <= 8; ++order) {
        const double bands[3][2] = {{0.008, 0.1}, {0.02, 0.24}, {0.001, 0.2}};
        for (int i = 0; i < 3; ++i) compareFilter(order, std::to_string(i), bands[i][0], bands[i][1]);
        compareFilter(order, "low", 0, 0.09);
        compareFilter(order, "high", 0.009, 0);
    }
}

TEST_F(ScipyPeer, DetrendRegressionAndSpline) {
    SignalMatrix detrended = m_x, residual = m_x, bridged = m_x;
    for (std::size_t s = 0; s < signals; ++s) {
        detrendLinear(detrended.signal(s));
        for (std::size_t v = 0; v < volumes; ++v)
            if (!m_keep[v]) bridged.signal(s)[v] = 1e9;
        bridgeCensored(bridged.signal(s), m_keep);
    }
    expectSame(detrended, "detrend", 1e-12);
    expectSame(bridged, "bridged", 1e-9);
    regressOut(residual, confoundBasis(m_confounds));
    expectSame(residual, "residual", 1e-9);
}
