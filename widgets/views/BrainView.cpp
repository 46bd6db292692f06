#include "widgets/views/BrainView.h"

#include "widgets/views/EmptyNote.h"
#include "widgets/views/PlotAxis.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/VtkView.h"

#include <QEvent>
#include <QKeyEvent>
#include <QStackedLayout>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

namespace chronnect {

BrainView::BrainView(ViewState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_stack(new QStackedLayout(this)),
      m_note(new EmptyNote("brain", tr("No region of this atlas has coordinates, so nothing can be drawn in 3D. "
                                       "Give the atlas table columns x, y and z in mm."))),
      m_view(new VtkView) {
    m_stack->addWidget(m_view);
    m_stack->addWidget(m_note);
    m_view->setRenderer(m_scene.renderer());
    setFocusProxy(m_view);
    connect(m_view, &VtkView::hovered, this, &BrainView::hover);
    connect(m_view, &VtkView::clicked, this, &BrainView::pick);
    connect(m_view, &VtkView::left, this, [this] {
        m_hovered = -1;
        changeScene([](ConnectomeScene& scene) { scene.setHovered(-1); });
    });
    connect(&state, &ViewState::windowChanged, this, &BrainView::showEdges);
    connect(&state, &ViewState::thresholdChanged, this, &BrainView::showEdges);
    connect(&state, &ViewState::selectionChanged, this, &BrainView::showSelection);
    followTheme();
}

BrainView::~BrainView() { m_view->setRenderer(nullptr); }

void BrainView::setParcellation(std::shared_ptr<const Parcellation> parcellation) {
    const bool same = parcellation && m_parcellation && *parcellation == *m_parcellation;
    m_parcellation = std::move(parcellation);
    if (same) return;  // keep the camera
    m_scene.setParcellation(m_parcellation ? *m_parcellation : Parcellation{});
    m_scene.setRegionValues(m_values);
    m_stack->setCurrentIndex(m_scene.locatedRegionCount() > 0 ? 0 : 1);
    showEdges();
    showSelection();
}

void BrainView::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_connectivity = std::move(connectivity);
    showEdges();
}

void BrainView::setRegionValues(std::vector<float> values, const QString& caption) {
    m_values = std::move(values);
    m_valueCaption = caption;
    m_scene.setRegionValues(m_values);
    m_view->requestFrame();
}

void BrainView::changeScene(const std::function<void(ConnectomeScene&)>& change) {
    change(m_scene);
    m_view->requestFrame();
}

void BrainView::warmUp() {
    if (!m_view->isUsable()) return;
    Parcellation corners;  // with everything that has a shader of its own: spheres, tubes, outline, texts, selection
    for (const double x : {-30.0, 30.0})
        for (const double y : {-40.0, 40.0}) {
            Region region;
            region.name = "warm-up";
            region.centre = {x, y, 10};
            region.hasCentre = true;
            corners.regions.push_back(region);
        }
    ConnectomeScene scene;
    scene.setParcellation(corners);
    scene.setEdges(std::vector<float>{0.9f, -0.8f, 0.7f, -0.6f, 0.5f, 0.4f}, 0.3);
    scene.setRegionValues(std::vector<float>{1, 2, 3, 4});
    scene.showLabels(true);
    scene.setSelection(0, {0, 1});
    m_view->setRenderer(scene.renderer());
    m_view->image();
    m_view->setRenderer(m_scene.renderer());
}

QPointF BrainView::regionPosition(int region) const {
    const auto at = m_scene.displayPosition(region);
    return m_view->mapTo(this, m_view->fromDisplay({at[0], at[1]}));
}

void BrainView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) followTheme();
}

void BrainView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_scene.setTextScale(m_view->pixelRatio() * logicalDpiY() / 96.0);
}

void BrainView::keyPressEvent(QKeyEvent* event) {
    const bool opposite =
        event->modifiers().testFlag(Qt::ShiftModifier) || event->modifiers().testFlag(Qt::ControlModifier);
    std::optional<StandardView> view;
    switch (event->key()) {
        case Qt::Key_1: view = opposite ? StandardView::Back : StandardView::Front; break;
        case Qt::Key_3: view = opposite ? StandardView::Left : StandardView::Right; break;
        case Qt::Key_7: view = opposite ? StandardView::Bottom : StandardView::Top; break;
        case Qt::Key_0: view = StandardView::Oblique; break;
        case Qt::Key_Escape: m_state.setRegion(-1); return;
        default: QWidget::keyPressEvent(event); return;
    }
    changeScene([&](ConnectomeScene& scene) { scene.setStandardView(*view); });
}

void BrainView::followTheme() {
    changeScene([this](ConnectomeScene& scene) { scene.setDark(palette().color(QPalette::Base).lightness() < 128); });
}

void BrainView::showEdges() {
    std::span<const float> weights;
    if (m_connectivity && m_connectivity->windowCount() > 0 && m_parcellation &&
        m_parcellation->regions.size() == m_connectivity->regionCount())
        weights = m_connectivity->window(std::min<std::size_t>(m_state.window(), m_connectivity->windowCount() - 1));
    m_scene.setEdges(weights, m_state.threshold());
    m_view->requestFrame();
    Q_EMIT edgesChanged();
}

void BrainView::showSelection() {
    m_scene.setSelection(m_state.region(), m_state.edge());
    m_view->requestFrame();
}

QString BrainView::describe(int region) const {
    QString text = regionDescription(m_parcellation.get(), region);
    if (region < static_cast<int>(m_values.size()))
        text += QStringLiteral("<br>%1 %2").arg(m_valueCaption.toHtmlEscaped(), plotNumber(m_values[region]));
    return text;
}

QString BrainView::describe(const RegionPair& edge) const {
    const auto window = std::min<std::size_t>(m_state.window(), m_connectivity->windowCount() - 1);
    const float r = m_connectivity->window(window)[edgeIndex(edge.first, edge.second, m_connectivity->regionCount())];
    return QStringLiteral("<b>%1 – %2</b><br>%3 = %4")
        .arg(regionName(m_parcellation.get(), edge.first).toHtmlEscaped(),
             regionName(m_parcellation.get(), edge.second).toHtmlEscaped(), weightSymbol(*m_connectivity),
             plotNumber(r));
}

void BrainView::hover(QPointF position) {
    const QPointF at = m_view->toDisplay(position);
    const double ratio = m_view->pixelRatio();
    const int region = m_scene.regionAt(at.x(), at.y(), 2 * ratio);
    if (region != m_hovered) changeScene([&](ConnectomeScene& scene) { scene.setHovered(region); });
    m_hovered = region;
    QString text;
    if (region >= 0)
        text = describe(region);
    else if (const RegionPair edge = m_scene.edgeAt(at.x(), at.y(), 3 * ratio); edge.first >= 0 && m_connectivity)
        text = describe(edge);
    if (text.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(m_view->mapToGlobal(position.toPoint()) + QPoint(8, 10), text, m_view);
}

void BrainView::pick(QPointF position) {
    const QPointF at = m_view->toDisplay(position);
    const double ratio = m_view->pixelRatio();
    if (const int region = m_scene.regionAt(at.x(), at.y(), 3 * ratio); region >= 0)
        m_state.setRegion(region);
    else if (const RegionPair edge = m_scene.edgeAt(at.x(), at.y(), 4 * ratio); edge.first >= 0)
        m_state.setEdge(edge.first, edge.second);
    else
        m_state.setRegion(-1);
}

}  // namespace chronnect
