#include "visualization/ConnectomeScene.h"

#include "core/base/Error.h"
#include "tests/support/SyntheticBrain.h"
#include "visualization/Render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace chronnect {
namespace {

constexpr Rgb darkBackground{20, 23, 29}, white{255, 255, 255};

/// Three regions on a line along x, far apart, in pure colours.
Parcellation threeRegions() {
    Parcellation result;
    const Rgb colours[] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}};
    for (int i = 0; i < 3; ++i) {
        Region region;
        region.name = "R" + std::to_string(i);
        region.centre = {-40.0 + 40.0 * i, 0, 0};
        region.hasCentre = true;
        region.colour = colours[i];
        result.regions.push_back(region);
    }
    return result;
}

RenderRequest plainRequest() {
    RenderRequest request;
    request.parcellation = threeRegions();
    request.view = StandardView::Top;
    request.width = 400;
    request.height = 300;
    return request;
}

/// Where a world point of the plane z = 0 lies when seen from the top by the scene's own camera.
std::array<int, 2> pixelOf(const RenderRequest& request, double x) {
    ConnectomeScene scene;
    scene.setParcellation(request.parcellation);
    scene.setStandardView(request.view);
    const CameraPose pose = scene.camera();
    const double distance = pose.position[2];  // the point is at z = 0
    const double perMm = request.height / (2 * std::tan(pose.viewAngle / 360 * std::numbers::pi) * distance);
    return {static_cast<int>(std::lround(request.width / 2.0 + (x - pose.position[0]) * perMm)), request.height / 2};
}

TEST(Render, BackgroundIsExactlyTheThemeColour) {
    auto request = plainRequest();
    for (const bool dark : {false, true}) {
        request.dark = dark;
        const Picture picture = renderConnectome(request);
        ASSERT_EQ(picture.rgb.size(), 400u * 300u * 3u);
        for (const auto& [x, y] : {std::pair(2, 2), {397, 2}, {2, 297}, {397, 297}, {200, 290}})
            EXPECT_EQ(picture.at(x, y), dark ? darkBackground : white) << x << "," << y;
    }
}

TEST(Render, EachRegionHasItsColourWhereItsCentreIsProjected) {
    const auto request = plainRequest();
    const Picture picture = renderConnectome(request);
    for (int i = 0; i < 3; ++i) {
        const auto [x, y] = pixelOf(request, -40.0 + 40.0 * i);
        const Rgb pixel = picture.at(x, y);
        for (int c = 0; c < 3; ++c)
            if (c == i)
                EXPECT_GT(pixel[c], 140) << "region " << i << " at " << x << "," << y;
            else
                EXPECT_LT(pixel[c], 110) << "region " << i;
    }
}

TEST(Render, TubesAreRedForPositiveAndBlueForNegativeAndGoneBelowTheThreshold) {
    auto request = plainRequest();
    request.weights = {0.9f, 0.1f, -0.9f};  // 0-1, 0-2, 1-2
    request.threshold = 0.5;
    const auto positive = pixelOf(request, -20), negative = pixelOf(request, 20);
    Picture picture = renderConnectome(request);
    Rgb red = picture.at(positive[0], positive[1]), blue = picture.at(negative[0], negative[1]);
    EXPECT_GT(red[0], red[2] + 40);
    EXPECT_GT(blue[2], blue[0] + 40);
    request.threshold = 0.95;
    picture = renderConnectome(request);
    EXPECT_EQ(picture.at(positive[0], positive[1]), white);
    EXPECT_EQ(picture.at(negative[0], negative[1]), white);
}

TEST(Render, TheGlassOutlineDarkensTheRimAndLetsTheMiddleThrough) {
    RenderRequest request;
    request.parcellation = syntheticBrain(160);
    request.view = StandardView::Top;
    request.width = request.height = 400;
    request.showOutline = false;
    const Picture without = renderConnectome(request);
    request.showOutline = true;
    const Picture with = renderConnectome(request);
    int changed = 0, strong = 0;
    for (int y = 0; y < 400; ++y)
        for (int x = 0; x < 400; ++x) {
            const int difference = std::abs(int(with.at(x, y)[0]) - int(without.at(x, y)[0]));
            changed += difference > 2;
            strong += difference > 40;
        }
    EXPECT_GT(changed, 30000);       // the outline covers a good part of the picture...
    EXPECT_GT(strong, 500);          // ...clearly at its rim...
    EXPECT_LT(strong, changed / 3);  // ...and faintly elsewhere
}

TEST(Render, SameRequestSamePicture) {
    RenderRequest request;
    request.parcellation = syntheticBrain(60);
    request.weights = syntheticConnectivity(request.parcellation, 1).edges;
    request.width = request.height = 200;
    EXPECT_EQ(renderConnectome(request).rgb, renderConnectome(request).rgb);
}

TEST(Render, RefusesWhatDoesNotFit) {
    auto request = plainRequest();
    request.weights = {0.5f};
    EXPECT_THROW(renderConnectome(request), Error);
    request = plainRequest();
    request.regionValues = {1.0f, 2.0f};
    EXPECT_THROW(renderConnectome(request), Error);
    request = plainRequest();
    request.width = 0;
    EXPECT_THROW(renderConnectome(request), Error);
    request = plainRequest();
    for (Region& region : request.parcellation.regions) region.hasCentre = false;
    EXPECT_THROW(renderConnectome(request), Error);
}

TEST(Render, PngCarriesItsSignatureAndSize) {
    const auto bytes = encodePng(renderConnectome(plainRequest()));
    ASSERT_GT(bytes.size(), 100u);
    EXPECT_EQ(std::string(bytes.begin() + 1, bytes.begin() + 4), "PNG");
    EXPECT_EQ(bytes[18] * 256 + bytes[19], 400);
    EXPECT_EQ(bytes[22] * 256 + bytes[23], 300);
}

TEST(ConnectomeScene, CountsTheEdgesAtOrAboveTheThreshold) {
    ConnectomeScene scene;
    scene.setParcellation(threeRegions());
    const std::vector<float> weights{0.5f, std::nanf(""), -0.8f};
    scene.setEdges(weights, 0.5);
    EXPECT_EQ(scene.visibleEdgeCount(), 2);
    EXPECT_EQ(scene.visibleEdges(), (std::vector<RegionPair>{{0, 1}, {1, 2}}));
    scene.setEdges(weights, 0.6);
    EXPECT_EQ(scene.visibleEdgeCount(), 1);
    scene.setEdges(weights, 0.9);
    EXPECT_EQ(scene.visibleEdgeCount(), 0);
    scene.setEdges(std::vector<float>{1.0f}, 0.0);  // another parcellation's
    EXPECT_EQ(scene.visibleEdgeCount(), 0);
}

TEST(ConnectomeScene, DrawsNoMoreThanTheStrongest) {
    const auto brain = syntheticBrain(200);
    std::vector<float> weights(edgeCountOf(200));
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i + 1) / weights.size();
    ConnectomeScene scene;
    scene.setParcellation(brain);
    scene.setEdges(weights, 0.0);
    EXPECT_EQ(scene.visibleEdgeCount(), ConnectomeScene::maximumEdges);
    EXPECT_EQ(scene.strongEdgeCount(), static_cast<int>(weights.size()));
    for (const auto& [a, b] : scene.visibleEdges())
        EXPECT_GE(edgeIndex(a, b, 200), weights.size() - ConnectomeScene::maximumEdges);
}

TEST(ConnectomeScene, RegionsWithoutCoordinatesAreLeftOutWithTheirEdges) {
    auto parcellation = threeRegions();
    parcellation.regions[1].hasCentre = false;
    parcellation.regions[2].centre[0] = std::numeric_limits<double>::quiet_NaN();
    ConnectomeScene scene;
    scene.setParcellation(parcellation);
    scene.setEdges(std::vector<float>{0.9f, 0.9f, 0.9f}, 0.1);
    EXPECT_EQ(scene.locatedRegionCount(), 1);
    EXPECT_EQ(scene.visibleEdgeCount(), 0);
    EXPECT_EQ(scene.strongEdgeCount(), 3);
    EXPECT_EQ(scene.displayPosition(1)[0], -1);
}

TEST(ConnectomeScene, CameraStandsWhereTheViewSays) {
    ConnectomeScene scene;
    scene.setParcellation(syntheticBrain(100));
    const auto direction = [&](StandardView view) {
        scene.setStandardView(view);
        const CameraPose pose = scene.camera();
        std::array<double, 3> d{};
        double length = 0;
        for (int i = 0; i < 3; ++i) length += (d[i] = pose.position[i] - pose.focus[i]) * d[i];
        for (double& value : d) value /= std::sqrt(length);
        return d;
    };
    EXPECT_NEAR(direction(StandardView::Left)[0], -1, 1e-9);
    EXPECT_NEAR(direction(StandardView::Right)[0], 1, 1e-9);
    EXPECT_NEAR(direction(StandardView::Front)[1], 1, 1e-9);
    EXPECT_NEAR(direction(StandardView::Back)[1], -1, 1e-9);
    EXPECT_NEAR(direction(StandardView::Top)[2], 1, 1e-9);
    EXPECT_NEAR(direction(StandardView::Bottom)[2], -1, 1e-9);
}

TEST(ConnectomeScene, CameraComesBackAsItWasSet) {
    ConnectomeScene scene;
    const CameraPose pose{{10, -300, 40}, {1, 2, 3}, {0, 0, 1}, 20};
    scene.setCamera(pose);
    const CameraPose back = scene.camera();
    for (int i = 0; i < 3; ++i) {
        EXPECT_NEAR(back.position[i], pose.position[i], 1e-9);
        EXPECT_NEAR(back.focus[i], pose.focus[i], 1e-9);
    }
    EXPECT_EQ(back.viewAngle, 20);
}

}  // namespace
}  // namespace chronnect
