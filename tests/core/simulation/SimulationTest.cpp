#include "core/base/Error.h"
#include "core/simulation/Simulation.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <thread>

namespace chronnect {
namespace {

SimulationSpec small() {
    SimulationSpec spec;
    spec.subjects = 4;
    spec.secondSessions = 2;
    spec.volumes = 60;
    return spec;
}

TEST(Simulation, RegionsAreThePublishedOnes) {
    CHRONNECT_NEEDS_SHARED();
    const Parcellation parcellation = dosenbachParcellation();
    std::ifstream file(test::sharedFolder() / "data" / "atlases" / "coordinates" / "dosenbach_2010.csv");
    std::string line;
    std::getline(file, line);
    for (const Region& region : parcellation.regions) {
        ASSERT_TRUE(std::getline(file, line));
        std::istringstream cells(line);
        std::string number, x, y, z, name, network;
        for (std::string* cell : {&number, &x, &y, &z, &name, &network}) std::getline(cells, *cell, ',');
        EXPECT_EQ(std::stoi(number), region.label);
        EXPECT_EQ(region.centre, (std::array{std::stod(x), std::stod(y), std::stod(z)}));
        std::replace(name.begin(), name.end(), ' ', '_');
        EXPECT_NE(region.name.find(name), std::string::npos);
        EXPECT_EQ(region.network, network.substr(0, network.find_last_not_of("\r\n") + 1));
    }
    EXPECT_FALSE(std::getline(file, line));
}

TEST(Simulation, RegionsAreDistinctAndOnTheirSide) {
    const Parcellation parcellation = dosenbachParcellation();
    const auto list = parcellation.names();
    EXPECT_EQ(std::set<std::string>(list.begin(), list.end()).size(), 160u);
    EXPECT_EQ(parcellation.networks().size(), 6u);
    for (const Region& r : parcellation.regions) {
        EXPECT_EQ(r.hemisphere == Hemisphere::Left, r.centre[0] < 0);
        EXPECT_EQ(r.name.front(), r.centre[0] < 0 ? 'L' : r.centre[0] > 0 ? 'R' : 'M');
    }
}

TEST(Simulation, SameSeedSameRunInAnyOrder) {
    const SimulatedStudy study = simulateStudy(small()), again = simulateStudy(small());
    EXPECT_EQ(study.participants, again.participants);
    ASSERT_EQ(study.runs.size(), 6u);
    SimulatedRun fromThread;
    std::jthread([&] { fromThread = simulateRun(study, 3); }).join();
    simulateRun(again, 1);
    const SimulatedRun other = simulateRun(again, 3);
    EXPECT_EQ(fromThread.series, other.series);
    EXPECT_EQ(fromThread.states, other.states);
    EXPECT_EQ(fromThread.artefacts.values, other.artefacts.values);
    EXPECT_EQ(observedSeries(study, fromThread), observedSeries(again, other));
    SimulationSpec changed = small();
    changed.seed = 2;
    EXPECT_NE(simulateRun(simulateStudy(changed), 3).series, other.series);
    EXPECT_NE(simulateRun(study, 2).series, other.series);
}

TEST(Simulation, SeriesAreStandardized) {
    const SimulatedRun run = simulateRun(simulateStudy(small()), 0);
    ASSERT_EQ(run.series.volumeCount(), 60u);
    ASSERT_EQ(run.series.regionCount(), 160u);
    for (std::size_t n = 0; n < 160; ++n) {
        double mean = 0, squares = 0;
        for (std::size_t t = 0; t < 60; ++t) {
            mean += run.series.at(t, n) / 60;
            squares += run.series.at(t, n) * run.series.at(t, n) / 60;
        }
        EXPECT_NEAR(mean, 0, 1e-12);
        EXPECT_NEAR(squares, 1, 1e-12);
    }
}

TEST(Simulation, ConfoundsAreConsistent) {
    SimulationSpec spec = small();
    spec.motion = 2;
    spec.volumes = 240;
    const SimulatedRun run = simulateRun(simulateStudy(spec), 1);
    const Confounds& c = run.confounds;
    ASSERT_EQ(c.volumeCount(), 240u);
    for (const char* name : {"csf", "white_matter", "global_signal", "std_dvars", "dvars", "framewise_displacement",
                             "trans_x", "rot_z", "trans_y_derivative1", "csf_power2", "rot_x_derivative1_power2",
                             "a_comp_cor_00", "a_comp_cor_05", "cosine_00", "cosine_06"})
        EXPECT_TRUE(c.column(name)) << name;
    EXPECT_FALSE(c.column("cosine_07"));  // floor(2 * 240 * 2 / 128) = 7 columns
    const auto at = [&](std::size_t v, const char* name) { return c.at(v, *c.column(name)); };
    EXPECT_TRUE(std::isnan(at(0, "framewise_displacement")));
    EXPECT_TRUE(std::isnan(at(0, "trans_x_derivative1")));
    EXPECT_TRUE(std::isnan(at(0, "std_dvars")));
    for (std::size_t v = 1; v < 240; ++v) {
        double expected = 0;
        for (const char* name : {"trans_x", "trans_y", "trans_z"}) expected += std::abs(at(v, name) - at(v - 1, name));
        for (const char* name : {"rot_x", "rot_y", "rot_z"}) expected += 50 * std::abs(at(v, name) - at(v - 1, name));
        EXPECT_NEAR(at(v, "framewise_displacement"), expected, 1e-12);
        EXPECT_NEAR(at(v, "trans_x_derivative1"), at(v, "trans_x") - at(v - 1, "trans_x"), 1e-15);
        EXPECT_NEAR(at(v, "csf_power2"), std::pow(at(v, "csf"), 2), 1e-6);
    }
    double dot = 0, norm = 0;
    for (std::size_t v = 0; v < 240; ++v) {
        dot += at(v, "a_comp_cor_00") * at(v, "a_comp_cor_01");
        norm += std::pow(at(v, "a_comp_cor_00"), 2);
    }
    EXPECT_NEAR(dot, 0, 1e-9);
    EXPECT_NEAR(norm, 1, 1e-9);
}

TEST(Simulation, SpikesInTheSignalFollowTheMotion) {
    SimulationSpec spec = small();
    spec.motion = 3;
    spec.volumes = 240;
    const SimulatedStudy study = simulateStudy(spec);
    double jumpMoved = 0, moved = 0, jumpStill = 0, still = 0;
    for (std::size_t r = 0; r < study.runs.size(); ++r) {
        const SimulatedRun run = simulateRun(study, r);
        const auto displacement = *run.confounds.column("framewise_displacement"),
                   dvars = *run.confounds.column("std_dvars");
        for (std::size_t v = 1; v < 240; ++v) {
            const bool spike = run.confounds.at(v, displacement) > 0.6;
            (spike ? jumpMoved : jumpStill) += run.confounds.at(v, dvars);
            (spike ? moved : still) += 1;
        }
    }
    ASSERT_GT(moved, 5);
    EXPECT_GT(jumpMoved / moved, 1.3 * jumpStill / still);
}

TEST(Simulation, WithoutNoiseAndMotionTheSignalIsClean) {
    SimulationSpec spec = small();
    spec.noise = 0;
    spec.motion = 0;
    const SimulatedStudy study = simulateStudy(spec);
    const SimulatedRun run = simulateRun(study, 0);
    const TimeSeries observed = observedSeries(study, run);
    for (std::size_t i = 0; i < observed.values.size(); ++i) EXPECT_NEAR(observed.values[i], run.series.values[i], 0.4);
}

TEST(Simulation, StateFractionsAndGroupsAreBalanced) {
    SimulationSpec spec;
    spec.groupDwellRatio = 1;
    const SimulatedStudy study = simulateStudy(spec);
    std::map<std::string, int> groups;
    for (const auto& s : study.subjects) ++groups[s.group];
    EXPECT_EQ(groups["patient"], 12);
    EXPECT_EQ(groups["control"], 12);
    EXPECT_EQ(study.runs.size(), 32u);
    std::vector<double> share(4, 0);
    for (std::size_t r = 0; r < study.runs.size(); ++r)
        for (const int s : simulateRun(study, r).states) share[static_cast<std::size_t>(s)] += 1.0 / (240 * 32);
    for (const double s : share) EXPECT_NEAR(s, 0.25, 0.05);
}

TEST(Simulation, AnatomyHoldsEveryRegion) {
    const Parcellation parcellation = dosenbachParcellation();
    for (const Region& r : parcellation.regions) EXPECT_LT(brainShape(r.centre), 1) << r.name;
    for (const double voxel : {4.0, 6.0, 8.0}) {
        const SimulatedAnatomy anatomy = simulateAnatomy(parcellation, voxel);
        std::vector<int> count(161, 0);
        double litres = 0;
        for (std::size_t v = 0; v < anatomy.labels.labels.size(); ++v) {
            ++count[static_cast<std::size_t>(anatomy.labels.labels[v])];
            litres += anatomy.mask.values[v] * voxel * voxel * voxel / 1e6;
            if (anatomy.labels.labels[v]) {
                EXPECT_EQ(anatomy.mask.values[v], 1);
            }
            EXPECT_EQ(anatomy.mask.values[v] > 0, anatomy.baseline.values[v] > 1000);
        }
        EXPECT_GE(*std::min_element(count.begin() + 1, count.end()), 3) << voxel;
        EXPECT_NEAR(litres, 2.1, 0.2);
    }
}

TEST(Simulation, LabelsLieAtTheirCentres) {
    const Parcellation parcellation = dosenbachParcellation();
    const SimulatedAnatomy anatomy = simulateAnatomy(parcellation, 6);
    const VoxelGrid& grid = anatomy.labels.grid;
    std::vector<std::array<double, 4>> sums(161);
    std::size_t index = 0;
    for (std::size_t k = 0; k < grid.size[2]; ++k)
        for (std::size_t j = 0; j < grid.size[1]; ++j)
            for (std::size_t i = 0; i < grid.size[0]; ++i, ++index) {
                const auto p = grid.world(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
                auto& sum = sums[static_cast<std::size_t>(anatomy.labels.labels[index])];
                for (std::size_t a = 0; a < 3; ++a) sum[a] += p[a];
                sum[3] += 1;
            }
    for (const Region& r : parcellation.regions) {
        const auto& sum = sums[static_cast<std::size_t>(r.label)];
        for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(sum[a] / sum[3], r.centre[a], 4.0) << r.name;
    }
}

TEST(Simulation, RefusesWhatCannotBe) {
    SimulationSpec spec = small();
    spec.secondSessions = 5;
    EXPECT_THROW(simulateStudy(spec), Error);
    spec = small();
    spec.states = 9;
    EXPECT_THROW(simulateStudy(spec), Error);
    spec.states = 3;
    spec.volumes = 5;
    EXPECT_THROW(simulateStudy(spec), Error);
    EXPECT_THROW(simulateRun(simulateStudy(small()), 6), Error);
    EXPECT_THROW(plantedConnectivity(simulateStudy(small()), 4), Error);
    EXPECT_THROW(simulateAnatomy(dosenbachParcellation(), 0.1), Error);
    EXPECT_THROW(simulateAnatomy(dosenbachParcellation(), 13), Error);
}

}  // namespace
}  // namespace chronnect
