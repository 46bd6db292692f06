#include "core/learning/WindowGrid.h"

#include <gtest/gtest.h>

using namespace chronnect;

namespace {

MaskRequest stretch(int from, int to, int window) {
    MaskRequest request;
    request.temporal = true;
    request.hiddenFrom = from;
    request.hiddenTo = to;
    request.window = window;
    return request;
}

}  // namespace

TEST(WindowGrid, TheWindowWithTheNearestMiddleIsAsked) {
    const WindowGrid shown{20, 2, 41}, model{30, 10, 7};
    MaskRequest request;
    request.window = 15;  // volumes 30 to 49, middle 40: the model's 25 to 54 does not exist, 30 to 59 and 20 to 49 do
    const int found = inWindowsOf(request, shown, model).window;
    EXPECT_TRUE(found == 2 || found == 3);
    request.window = 0;
    EXPECT_EQ(inWindowsOf(request, shown, model).window, 0);
    request.window = 40;  // middle 90, behind the last window of the model
    EXPECT_EQ(inWindowsOf(request, shown, model).window, 6);
    EXPECT_EQ(inWindowsOf(request, shown, model).hiddenFrom, -1);
}

TEST(WindowGrid, TheSameWindowsStayAsTheyAre) {
    const WindowGrid grid{30, 2, 60};
    EXPECT_EQ(inWindowsOf(stretch(10, 20, 14), grid, grid), stretch(10, 20, 14));
}

TEST(WindowGrid, AStretchGrowsToWholeWindowsOfTheModel) {
    const WindowGrid shown{20, 1, 181}, model{30, 7, 25};
    const MaskRequest found = inWindowsOf(stretch(50, 90, 70), shown, model);  // volumes 50 to 109
    EXPECT_EQ(found.hiddenFrom, 7);                                            // from volume 49
    EXPECT_EQ(found.hiddenTo, 12);  // up to volume 113; window 11 ends with 106
    EXPECT_EQ(found.window, 9);     // middle 78 beside 80
}

TEST(WindowGrid, AStretchInsideOneWindowOfTheModelHidesThatWindow) {
    const WindowGrid shown{10, 1, 191}, model{50, 5, 30};
    EXPECT_EQ(inWindowsOf(stretch(60, 60, 60), shown, model), stretch(8, 8, 8));  // 60 to 69 within 40 to 89
}

/// Whatever the windows: no volume of the shown stretch is left to the network, and the asked window is hidden too.
TEST(WindowGrid, EveryVolumeOfTheShownStretchIsCovered) {
    const int volumes = 200;
    for (const int shownLength : {5, 20, 44})
        for (const int shownStep : {1, 2, 3})
            for (const int modelLength : {10, 30, 50})
                for (const int modelStep : {1, 3, 10, 60}) {
                    const WindowGrid shown{shownLength, shownStep, (volumes - shownLength) / shownStep + 1};
                    const WindowGrid model{modelLength, modelStep, (volumes - modelLength + modelStep - 1) / modelStep};
                    for (int from = 0; from < shown.count; from += 7)
                        for (int to = from; to < shown.count; to += 11) {
                            const MaskRequest found = inWindowsOf(stretch(from, to, (from + to) / 2), shown, model);
                            ASSERT_LE(found.hiddenFrom, found.window);
                            ASSERT_LE(found.window, found.hiddenTo);
                            ASSERT_LE(model.start(found.hiddenFrom), shown.start(from));
                            // Behind the last window of the model there is no volume that any window of it holds.
                            const int seen = model.end(model.count - 1);
                            ASSERT_GE(model.end(found.hiddenTo), std::min(shown.end(to), seen));
                        }
                }
}
