#include "visualization/detail/BrainOutline.h"

#include <vtkFloatArray.h>
#include <vtkFlyingEdges3D.h>
#include <vtkImageData.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyDataConnectivityFilter.h>
#include <vtkPolyDataNormals.h>
#include <vtkTransform.h>
#include <vtkTransformPolyDataFilter.h>
#include <vtkWindowedSincPolyDataFilter.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect {
namespace {

/// A float image that knows how to walk along its axes.
struct Field {
    std::array<int, 3> size{};
    std::vector<float> values;

    explicit Field(std::array<int, 3> n, float value = 0)
        : size(n), values(static_cast<std::size_t>(n[0]) * n[1] * n[2], value) {}
    std::size_t stride(int axis) const {
        return axis == 0 ? 1 : axis == 1 ? size[0] : static_cast<std::size_t>(size[0]) * size[1];
    }
    float& at(int i, int j, int k) { return values[i + size[0] * (j + static_cast<std::size_t>(size[1]) * k)]; }

    /// Calls work(first value of a line, distance between its values) for every line along `axis`.
    template <class Work>
    void forLines(int axis, Work work) {
        const int u = (axis + 1) % 3, v = (axis + 2) % 3;
        for (int b = 0; b < size[v]; ++b)
            for (int a = 0; a < size[u]; ++a) work(values.data() + a * stride(u) + b * stride(v), stride(axis));
    }
};

/// Squared distance along one line, lower envelope of parabolas (Felzenszwalb & Huttenlocher 2012).
void squaredDistanceLine(float* line, std::size_t stride, int count, std::vector<float>& copy, std::vector<int>& at,
                         std::vector<float>& from) {
    for (int i = 0; i < count; ++i) copy[i] = line[i * stride];
    int last = 0;
    at[0] = 0;
    from[0] = -std::numeric_limits<float>::infinity();
    from[1] = std::numeric_limits<float>::infinity();
    const auto meet = [&](int p, int q) {
        return ((copy[q] + static_cast<float>(q) * q) - (copy[p] + static_cast<float>(p) * p)) / (2.0f * (q - p));
    };
    for (int q = 1; q < count; ++q) {
        float s = meet(at[last], q);
        while (last > 0 && s <= from[last]) s = meet(at[--last], q);
        at[++last] = q;
        from[last] = s;
        from[last + 1] = std::numeric_limits<float>::infinity();
    }
    int k = 0;
    for (int q = 0; q < count; ++q) {
        while (from[k + 1] < q) ++k;
        const float d = static_cast<float>(q - at[k]);
        line[q * stride] = d * d + copy[at[k]];
    }
}

/// Euclidean distance (in voxels) to the nearest zero of `field`, whose other values are "far".
void distanceTransform(Field& field) {
    const int longest = *std::max_element(field.size.begin(), field.size.end());
    std::vector<float> copy(longest), from(longest + 1);
    std::vector<int> at(longest);
    for (int axis = 0; axis < 3; ++axis)
        field.forLines(axis, [&](float* line, std::size_t stride) {
            squaredDistanceLine(line, stride, field.size[axis], copy, at, from);
        });
    for (float& value : field.values) value = std::sqrt(value);
}

/// Three box blurs of half width `reach`: close to a Gaussian.
void smooth(Field& field, int reach) {
    const int longest = *std::max_element(field.size.begin(), field.size.end());
    std::vector<float> copy(longest);
    for (int pass = 0; pass < 3; ++pass)
        for (int axis = 0; axis < 3; ++axis)
            field.forLines(axis, [&](float* line, std::size_t stride) {
                const int count = field.size[axis];
                for (int i = 0; i < count; ++i) copy[i] = line[i * stride];
                for (int i = 0; i < count; ++i) {
                    float sum = 0;
                    for (int d = -reach; d <= reach; ++d) sum += copy[std::clamp(i + d, 0, count - 1)];
                    line[i * stride] = sum / static_cast<float>(2 * reach + 1);
                }
            });
}

vtkSmartPointer<vtkPolyData> contour(const Field& field, double level) {
    vtkNew<vtkFloatArray> scalars;
    scalars->SetNumberOfValues(static_cast<vtkIdType>(field.values.size()));
    std::copy(field.values.begin(), field.values.end(), scalars->GetPointer(0));
    vtkNew<vtkImageData> image;
    image->SetDimensions(field.size[0], field.size[1], field.size[2]);
    image->GetPointData()->SetScalars(scalars);

    vtkNew<vtkFlyingEdges3D> surface;
    surface->SetInputData(image);
    surface->SetValue(0, level);
    surface->ComputeNormalsOff();
    surface->ComputeScalarsOff();
    vtkNew<vtkPolyDataConnectivityFilter> largest;
    largest->SetInputConnection(surface->GetOutputPort());
    largest->SetExtractionModeToLargestRegion();
    vtkNew<vtkWindowedSincPolyDataFilter> smoother;
    smoother->SetInputConnection(largest->GetOutputPort());
    smoother->SetNumberOfIterations(20);
    smoother->SetPassBand(0.02);
    smoother->NormalizeCoordinatesOn();
    smoother->Update();
    vtkSmartPointer<vtkPolyData> result = smoother->GetOutput();
    return result->GetNumberOfPolys() > 0 ? result : nullptr;
}

/// Moves grid coordinates to the world and computes normals there (an affine may mirror).
vtkSmartPointer<vtkPolyData> toWorld(vtkPolyData* surface, const std::array<double, 12>& affine) {
    vtkNew<vtkTransform> transform;
    vtkNew<vtkMatrix4x4> matrix;
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 4; ++column) matrix->SetElement(row, column, affine[row * 4 + column]);
    transform->SetMatrix(matrix);
    vtkNew<vtkTransformPolyDataFilter> moved;
    moved->SetInputData(surface);
    moved->SetTransform(transform);
    vtkNew<vtkPolyDataNormals> normals;
    normals->SetInputConnection(moved->GetOutputPort());
    normals->SplittingOff();
    normals->ConsistencyOn();
    normals->AutoOrientNormalsOn();
    normals->Update();
    return normals->GetOutput();
}

double medianNeighbourDistance(const std::vector<std::array<double, 3>>& points) {
    std::vector<double> nearest;
    for (std::size_t a = 0; a < points.size(); ++a) {
        double best = std::numeric_limits<double>::max();
        for (std::size_t b = 0; b < points.size(); ++b) {
            if (a == b) continue;
            const double d =
                std::hypot(points[a][0] - points[b][0], points[a][1] - points[b][1], points[a][2] - points[b][2]);
            if (d > 0) best = std::min(best, d);
        }
        nearest.push_back(best);
    }
    std::nth_element(nearest.begin(), nearest.begin() + nearest.size() / 2, nearest.end());
    return nearest[nearest.size() / 2];
}

/// Whether both sides of the mid-sagittal plane have their share of points, so that this looks like a whole brain.
bool hasTwoSides(const std::vector<std::array<double, 3>>& points) {
    const auto share = [&](double sign) {
        const auto n = std::count_if(points.begin(), points.end(), [&](const auto& p) { return p[0] * sign > 5; });
        return static_cast<double>(n) / static_cast<double>(points.size());
    };
    return share(1) >= 0.2 && share(-1) >= 0.2;
}

/// Joins a field that is symmetric in its grid with its mirror image, leaving a shallow cleft between them.
void joinWithMirrorImage(Field& field) {
    field.forLines(0, [&](float* line, std::size_t stride) {
        for (int i = 0, j = field.size[0] - 1; i <= j; ++i, --j)
            line[i * stride] = line[j * stride] = std::max(line[i * stride], line[j * stride]);
    });
}

constexpr double spacing = 3.0;       ///< mm between grid points
constexpr double surfaceDepth = 9.0;  ///< mm that a typical region centre lies below the surface of the brain

/// Distance inside the closed set, in mm: positive within `surfaceDepth` of the closing of the points.
Field closing(const std::vector<std::array<double, 3>>& points, const std::array<double, 3>& origin,
              const std::array<int, 3>& size, double reach) {
    constexpr float far = 1e7f;  // squared voxels; larger would lose the small differences
    Field field(size, far);
    for (const auto& p : points)
        field.at(static_cast<int>(std::lround((p[0] - origin[0]) / spacing)),
                 static_cast<int>(std::lround((p[1] - origin[1]) / spacing)),
                 static_cast<int>(std::lround((p[2] - origin[2]) / spacing))) = 0;
    distanceTransform(field);
    for (float& value : field.values) value = value * spacing > reach ? 0 : far;
    distanceTransform(field);
    for (float& value : field.values) value = static_cast<float>(value * spacing - (reach - surfaceDepth));
    smooth(field, 1);
    return field;
}

}  // namespace

vtkSmartPointer<vtkPolyData> outlineFromCentres(std::vector<std::array<double, 3>> centres) {
    if (centres.size() < 8) return nullptr;
    const bool twoSides = hasTwoSides(centres);
    if (twoSides)
        for (auto& centre : centres) centre[0] = std::abs(centre[0]);
    const double reach = std::clamp(5.0 * medianNeighbourDistance(centres), 48.0, 66.0);
    const double margin = reach + 5 * spacing;
    std::array<double, 3> origin{};
    std::array<int, 3> size{};
    for (int axis = 0; axis < 3; ++axis) {
        const auto [low, high] = std::minmax_element(
            centres.begin(), centres.end(), [axis](const auto& a, const auto& b) { return a[axis] < b[axis]; });
        const double extent = (*high)[axis] - (*low)[axis];
        if (extent < 10 || extent > 1000) return nullptr;  // flat, or not in millimetres
        const bool mirrored = twoSides && axis == 0;
        origin[axis] = (mirrored ? -(*high)[axis] : (*low)[axis]) - margin;
        size[axis] = static_cast<int>(std::ceil(((*high)[axis] + margin - origin[axis]) / spacing)) + 1;
        if (mirrored) origin[axis] = -0.5 * spacing * (size[axis] - 1);
    }
    Field field = closing(centres, origin, size, reach);
    if (twoSides) joinWithMirrorImage(field);
    smooth(field, 1);
    const auto surface = contour(field, 0.0);
    if (!surface) return nullptr;
    return toWorld(surface, {spacing, 0, 0, origin[0], 0, spacing, 0, origin[1], 0, 0, spacing, origin[2]});
}

namespace {

constexpr int pad = 3;  // so that a mask that touches the border still gives a closed surface

/// Voxels per grid point: an outline of glass shows nothing finer than about 3 mm, and a mask of 1 mm would give a
/// million triangles.
std::array<int, 3> coarseness(const VoxelGrid& grid) {
    std::array<int, 3> step{};
    for (int axis = 0; axis < 3; ++axis) {
        const double edge = std::hypot(grid.affine[axis], grid.affine[4 + axis], grid.affine[8 + axis]);
        step[axis] = edge > 0 ? std::clamp(static_cast<int>(std::floor(spacing / edge)), 1, 16) : 1;
    }
    return step;
}

/// The share of voxels above `limit` in every block of `step` voxels, padded.
Field coarse(const Volume& mask, float limit, const std::array<int, 3>& step) {
    const auto& n = mask.grid.size;
    std::array<int, 3> size{};
    for (int axis = 0; axis < 3; ++axis)
        size[axis] = (static_cast<int>(n[axis]) + step[axis] - 1) / step[axis] + 2 * pad;
    Field field(size);
    const float share = 1.0f / static_cast<float>(step[0] * step[1] * step[2]);
    std::size_t next = 0;
    for (int k = 0; k < static_cast<int>(n[2]); ++k)
        for (int j = 0; j < static_cast<int>(n[1]); ++j)
            for (int i = 0; i < static_cast<int>(n[0]); ++i)
                if (mask.values[next++] > limit)
                    field.at(i / step[0] + pad, j / step[1] + pad, k / step[2] + pad) += share;
    return field;
}

}  // namespace

vtkSmartPointer<vtkPolyData> outlineFromMask(const Volume& mask) {
    if (mask.values.empty() || mask.values.size() != mask.grid.voxelCount()) return nullptr;
    const float top = *std::max_element(mask.values.begin(), mask.values.end());
    if (!(top > 0)) return nullptr;
    const std::array<int, 3> step = coarseness(mask.grid);
    Field field = coarse(mask, top / 2, step);
    smooth(field, 1);
    const auto surface = contour(field, 0.5);
    if (!surface) return nullptr;
    auto affine = mask.grid.affine;
    for (int row = 0; row < 3; ++row)
        for (int axis = 0; axis < 3; ++axis) {
            double& entry = affine[row * 4 + axis];
            affine[row * 4 + 3] += entry * (0.5 * (step[axis] - 1) - pad * step[axis]);
            entry *= step[axis];
        }
    return toWorld(surface, affine);
}

}  // namespace chronnect
