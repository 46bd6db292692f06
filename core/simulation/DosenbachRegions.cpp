#include "core/simulation/Simulation.h"

#include <array>
#include <cstddef>

namespace chronnect {

namespace {

struct Site {
    signed char x, y, z;  ///< MNI mm
    unsigned char network;
    const char* name;
};

constexpr const char* networkNames[] = {"occipital",       "sensorimotor", "cingulo-opercular",
                                        "fronto-parietal", "default",      "cerebellum"};

/// Table of Dosenbach et al. 2010, Prediction of individual brain maturity using fMRI, Science 329:1358-1361:
/// centres in MNI space, in the order of the paper.
constexpr std::array<Site, 160> sites{{
    {6, 64, 3, 4, "vmPFC"},
    {29, 57, 18, 3, "aPFC"},
    {-29, 57, 10, 3, "aPFC"},
    {0, 51, 32, 4, "mPFC"},
    {-25, 51, 27, 4, "aPFC"},
    {9, 51, 16, 4, "vmPFC"},
    {-6, 50, -1, 4, "vmPFC"},
    {27, 49, 26, 2, "aPFC"},
    {42, 48, -3, 3, "vent aPFC"},
    {-43, 47, 2, 3, "vent aPFC"},
    {-11, 45, 17, 4, "vmPFC"},
    {39, 42, 16, 3, "vlPFC"},
    {8, 42, -5, 4, "vmPFC"},
    {9, 39, 20, 4, "ACC"},
    {46, 39, -15, 4, "vlPFC"},
    {40, 36, 29, 3, "dlPFC"},
    {23, 33, 47, 4, "sup frontal"},
    {34, 32, 7, 2, "vPFC"},
    {-2, 30, 27, 2, "ACC"},
    {-16, 29, 54, 4, "sup frontal"},
    {-1, 28, 40, 3, "ACC"},
    {46, 28, 31, 3, "dlPFC"},
    {-52, 28, 17, 3, "vPFC"},
    {-44, 27, 33, 3, "dlPFC"},
    {51, 23, 8, 2, "vFC"},
    {38, 21, -1, 2, "ant insula"},
    {9, 20, 34, 2, "dACC"},
    {-36, 18, 2, 2, "ant insula"},
    {40, 17, 40, 3, "dFC"},
    {-6, 17, 34, 2, "basal ganglia"},
    {0, 15, 45, 2, "mFC"},
    {58, 11, 14, 1, "frontal"},
    {-46, 10, 14, 2, "vFC"},
    {44, 8, 34, 3, "dFC"},
    {60, 8, 34, 1, "dFC"},
    {-42, 7, 36, 3, "dFC"},
    {-55, 7, 23, 1, "vFC"},
    {-20, 6, 7, 2, "basal ganglia"},
    {14, 6, 7, 2, "basal ganglia"},
    {-48, 6, 1, 2, "vFC"},
    {10, 5, 51, 1, "pre-SMA"},
    {43, 1, 12, 1, "vFC"},
    {0, -1, 52, 1, "SMA"},
    {37, -2, -3, 2, "mid insula"},
    {53, -3, 32, 1, "frontal"},
    {58, -3, 17, 1, "precentral gyrus"},
    {-12, -3, 13, 2, "thalamus"},
    {-42, -3, 11, 1, "mid insula"},
    {-44, -6, 49, 1, "precentral gyrus"},
    {-26, -8, 54, 1, "parietal"},
    {46, -8, 24, 1, "precentral gyrus"},
    {-54, -9, 23, 1, "precentral gyrus"},
    {44, -11, 38, 1, "precentral gyrus"},
    {-47, -12, 36, 1, "parietal"},
    {33, -12, 16, 1, "mid insula"},
    {-36, -12, 15, 1, "mid insula"},
    {-12, -12, 6, 2, "thalamus"},
    {11, -12, 6, 2, "thalamus"},
    {32, -12, 2, 2, "mid insula"},
    {59, -13, 8, 1, "temporal"},
    {-30, -14, 1, 2, "mid insula"},
    {-38, -15, 59, 1, "parietal"},
    {52, -15, -13, 4, "inf temporal"},
    {-47, -18, 50, 1, "parietal"},
    {46, -20, 45, 1, "parietal"},
    {-55, -22, 38, 1, "parietal"},
    {-54, -22, 22, 1, "precentral gyrus"},
    {-54, -22, 9, 1, "temporal"},
    {41, -23, 55, 1, "parietal"},
    {42, -24, 17, 1, "post insula"},
    {11, -24, 2, 2, "basal ganglia"},
    {-59, -25, -15, 4, "inf temporal"},
    {1, -26, 31, 4, "post cingulate"},
    {18, -27, 62, 1, "parietal"},
    {-38, -27, 60, 1, "parietal"},
    {-30, -28, 9, 2, "post insula"},
    {-24, -30, 64, 1, "parietal"},
    {51, -30, 5, 2, "temporal"},
    {-41, -31, 48, 1, "post parietal"},
    {-4, -31, -4, 2, "post cingulate"},
    {54, -31, -18, 2, "fusiform"},
    {-41, -37, 16, 1, "temporal"},
    {-53, -37, 13, 1, "temporal"},
    {28, -37, -15, 4, "fusiform"},
    {-3, -38, 45, 4, "precuneus"},
    {34, -39, 65, 1, "sup parietal"},
    {8, -40, 50, 2, "precuneus"},
    {-41, -40, 42, 3, "IPL"},
    {58, -41, 20, 2, "parietal"},
    {-8, -41, 3, 4, "post cingulate"},
    {-61, -41, -2, 4, "inf temporal"},
    {-28, -42, -11, 4, "occipital"},
    {-5, -43, 25, 4, "post cingulate"},
    {9, -43, 25, 4, "precuneus"},
    {43, -43, 8, 2, "temporal"},
    {54, -44, 43, 3, "IPL"},
    {-55, -44, 30, 2, "parietal"},
    {-28, -44, -25, 5, "lat cerebellum"},
    {-35, -46, 48, 3, "post parietal"},
    {42, -46, 21, 2, "sup temporal"},
    {-48, -47, 49, 3, "IPL"},
    {-41, -47, 29, 2, "angular gyrus"},
    {-59, -47, 11, 2, "temporal"},
    {-53, -50, 39, 3, "IPL"},
    {5, -50, 33, 4, "precuneus"},
    {-18, -50, 1, 0, "occipital"},
    {44, -52, 47, 3, "IPL"},
    {-5, -52, 17, 4, "post cingulate"},
    {-24, -54, -21, 5, "lat cerebellum"},
    {-37, -54, -37, 5, "inf cerebellum"},
    {10, -55, 17, 4, "post cingulate"},
    {-6, -56, 29, 4, "precuneus"},
    {-34, -57, -24, 5, "lat cerebellum"},
    {-32, -58, 46, 3, "IPS"},
    {-11, -58, 17, 4, "post cingulate"},
    {32, -59, 41, 3, "IPS"},
    {51, -59, 34, 4, "angular gyrus"},
    {-34, -60, -5, 0, "occipital"},
    {36, -60, -8, 0, "occipital"},
    {-6, -60, -15, 5, "med cerebellum"},
    {-25, -60, -34, 5, "inf cerebellum"},
    {32, -61, -31, 5, "inf cerebellum"},
    {46, -62, 5, 0, "temporal"},
    {-48, -63, 35, 4, "angular gyrus"},
    {-52, -63, 15, 2, "TPJ"},
    {-44, -63, -7, 0, "occipital"},
    {-16, -64, -21, 5, "med cerebellum"},
    {21, -64, -22, 5, "lat cerebellum"},
    {19, -66, -1, 0, "occipital"},
    {1, -66, -24, 5, "med cerebellum"},
    {-34, -67, -29, 5, "inf cerebellum"},
    {11, -68, 42, 4, "precuneus"},
    {17, -68, 20, 0, "occipital"},
    {-36, -69, 40, 4, "IPS"},
    {39, -71, 13, 0, "occipital"},
    {-9, -72, 41, 4, "occipital"},
    {45, -72, 29, 4, "occipital"},
    {-11, -72, -14, 5, "med cerebellum"},
    {29, -73, 29, 0, "occipital"},
    {33, -73, -30, 5, "inf cerebellum"},
    {-2, -75, 32, 4, "occipital"},
    {-29, -75, 28, 0, "occipital"},
    {5, -75, -11, 5, "med cerebellum"},
    {14, -75, -21, 5, "med cerebellum"},
    {-16, -76, 33, 0, "occipital"},
    {-42, -76, 26, 4, "occipital"},
    {9, -76, 14, 0, "occipital"},
    {15, -77, 32, 0, "occipital"},
    {20, -78, -2, 0, "occipital"},
    {-21, -79, -33, 5, "inf cerebellum"},
    {-6, -79, -33, 5, "inf cerebellum"},
    {-5, -80, 9, 0, "post occipital"},
    {29, -81, 14, 0, "post occipital"},
    {33, -81, -2, 0, "post occipital"},
    {18, -81, -33, 5, "inf cerebellum"},
    {-37, -83, -2, 0, "post occipital"},
    {-29, -88, 8, 0, "post occipital"},
    {13, -91, 2, 0, "post occipital"},
    {27, -91, 2, 0, "post occipital"},
    {-4, -94, 12, 0, "post occipital"},
}};

}  // namespace

Parcellation dosenbachParcellation() {
    Parcellation result;
    result.name = "Dosenbach160";
    result.space = "MNI152NLin2009cAsym";
    for (std::size_t i = 0; i < sites.size(); ++i) {
        const Site& site = sites[i];
        Region region;
        region.label = static_cast<int>(i) + 1;
        region.hemisphere = site.x < 0 ? Hemisphere::Left : site.x > 0 ? Hemisphere::Right : Hemisphere::Both;
        // The paper repeats names, so the number of the region keeps them apart.
        region.name = site.x < 0 ? "L_" : site.x > 0 ? "R_" : "M_";
        for (const char* c = site.name; *c; ++c) region.name += *c == ' ' ? '_' : *c;
        region.name += "_" + std::to_string(region.label);
        region.network = networkNames[site.network];
        region.centre = {static_cast<double>(site.x), static_cast<double>(site.y), static_cast<double>(site.z)};
        region.hasCentre = true;
        region.colour = networkColour(region.network);
        result.regions.push_back(std::move(region));
    }
    return result;
}

}  // namespace chronnect
