#include "core/base/Error.h"
#include "visualization/ColorMap.h"
#include "visualization/MatrixPicture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace chronnect {
namespace {

/// Two networks whose regions alternate, so that the order of the picture is not that of the file.
MatrixRequest fourRegions() {
    MatrixRequest request;
    for (const auto& [name, network] :
         {std::pair("a", "Vis"), std::pair("b", "Default"), std::pair("c", "Vis"), std::pair("d", "Default")}) {
        Region region;
        region.name = name;
        region.network = network;
        request.parcellation.regions.push_back(region);
    }
    //                 ab    ac   ad    bc             bd    cd
    request.weights = {0.1f, 0.9f, -0.2f, std::nanf(""), -0.8f, 0.3f};
    request.title = "sub-01, whole run";
    request.measure = "Pearson r";
    request.width = 600;
    request.height = 400;
    return request;
}

/// Rows and columns of the picture that the cells take.
struct Cells {
    int left = 0, top = 0, side = 0;
};

/// Found by the diagonal's grey, which starts at the top left of the cells and ends at their bottom right.
Cells cellsOf(const Picture& picture) {
    Cells cells{picture.width, picture.height, 0};
    int right = 0;
    const auto isGrey = [&](int x, int y) { return picture.at(x, y) == Rgb{160, 160, 160}; };
    for (int y = 0; y < picture.height; ++y)
        for (int x = 9; x < picture.width * 3 / 4; ++x)
            if (isGrey(x, y) && (isGrey(x - 9, y) || isGrey(x + 9, y))) {  // and no edge of a letter
                cells.left = std::min(cells.left, x);
                cells.top = std::min(cells.top, y);
                right = std::max(right, x);
            }
    cells.side = right - cells.left + 1;
    return cells;
}

int inked(const Picture& picture, int left, int top, int right, int bottom) {
    int count = 0;
    for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) count += picture.at(x, y)[0] < 200;  // thin letters are grey
    return count;
}

TEST(MatrixPicture, PutsEachPairWhereItsNetworksAre) {
    const Picture picture = renderMatrix(fourRegions());
    ASSERT_EQ(picture.rgb.size(), 600u * 400u * 3u);
    const Cells cells = cellsOf(picture);
    ASSERT_GT(cells.side, 200);
    const auto cell = [&](int row, int column) {
        return picture.at(cells.left + (2 * column + 1) * cells.side / 8, cells.top + (2 * row + 1) * cells.side / 8);
    };
    // Order: a, c (Vis), b, d (Default).
    EXPECT_EQ(cell(0, 1), signedColor(0.9f, 1));
    EXPECT_EQ(cell(1, 0), signedColor(0.9f, 1));
    EXPECT_EQ(cell(0, 2), signedColor(0.1f, 1));
    EXPECT_EQ(cell(3, 0), signedColor(-0.2f, 1));
    EXPECT_EQ(cell(2, 3), signedColor(-0.8f, 1));
    EXPECT_EQ(cell(3, 1), signedColor(0.3f, 1));
    EXPECT_EQ(cell(1, 2), (Rgb{160, 160, 160})) << "no number";
    EXPECT_EQ(cell(2, 2), (Rgb{160, 160, 160})) << "the diagonal";
}

TEST(MatrixPicture, HasNamesTitleAndBar) {
    const Picture picture = renderMatrix(fourRegions());
    const Cells cells = cellsOf(picture);
    EXPECT_GT(inked(picture, cells.left, 0, cells.left + cells.side, cells.top), 50) << "title";
    EXPECT_GT(inked(picture, 0, cells.top, cells.left - 12, cells.top + cells.side / 2), 20) << "first network";
    EXPECT_GT(inked(picture, 0, cells.top + cells.side / 2, cells.left - 12, cells.top + cells.side), 20) << "second";
    EXPECT_GT(inked(picture, cells.left + cells.side + 30, cells.top, picture.width, picture.height), 50) << "ticks";
    EXPECT_EQ(inked(picture, 0, cells.top + cells.side + 1, picture.width, picture.height), 0) << "nothing is cut off";
    MatrixRequest untitled = fourRegions();
    untitled.title.clear();
    EXPECT_EQ(inked(renderMatrix(untitled), cells.left, 0, cells.left + cells.side, cells.top), 0);
}

TEST(MatrixPicture, NamesRegionsWhereThereAreNoNetworks) {
    MatrixRequest request = fourRegions();
    for (Region& region : request.parcellation.regions) region.network.clear();
    const Picture picture = renderMatrix(request);
    const Cells cells = cellsOf(picture);
    for (int row = 0; row < 4; ++row)
        EXPECT_GT(
            inked(picture, 0, cells.top + row * cells.side / 4, cells.left - 6, cells.top + (row + 1) * cells.side / 4),
            3)
            << row;
}

TEST(MatrixPicture, RefusesWhatDoesNotFitAndDrawsTheSmallest) {
    MatrixRequest request = fourRegions();
    request.weights.pop_back();
    EXPECT_THROW(renderMatrix(request), Error);
    request = fourRegions();
    request.width = 3;
    EXPECT_THROW(renderMatrix(request), Error);
    request.width = request.height = 16;
    EXPECT_EQ(renderMatrix(request).rgb.size(), 16u * 16u * 3u);
    request.parcellation.regions.resize(1);
    request.weights.clear();
    EXPECT_THROW(renderMatrix(request), Error);
}

}  // namespace
}  // namespace chronnect
