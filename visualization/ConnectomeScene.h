#pragma once

#include "core/data/Parcellation.h"
#include "core/data/Volume.h"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

class vtkRenderer;

namespace chronnect {

/// From where the brain is seen. Left = the left hemisphere faces the viewer.
enum class StandardView { Left, Right, Top, Bottom, Front, Back, Oblique };

/// Camera in world millimetres (RAS+).
struct CameraPose {
    std::array<double, 3> position{0, 0, 1}, focus{0, 0, 0}, up{0, 1, 0};
    double viewAngle = 30;  ///< degrees
    bool operator==(const CameraPose&) const = default;
};

/// Which pair is meant; {-1, -1} = none.
using RegionPair = std::pair<int, int>;

/// A connectome in 3D: regions as spheres coloured by network, pairs as tubes coloured by sign and as wide as strong,
/// inside a glass outline. Millimetres, RAS+. Knows neither Qt nor files. Use from one thread.
///
/// Regions without a centre, or with a centre that is not finite, are not drawn and carry no tubes.
class ConnectomeScene {
public:
    ConnectomeScene();
    ~ConnectomeScene();

    /// Replaces the regions; edges, values and selection are cleared and the camera fits them.
    void setParcellation(const Parcellation& parcellation);

    /// A brain mask to draw the glass outline from (voxels > half of the maximum are inside); an empty volume
    /// returns to the outline made from the region centres.
    void setOutline(const Volume& mask);

    /// Shows the pairs with finite |weight| >= `threshold`, the strongest `maximumEdges` of them.
    /// `weights` is an upper triangle (edgeIndex) over the parcellation's regions; empty = none.
    void setEdges(std::span<const float> weights, double threshold);

    /// One value >= 0 per region drawn as size and colour (viridis from the smallest to the largest finite value);
    /// empty = equal sizes in network colours.
    void setRegionValues(std::span<const float> values);

    void setSelection(int region, RegionPair edge);
    void setHovered(int region);
    void setDark(bool dark);
    void showOutline(bool on);
    void showLabels(bool on);
    /// Size of texts relative to 96 dpi.
    void setTextScale(double scale);

    void setStandardView(StandardView view);
    CameraPose camera() const;
    void setCamera(const CameraPose& pose);

    /// The frontmost region drawn within `reach` pixels of a display position (origin bottom left), or -1.
    int regionAt(double x, double y, double reach) const;
    /// The frontmost shown pair within `reach` pixels of a display position, or {-1, -1}.
    RegionPair edgeAt(double x, double y, double reach) const;
    /// Display position of a region's centre, or {-1, -1} where it has none.
    std::array<double, 2> displayPosition(int region) const;

    int visibleEdgeCount() const;    ///< tubes drawn
    int strongEdgeCount() const;     ///< pairs at or above the threshold, drawn or not
    int locatedRegionCount() const;  ///< regions with a centre
    std::vector<RegionPair> visibleEdges() const;

    /// The renderer to put in a window; owned by the scene.
    vtkRenderer* renderer() const;

    static constexpr int maximumEdges = 6000;

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
