#include "widgets/views/ConnectomePanel.h"

#include "widgets/views/BrainView.h"
#include "widgets/views/EmptyNote.h"
#include "widgets/views/LegendBar.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/Theme.h"
#include "widgets/views/VtkView.h"

#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMessageBox>
#include <QSlider>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace chronnect {
namespace {

constexpr int thresholdSteps = 100;  ///< slider steps per unit of weight

Json toArray(const std::array<double, 3>& values) { return Json(std::vector<double>(values.begin(), values.end())); }

bool readArray(const Json& json, std::array<double, 3>& values) {
    if (!json.isArray() || json.size() != 3) return false;
    for (std::size_t i = 0; i < 3; ++i) {
        if (!json.items()[i].isNumber()) return false;
        values[i] = json.items()[i].number();
    }
    return true;
}

}  // namespace

class ConnectomePanel::Impl {
public:
    Impl(ViewState& viewState, ConnectomePanel* panel);
    QToolButton* addButton(const QString& name, const QString& icon, const QString& tip);
    void fillToolBar();
    void showThreshold();
    void showEdgeCount();
    void showLegend();
    void showContent();
    void savePicture(QWidget* parent);

    ViewState& state;
    std::shared_ptr<const Parcellation> parcellation;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    QStackedLayout* stack;
    EmptyNote* note;
    QHBoxLayout* bar;
    BrainView* brain;
    LegendBar* legend;
    QSlider* threshold;
    QLabel* thresholdValue;
    QToolButton *outline, *labels, *save;
};

ConnectomePanel::Impl::Impl(ViewState& viewState, ConnectomePanel* panel)
    : state(viewState),
      stack(new QStackedLayout(panel)),
      note(new EmptyNote("connectome", tr("The connectome in 3D appears here once a study with an atlas is open."))),
      bar(new QHBoxLayout),
      brain(new BrainView(viewState)),
      legend(new LegendBar) {
    fillWithBase(panel);
    panel->setFocusProxy(brain);
    stack->addWidget(note);
    auto* content = new QWidget;
    stack->addWidget(content);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(1);
    fillToolBar();
    layout->addLayout(bar);
    layout->addWidget(brain, 1);
    layout->addWidget(legend);
}

QToolButton* ConnectomePanel::Impl::addButton(const QString& name, const QString& icon, const QString& tip) {
    auto* button = new QToolButton;
    button->setObjectName(name);
    button->setIcon(themedIcon(icon));
    button->setIconSize({18, 18});
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    bar->addWidget(button);
    return button;
}

void ConnectomePanel::Impl::fillToolBar() {
    struct View {
        const char* name;
        StandardView view;
        QString tip;
    };
    const View views[] = {{"view-left", StandardView::Left, tr("From the left (Shift+3)")},
                          {"view-right", StandardView::Right, tr("From the right (3)")},
                          {"view-top", StandardView::Top, tr("From above (7)")},
                          {"view-bottom", StandardView::Bottom, tr("From below (Shift+7)")},
                          {"view-front", StandardView::Front, tr("From the front (1)")},
                          {"view-back", StandardView::Back, tr("From behind (Shift+1)")},
                          {"view-oblique", StandardView::Oblique, tr("Obliquely (0)")}};
    for (const View& view : views)
        QObject::connect(addButton(view.name, view.name, view.tip), &QToolButton::clicked, brain, [this, view] {
            brain->changeScene([&](ConnectomeScene& scene) { scene.setStandardView(view.view); });
        });
    bar->addSpacing(10);
    auto* caption = new QLabel(QStringLiteral("|r| ≥"));
    setStyleClass(caption, "caption");
    caption->setToolTip(tr("Edges weaker than this are hidden"));
    threshold = new QSlider(Qt::Horizontal);
    threshold->setObjectName("thresholdSlider");
    threshold->setAccessibleName(tr("Smallest weight shown"));
    threshold->setToolTip(caption->toolTip());
    threshold->setRange(0, thresholdSteps);
    threshold->setMinimumWidth(60);
    threshold->setMaximumWidth(200);
    thresholdValue = new QLabel;
    thresholdValue->setObjectName("thresholdValue");
    thresholdValue->setMinimumWidth(thresholdValue->fontMetrics().horizontalAdvance("0.00") + 6);
    bar->addWidget(caption);
    bar->addSpacing(4);
    bar->addWidget(threshold, 1);
    bar->addSpacing(4);
    bar->addWidget(thresholdValue);
    bar->addStretch(1);
    outline = addButton("outline", "outline", tr("Brain outline"));
    outline->setCheckable(true);
    outline->setChecked(true);
    labels = addButton("labels", "label", tr("Names of the regions that matter most"));
    labels->setCheckable(true);
    save = addButton("savePicture", "camera", tr("Save a picture…"));
}

void ConnectomePanel::Impl::showThreshold() {
    const QSignalBlocker quiet(threshold);
    threshold->setValue(qRound(state.threshold() * thresholdSteps));
    thresholdValue->setText(QString::number(state.threshold(), 'f', 2));
}

void ConnectomePanel::Impl::showEdgeCount() {
    const bool any = connectivity && connectivity->windowCount() > 0;
    if (!any) {
        legend->setEdgeText({});
        return;
    }
    const QLocale english(QLocale::English);
    const int strong = brain->scene().strongEdgeCount(), drawn = brain->scene().visibleEdgeCount();
    QString text = tr("%1 edges").arg(english.toString(strong));
    if (drawn < strong) text += tr(", %1 drawn").arg(english.toString(drawn));
    legend->setEdgeText(text);
}

void ConnectomePanel::Impl::showLegend() {
    std::vector<std::pair<QString, QColor>> networks;
    if (parcellation)
        for (const std::string& name : parcellation->networks())
            for (const Region& region : parcellation->regions)
                if (region.network == name && !name.empty()) {
                    networks.emplace_back(QString::fromStdString(name), toColor(region.colour));
                    break;
                }
    legend->setNetworks(std::move(networks));
    std::vector<float> finite;
    for (const float value : brain->regionValues())
        if (std::isfinite(value)) finite.push_back(value);
    if (finite.empty())
        legend->setValueScale({}, 0, 1);
    else {
        const auto [least, most] = std::minmax_element(finite.begin(), finite.end());
        legend->setValueScale(brain->valueCaption().isEmpty() ? tr("Value") : brain->valueCaption(), *least, *most);
    }
}

void ConnectomePanel::Impl::showContent() {
    stack->setCurrentIndex(parcellation && !parcellation->regions.empty() ? 1 : 0);
    showLegend();
    showEdgeCount();
}

void ConnectomePanel::Impl::savePicture(QWidget* parent) {
    const QImage picture = brain->view().image();
    const QString path =
        QFileDialog::getSaveFileName(parent, tr("Save picture"), "connectome.png", tr("PNG picture (*.png)"));
    if (path.isEmpty()) return;
    if (!picture.save(path, "PNG"))
        QMessageBox::warning(parent, tr("Save picture"),
                             tr("The picture could not be written to %1. Choose a folder "
                                "you may write to.")
                                 .arg(path));
}

ConnectomePanel::ConnectomePanel(ViewState& state, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    connect(d.note, &EmptyNote::actionRequested, this, &ConnectomePanel::emptyActionRequested);
    connect(d.threshold, &QSlider::valueChanged, this,
            [this](int value) { m_impl->state.setThreshold(value / double(thresholdSteps)); });
    connect(&state, &ViewState::thresholdChanged, this, [this] { m_impl->showThreshold(); });
    connect(d.brain, &BrainView::edgesChanged, this, [this] { m_impl->showEdgeCount(); });
    connect(d.outline, &QToolButton::toggled, this,
            [this](bool on) { m_impl->brain->changeScene([on](ConnectomeScene& scene) { scene.showOutline(on); }); });
    connect(d.labels, &QToolButton::toggled, this,
            [this](bool on) { m_impl->brain->changeScene([on](ConnectomeScene& scene) { scene.showLabels(on); }); });
    connect(d.save, &QToolButton::clicked, this, [this] { m_impl->savePicture(this); });
    d.showThreshold();
    d.showContent();
}

ConnectomePanel::~ConnectomePanel() = default;

void ConnectomePanel::setParcellation(std::shared_ptr<const Parcellation> parcellation) {
    m_impl->parcellation = parcellation;
    m_impl->brain->setParcellation(std::move(parcellation));
    m_impl->showContent();
}

void ConnectomePanel::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_impl->connectivity = connectivity;
    m_impl->brain->setConnectivity(std::move(connectivity));
    m_impl->showContent();
}

void ConnectomePanel::setRegionValues(std::vector<float> values, const QString& caption) {
    m_impl->brain->setRegionValues(std::move(values), caption);
    m_impl->showLegend();
}

void ConnectomePanel::setOutline(const Volume& mask) {
    m_impl->brain->changeScene([&](ConnectomeScene& scene) { scene.setOutline(mask); });
}

void ConnectomePanel::setStandardView(StandardView view) {
    m_impl->brain->changeScene([view](ConnectomeScene& scene) { scene.setStandardView(view); });
}

QImage ConnectomePanel::grab() { return m_impl->brain->view().image(); }

Json ConnectomePanel::cameraState() const {
    const CameraPose pose = m_impl->brain->scene().camera();
    Json json = Json::object();
    json.set("position", toArray(pose.position)).set("focus", toArray(pose.focus)).set("up", toArray(pose.up));
    json.set("view_angle", pose.viewAngle);
    return json;
}

void ConnectomePanel::setCameraState(const Json& json) {
    CameraPose pose;
    if (!readArray(json["position"], pose.position) || !readArray(json["focus"], pose.focus) ||
        !readArray(json["up"], pose.up) || !json["view_angle"].isNumber())
        return;  // written by hand or by a later version: keep the present camera
    pose.viewAngle = std::clamp(json["view_angle"].number(), 1.0, 120.0);
    m_impl->brain->changeScene([&](ConnectomeScene& scene) { scene.setCamera(pose); });
}

int ConnectomePanel::visibleEdgeCount() const { return m_impl->brain->scene().visibleEdgeCount(); }
void ConnectomePanel::setEmptyAction(const QString& text) { m_impl->note->setAction(text); }

QPointF ConnectomePanel::regionPosition(int region) const {
    return m_impl->brain->mapTo(this, m_impl->brain->regionPosition(region));
}

}  // namespace chronnect
