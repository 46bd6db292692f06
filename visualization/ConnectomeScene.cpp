#include "visualization/ConnectomeScene.h"

#include "core/data/Connectivity.h"
#include "visualization/ColorMap.h"
#include "visualization/detail/OutlineCache.h"
#include "visualization/detail/CameraFit.h"
#include "visualization/detail/GlyphLayer.h"
#include "visualization/detail/Look.h"
#include "visualization/detail/OrientationMark.h"
#include "visualization/detail/TextLayer.h"

#include <vtkAutoInit.h>
#include <vtkCallbackCommand.h>
#include <vtkCamera.h>
#include <vtkCommand.h>
#include <vtkPolyDataMapper.h>
#include <vtkRenderer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

VTK_MODULE_INIT(vtkRenderingOpenGL2)
VTK_MODULE_INIT(vtkRenderingFreeType)
VTK_MODULE_INIT(vtkInteractionStyle)

namespace chronnect {
namespace {

using Point = std::array<double, 3>;

struct Edge {
    int a, b;
    float weight;
};

}  // namespace

class ConnectomeScene::Impl {
public:
    Impl();
    ~Impl() { renderer->RemoveObserver(startObserver); }

    bool located(int i) const { return i >= 0 && i < static_cast<int>(shown.size()) && shown[i]; }
    void resetBounds();
    void makeOutline();
    void buildRegions();
    void buildEdges();
    void buildTexts();
    void chooseEdges();
    void addRegionLabels(std::vector<TextLayer::Text>& texts) const;
    double radiusOf(int region) const;
    Rgb colourOf(int region) const;
    bool isLinked(int region) const;
    double edgeRadius(const Edge& edge, double base) const;
    std::vector<int> labelOrder() const;
    void prepareFrame();
    CameraPose pose() const;
    void applyCamera(const CameraPose& wanted);
    void fitCamera();
    void keepFitted();

    Parcellation parcellation;
    std::vector<bool> shown;  ///< per region: has a usable centre
    std::vector<float> weights, values;
    std::optional<Volume> mask;
    double threshold = 0.5;
    std::vector<Edge> edges;  ///< tubes, strongest first
    int strongEdges = 0;
    int region = -1, hovered = -1;
    RegionPair edge{-1, -1};
    SceneColours colours = lightColours;
    bool dark = false, outlineOn = true, labelsOn = false;
    Point low{-70, -105, -60}, high{70, 75, 80};
    double baseRadius = 3.5;
    StandardView view = StandardView::Oblique;
    std::optional<CameraPose> fitted;  ///< the camera as last fitted to the window
    double fittedAspect = 0;

    vtkNew<vtkRenderer> renderer;
    GlyphLayer spheres{GlyphLayer::Shape::Sphere}, halos{GlyphLayer::Shape::Sphere}, tubes{GlyphLayer::Shape::Tube};
    vtkNew<vtkPolyDataMapper> outlineMapper;
    vtkNew<vtkActor> outlineActor;
    TextLayer texts{renderer};
    OrientationMark mark{renderer};
    double textScale = 1;
    vtkNew<vtkCallbackCommand> onStart;
    unsigned long startObserver = 0;
};

ConnectomeScene::Impl::Impl() {
    // Multisampling makes translucent surfaces vanish; FXAA gives the same smooth edges. The glass is of one colour, so
    // order-independent blending shows what depth peeling would at half of the cost.
    renderer->SetUseDepthPeeling(false);
    renderer->SetUseFXAA(true);

    outlineActor->SetMapper(outlineMapper);
    outlineMapper->ScalarVisibilityOff();
    outlineActor->VisibilityOff();
    makeGlass(outlineActor, 0.03, 0.95);
    makeGlass(halos.actor(), 0.10, 0.85);
    makeMatte(spheres.actor(), 0.30);
    makeMatte(tubes.actor(), 0.08);

    renderer->AddActor(spheres.actor());
    renderer->AddActor(tubes.actor());
    renderer->AddActor(outlineActor);
    renderer->AddActor(halos.actor());

    onStart->SetClientData(this);
    onStart->SetCallback(
        [](vtkObject*, unsigned long, void* self, void*) { static_cast<Impl*>(self)->prepareFrame(); });
    startObserver = renderer->AddObserver(vtkCommand::StartEvent, onStart);
}

void ConnectomeScene::Impl::resetBounds() {
    low.fill(std::numeric_limits<double>::max());
    high.fill(std::numeric_limits<double>::lowest());
    const auto include = [&](const Point& p, double margin) {
        for (int i = 0; i < 3; ++i) {
            low[i] = std::min(low[i], p[i] - margin);
            high[i] = std::max(high[i], p[i] + margin);
        }
    };
    for (std::size_t i = 0; i < shown.size(); ++i)
        if (shown[i]) include(parcellation.regions[i].centre, 5);
    if (outlineMapper->GetInput()) {
        const double* b = outlineMapper->GetBounds();
        include({b[0], b[2], b[4]}, 0);
        include({b[1], b[3], b[5]}, 0);
    }
    if (low[0] > high[0]) {
        low = {-70, -105, -60};
        high = {70, 75, 80};
    }
}

void ConnectomeScene::Impl::makeOutline() {
    vtkSmartPointer<vtkPolyData> surface;
    if (mask) surface = keptOutline(*mask);
    if (!surface) surface = keptOutline(parcellation);
    outlineMapper->SetInputData(surface);
    outlineActor->SetVisibility(outlineOn && surface);
    resetBounds();
}

bool ConnectomeScene::Impl::isLinked(int other) const {
    if (other == region || other == edge.first || other == edge.second) return true;
    return region >= 0 && std::any_of(edges.begin(), edges.end(), [&](const Edge& e) {
               return (e.a == region && e.b == other) || (e.b == region && e.a == other);
           });
}

double ConnectomeScene::Impl::radiusOf(int i) const {
    double factor = i == hovered ? 1.18 : 1.0;
    if (i == region || i == edge.first || i == edge.second) factor = 1.35;
    if (values.empty()) return baseRadius * factor;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    if (!std::isfinite(values[i])) return 0.4 * baseRadius;
    const double share = *most > *least ? (values[i] - *least) / (*most - *least) : 0.5;
    return baseRadius * factor * (0.55 + 1.25 * share);
}

Rgb ConnectomeScene::Impl::colourOf(int i) const {
    if (!values.empty()) {
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        if (!std::isfinite(values[i])) return colours.dim;
        return colorAt(ColorMap::Viridis, *most > *least ? (values[i] - *least) / (*most - *least) : 0.5);
    }
    const Rgb own = parcellation.regions[i].colour;
    const bool somethingSelected = located(region) || edge.first >= 0;
    return somethingSelected && !isLinked(i) ? mixed(own, colours.background, 0.62) : own;
}

void ConnectomeScene::Impl::buildRegions() {
    spheres.clear();
    halos.clear();
    for (int i = 0; i < static_cast<int>(shown.size()); ++i) {
        if (!shown[i]) continue;
        const Point& centre = parcellation.regions[i].centre;
        spheres.addSphere(centre, radiusOf(i), colourOf(i));
        if (i == region || i == edge.first || i == edge.second)
            halos.addSphere(centre, radiusOf(i) * 1.75, colours.accent);
    }
    spheres.finish();
    halos.finish();
}

void ConnectomeScene::Impl::chooseEdges() {
    edges.clear();
    std::size_t next = 0;
    const int count = static_cast<int>(parcellation.regions.size());
    strongEdges = 0;
    if (weights.empty()) return;
    for (int a = 0; a < count; ++a)
        for (int b = a + 1; b < count; ++b) {
            const float weight = weights[next++];
            if (!(std::abs(weight) >= threshold)) continue;  // NaN is no edge
            ++strongEdges;
            if (shown[a] && shown[b]) edges.push_back({a, b, weight});
        }
    const auto stronger = [](const Edge& x, const Edge& y) { return std::abs(x.weight) > std::abs(y.weight); };
    if (edges.size() > ConnectomeScene::maximumEdges) {
        std::nth_element(edges.begin(), edges.begin() + ConnectomeScene::maximumEdges, edges.end(), stronger);
        edges.resize(ConnectomeScene::maximumEdges);
    }
}

double ConnectomeScene::Impl::edgeRadius(const Edge& e, double base) const {
    const double top = std::max(1.0, threshold + 0.2);
    const double share = std::clamp((std::abs(e.weight) - threshold) / std::max(top - threshold, 1e-6), 0.0, 1.0);
    return base * (0.35 + 0.95 * share);
}

void ConnectomeScene::Impl::buildEdges() {
    tubes.clear();
    // Many tubes must be thin to be told apart; few may be bold.
    const double crowd = std::clamp(std::sqrt(400.0 / std::max<double>(1, edges.size())), 0.42, 1.0);
    const double base = 0.34 * baseRadius * crowd;
    const bool selecting = located(region) || edge.first >= 0;
    bool edgeDrawn = false;
    for (const Edge& e : edges) {
        const bool own = RegionPair(e.a, e.b) == edge;
        const bool touches = e.a == region || e.b == region;
        Rgb colour = own ? colours.accent : edgeColor(e.weight, 1.0, dark);
        double radius = edgeRadius(e, base);
        if (own)
            radius = std::max(radius * 1.5, 0.3 * baseRadius);
        else if (touches)
            radius = std::max(radius * 1.25, 0.2 * baseRadius);
        else if (selecting) {
            colour = mixed(colour, colours.background, 0.84);
            radius *= 0.6;
        }
        edgeDrawn = edgeDrawn || own;
        tubes.addTube(parcellation.regions[e.a].centre, parcellation.regions[e.b].centre, radius, colour);
    }
    if (!edgeDrawn && located(edge.first) && located(edge.second))  // chosen in a matrix, below the threshold
        tubes.addTube(parcellation.regions[edge.first].centre, parcellation.regions[edge.second].centre,
                      0.14 * baseRadius, colours.accent);
    tubes.finish();
}

std::vector<int> ConnectomeScene::Impl::labelOrder() const {
    std::vector<double> importance(shown.size(), 0.0);
    for (const Edge& e : edges) {
        const bool relevant = !located(region) || e.a == region || e.b == region;
        importance[e.a] += relevant ? std::abs(e.weight) : 0;
        importance[e.b] += relevant ? std::abs(e.weight) : 0;
    }
    for (std::size_t i = 0; i < values.size() && !located(region); ++i)
        importance[i] = std::isfinite(values[i]) ? values[i] : 0;
    std::vector<int> order;
    for (int i = 0; i < static_cast<int>(shown.size()); ++i) {
        const bool chosen = i == region || i == hovered || i == edge.first || i == edge.second;
        if (chosen) importance[i] = std::numeric_limits<double>::max();
        if (shown[i] && (chosen || (labelsOn && importance[i] > 0))) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](int x, int y) { return importance[x] > importance[y]; });
    if (order.size() > 28) order.resize(28);
    return order;
}

void ConnectomeScene::Impl::addRegionLabels(std::vector<TextLayer::Text>& list) const {
    for (const int i : labelOrder()) {
        const bool chosen = i == region || i == hovered || i == edge.first || i == edge.second;
        list.push_back({.text = parcellation.regions[i].name,
                        .place = parcellation.regions[i].centre,
                        .offset = {9, 9},
                        .colour = colours.text,
                        .bold = chosen,
                        .plate = true,
                        .size = chosen ? 14 : 12});
    }
}

void ConnectomeScene::Impl::prepareFrame() {
    keepFitted();
    std::vector<TextLayer::Text> list;
    const bool any = std::any_of(shown.begin(), shown.end(), [](bool b) { return b; });
    if (any) {
        addRegionLabels(list);
        addSideLetters(list, renderer, low, high, {colours.left, colours.right, colours.text});
        mark.place(textScale, {colours.left, colours.right, colours.faint});
    } else {
        mark.show(false);
    }
    texts.setPlateColour(colours.background);
    texts.setTexts(std::move(list));
    texts.place();
}

CameraPose ConnectomeScene::Impl::pose() const {
    vtkCamera* camera = renderer->GetActiveCamera();
    CameraPose result;
    camera->GetPosition(result.position.data());
    camera->GetFocalPoint(result.focus.data());
    camera->GetViewUp(result.up.data());
    result.viewAngle = camera->GetViewAngle();
    return result;
}

void ConnectomeScene::Impl::applyCamera(const CameraPose& wanted) {
    vtkCamera* camera = renderer->GetActiveCamera();
    camera->SetPosition(wanted.position.data());
    camera->SetFocalPoint(wanted.focus.data());
    camera->SetViewUp(wanted.up.data());
    camera->SetViewAngle(wanted.viewAngle);
    renderer->ResetCameraClippingRange();
}

void ConnectomeScene::Impl::fitCamera() {
    const int* size = renderer->GetSize();
    fittedAspect = size[0] > 0 && size[1] > 0 ? static_cast<double>(size[0]) / size[1] : 4.0 / 3.0;
    applyCamera(fittedPose(view, low, high, fittedAspect));
    fitted = pose();
}

void ConnectomeScene::Impl::keepFitted() {
    const int* size = renderer->GetSize();
    if (!fitted || size[0] <= 0 || size[1] <= 0) return;
    const double aspect = static_cast<double>(size[0]) / size[1];
    if (std::abs(aspect - fittedAspect) < 1e-9) return;
    const CameraPose now = pose();
    if (now.position == fitted->position && now.focus == fitted->focus && now.up == fitted->up)
        fitCamera();
    else
        fitted.reset();  // the person has turned or moved it
}

ConnectomeScene::ConnectomeScene() : m_impl(std::make_unique<Impl>()) {
    setDark(false);
    setStandardView(StandardView::Oblique);
}
ConnectomeScene::~ConnectomeScene() = default;

void ConnectomeScene::setParcellation(const Parcellation& parcellation) {
    auto& d = *m_impl;
    d.parcellation = parcellation;
    d.shown.clear();
    for (const Region& region : parcellation.regions) d.shown.push_back(isLocated(region));
    d.weights.clear();
    d.values.clear();
    d.edges.clear();
    d.strongEdges = 0;
    d.region = d.hovered = -1;
    d.edge = {-1, -1};
    d.baseRadius = std::clamp(3.6 * std::cbrt(160.0 / std::max(1, locatedRegionCount())), 2.2, 5.0);
    d.makeOutline();
    d.buildRegions();
    d.buildEdges();
    setStandardView(d.view);
}

void ConnectomeScene::setOutline(const Volume& mask) {
    m_impl->mask = mask.values.empty() ? std::nullopt : std::optional(mask);
    m_impl->makeOutline();
}

void ConnectomeScene::setEdges(std::span<const float> weights, double threshold) {
    auto& d = *m_impl;
    const bool fits = weights.size() == edgeCountOf(d.parcellation.regions.size());
    d.weights.assign(weights.begin(), fits ? weights.end() : weights.begin());
    d.threshold = threshold;
    d.chooseEdges();
    d.buildEdges();
    if (d.located(d.region) || d.edge.first >= 0) d.buildRegions();  // which regions are linked has changed
}

void ConnectomeScene::setRegionValues(std::span<const float> values) {
    const bool fits = values.size() == m_impl->parcellation.regions.size();
    m_impl->values.assign(values.begin(), fits ? values.end() : values.begin());
    m_impl->buildRegions();
}

void ConnectomeScene::setSelection(int region, RegionPair edge) {
    auto& d = *m_impl;
    const int count = static_cast<int>(d.shown.size());
    d.region = region < count ? region : -1;
    d.edge = edge.first < count && edge.second < count ? edge : RegionPair(-1, -1);
    d.buildRegions();
    d.buildEdges();
}

void ConnectomeScene::setHovered(int region) {
    if (region == m_impl->hovered) return;
    m_impl->hovered = region;
    m_impl->buildRegions();
}

void ConnectomeScene::setDark(bool dark) {
    auto& d = *m_impl;
    d.dark = dark;
    d.colours = dark ? darkColours : lightColours;
    const Rgb& c = d.colours.background;
    d.renderer->SetBackground(c[0] / 255.0, c[1] / 255.0, c[2] / 255.0);
    setColour(d.outlineActor->GetProperty(), d.colours.glass);
    d.buildRegions();
    d.buildEdges();
}

void ConnectomeScene::showOutline(bool on) {
    m_impl->outlineOn = on;
    m_impl->outlineActor->SetVisibility(on && m_impl->outlineMapper->GetInput());
}
void ConnectomeScene::showLabels(bool on) { m_impl->labelsOn = on; }
void ConnectomeScene::setTextScale(double scale) {
    m_impl->textScale = scale;
    m_impl->texts.setScale(scale);
}

void ConnectomeScene::setStandardView(StandardView view) {
    m_impl->view = view;
    m_impl->fitCamera();
}

CameraPose ConnectomeScene::camera() const { return m_impl->pose(); }

void ConnectomeScene::setCamera(const CameraPose& pose) {
    m_impl->applyCamera(pose);
    m_impl->fitted.reset();
}

int ConnectomeScene::visibleEdgeCount() const { return static_cast<int>(m_impl->edges.size()); }
int ConnectomeScene::strongEdgeCount() const { return m_impl->strongEdges; }
int ConnectomeScene::locatedRegionCount() const {
    return static_cast<int>(std::count(m_impl->shown.begin(), m_impl->shown.end(), true));
}
std::vector<RegionPair> ConnectomeScene::visibleEdges() const {
    std::vector<RegionPair> pairs;
    for (const Edge& e : m_impl->edges) pairs.emplace_back(e.a, e.b);
    return pairs;
}
vtkRenderer* ConnectomeScene::renderer() const { return m_impl->renderer; }

std::array<double, 2> ConnectomeScene::displayPosition(int region) const {
    if (!m_impl->located(region)) return {-1, -1};
    const auto at = Projection(m_impl->renderer)(m_impl->parcellation.regions[region].centre);
    return {at[0], at[1]};
}

int ConnectomeScene::regionAt(double x, double y, double reach) const {
    const auto& d = *m_impl;
    const Projection project(d.renderer);
    int hit = -1, near = -1;
    double hitDepth = std::numeric_limits<double>::max(), nearDistance = reach;
    for (int i = 0; i < static_cast<int>(d.shown.size()); ++i) {
        if (!d.shown[i]) continue;
        const auto at = project(d.parcellation.regions[i].centre);
        if (at[2] <= 0) continue;
        const double distance = std::hypot(at[0] - x, at[1] - y);
        const double outside = distance - d.radiusOf(i) * project.scaleAt(at[2]);
        if (outside <= 0 && at[2] < hitDepth) {
            hit = i;
            hitDepth = at[2];
        } else if (outside <= nearDistance) {
            near = i;
            nearDistance = outside;
        }
    }
    return hit >= 0 ? hit : near;
}

RegionPair ConnectomeScene::edgeAt(double x, double y, double reach) const {
    const auto& d = *m_impl;
    const Projection project(d.renderer);
    std::vector<std::array<double, 3>> at(d.shown.size());
    for (std::size_t i = 0; i < at.size(); ++i)
        if (d.shown[i]) at[i] = project(d.parcellation.regions[i].centre);
    RegionPair found{-1, -1};
    double foundDepth = std::numeric_limits<double>::max();
    for (const Edge& e : d.edges) {
        const auto &p = at[e.a], &q = at[e.b];
        if (p[2] <= 0 || q[2] <= 0) continue;
        const double dx = q[0] - p[0], dy = q[1] - p[1], square = dx * dx + dy * dy;
        const double t = square > 0 ? std::clamp(((x - p[0]) * dx + (y - p[1]) * dy) / square, 0.0, 1.0) : 0.0;
        if (std::hypot(p[0] + t * dx - x, p[1] + t * dy - y) > reach) continue;
        const double depth = p[2] + t * (q[2] - p[2]);
        if (depth < foundDepth) {
            found = {e.a, e.b};
            foundDepth = depth;
        }
    }
    return found;
}

}  // namespace chronnect
