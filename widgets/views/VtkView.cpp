#include "widgets/views/VtkView.h"

#include <QGuiApplication>
#include <QLabel>
#include <QMouseEvent>
#include <QOpenGLContext>
#include <QOpenGLExtraFunctions>
#include <QOpenGLWidget>
#include <QVBoxLayout>
#include <QWheelEvent>

#include <vtkCallbackCommand.h>
#include <vtkCommand.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkGenericRenderWindowInteractor.h>
#include <vtkInteractorStyleTrackballCamera.h>
#include <vtkNew.h>
#include <vtkOpenGLFramebufferObject.h>
#include <vtkOpenGLState.h>
#include <vtkRenderer.h>
#include <vtkRendererCollection.h>

namespace chronnect {
namespace {

bool platformHasOpenGl() {
    const QString name = QGuiApplication::platformName();
    return name != "offscreen" && name != "minimal" && name != "vnc";
}

}  // namespace

/// The OpenGL part. VTK draws into its own framebuffer, which is then copied to Qt's.
class VtkView::Surface : public QOpenGLWidget {
public:
    explicit Surface(VtkView* view);
    ~Surface() override;

    void setRenderer(vtkRenderer* renderer);

protected:
    void initializeGL() override;
    void resizeGL(int width, int height) override;
    void paintGL() override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void release();
    void answer(unsigned long event, void* answerTo);
    void forward(unsigned long vtkEvent, QPointF position, Qt::KeyboardModifiers modifiers);

    VtkView* m_view;
    vtkNew<vtkGenericOpenGLRenderWindow> m_window;
    vtkNew<vtkGenericRenderWindowInteractor> m_interactor;
    vtkNew<vtkInteractorStyleTrackballCamera> m_style;
    vtkNew<vtkCallbackCommand> m_onWindowEvent;
    QOpenGLContext* m_context = nullptr;  ///< set while VTK may draw
    QPointF m_pressed;
    bool m_dragged = false;
    int m_wheel = 0;
};

VtkView::Surface::Surface(VtkView* view) : QOpenGLWidget(view), m_view(view) {
    QSurfaceFormat wanted;
    wanted.setRenderableType(QSurfaceFormat::OpenGL);
    wanted.setVersion(3, 2);
    wanted.setProfile(QSurfaceFormat::CoreProfile);
    wanted.setDepthBufferSize(24);
    wanted.setSamples(0);  // multisampling makes translucent surfaces vanish
    setFormat(wanted);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);

    m_window->SetMultiSamples(0);
    m_window->SetAlphaBitPlanes(1);
    m_window->SetFrameBlitModeToNoBlit();
    m_window->SetReadyForRendering(false);
    m_interactor->SetRenderWindow(m_window);
    m_interactor->SetInteractorStyle(m_style);
    m_interactor->EnableRenderOff();  // VTK asks for a frame; Qt decides when to draw it
    m_interactor->Enable();

    m_onWindowEvent->SetClientData(this);
    m_onWindowEvent->SetCallback([](vtkObject*, unsigned long event, void* self, void* answerTo) {
        static_cast<Surface*>(self)->answer(event, answerTo);
    });
    m_window->AddObserver(vtkCommand::WindowMakeCurrentEvent, m_onWindowEvent);
    m_window->AddObserver(vtkCommand::WindowIsCurrentEvent, m_onWindowEvent);
    m_interactor->AddObserver(vtkCommand::RenderEvent, m_onWindowEvent);
}

VtkView::Surface::~Surface() {
    makeCurrent();
    release();
    doneCurrent();
    m_interactor->SetRenderWindow(nullptr);
}

void VtkView::Surface::answer(unsigned long event, void* answerTo) {
    const bool current = m_context && m_context == QOpenGLContext::currentContext();
    if (event == vtkCommand::WindowIsCurrentEvent) *static_cast<bool*>(answerTo) = current;
    // QOpenGLWidget::makeCurrent() also binds Qt's framebuffer behind VTK's back: use the context itself.
    else if (event == vtkCommand::WindowMakeCurrentEvent && !current && m_context)
        m_context->makeCurrent(m_context->surface());
    else if (event == vtkCommand::RenderEvent)
        update();
}

void VtkView::Surface::release() {
    if (!m_context) return;
    m_window->Finalize();
    m_window->SetReadyForRendering(false);
    m_context = nullptr;
}

void VtkView::Surface::setRenderer(vtkRenderer* renderer) {
    if (m_context) makeCurrent();
    while (vtkRenderer* old = m_window->GetRenderers()->GetFirstRenderer()) m_window->RemoveRenderer(old);
    if (renderer) m_window->AddRenderer(renderer);
    if (m_context) doneCurrent();
    update();
}

void VtkView::Surface::initializeGL() {
    // Moving the view to another top-level window makes a new context: VTK's objects die with the old one.
    connect(
        context(), &QOpenGLContext::aboutToBeDestroyed, this,
        [this] {
            makeCurrent();
            release();
            doneCurrent();
        },
        Qt::DirectConnection);
    m_context = context();
    m_window->SetReadyForRendering(true);
    m_window->SetOwnContext(0);
    m_window->OpenGLInitContext();
}

void VtkView::Surface::resizeGL(int width, int height) {
    const int w = qRound(width * devicePixelRatioF()), h = qRound(height * devicePixelRatioF());
    m_window->SetSize(w, h);
    m_interactor->SetSize(w, h);
}

void VtkView::Surface::paintGL() {
    auto* gl = QOpenGLContext::currentContext()->extraFunctions();
    auto* state = m_window->GetState();
    state->Reset();  // Qt has used the context since VTK last did
    state->Push();
    state->vtkglDepthFunc(GL_LEQUAL);
    m_window->Render();

    const int w = qRound(width() * devicePixelRatioF()), h = qRound(height() * devicePixelRatioF());
    gl->glBindFramebuffer(GL_DRAW_FRAMEBUFFER, defaultFramebufferObject());
    const GLenum target = GL_COLOR_ATTACHMENT0;
    gl->glDrawBuffers(1, &target);
    state->vtkglDisable(GL_SCISSOR_TEST);
    if (auto* drawn = m_window->GetRenderFramebuffer()) {
        const int* size = drawn->GetLastSize();
        m_window->BlitDisplayFramebuffer(0, 0, 0, size[0], size[1], 0, 0, w, h, GL_COLOR_BUFFER_BIT, GL_LINEAR);
    }
    // Opaque, else the view would be blended with what lies behind it.
    gl->glColorMask(GL_FALSE, GL_FALSE, GL_FALSE, GL_TRUE);
    gl->glClearColor(0, 0, 0, 1);
    gl->glViewport(0, 0, w, h);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    gl->glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    state->Pop();
}

void VtkView::Surface::mousePressEvent(QMouseEvent* event) {
    m_pressed = event->position();
    m_dragged = false;
    forward(event->button() == Qt::LeftButton    ? vtkCommand::LeftButtonPressEvent
            : event->button() == Qt::RightButton ? vtkCommand::RightButtonPressEvent
                                                 : vtkCommand::MiddleButtonPressEvent,
            event->position(), event->modifiers());
}

void VtkView::Surface::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() == Qt::NoButton) {
        Q_EMIT m_view->hovered(event->position());
        return;
    }
    if ((event->position() - m_pressed).manhattanLength() > 3) m_dragged = true;
    if (!m_dragged) return;  // a click must not turn the brain by a pixel
    forward(vtkCommand::MouseMoveEvent, event->position(), event->modifiers());
    Q_EMIT m_view->cameraMoved();
}

void VtkView::Surface::mouseReleaseEvent(QMouseEvent* event) {
    forward(event->button() == Qt::LeftButton    ? vtkCommand::LeftButtonReleaseEvent
            : event->button() == Qt::RightButton ? vtkCommand::RightButtonReleaseEvent
                                                 : vtkCommand::MiddleButtonReleaseEvent,
            event->position(), event->modifiers());
    if (event->button() == Qt::LeftButton && !m_dragged) Q_EMIT m_view->clicked(event->position());
}

void VtkView::Surface::mouseDoubleClickEvent(QMouseEvent* event) {
    m_dragged = true;  // its release is not another click
    if (event->button() == Qt::LeftButton) Q_EMIT m_view->doubleClicked(event->position());
}

void VtkView::Surface::wheelEvent(QWheelEvent* event) {
    m_wheel += event->angleDelta().y();
    for (; m_wheel >= 120; m_wheel -= 120)
        forward(vtkCommand::MouseWheelForwardEvent, event->position(), event->modifiers());
    for (; m_wheel <= -120; m_wheel += 120)
        forward(vtkCommand::MouseWheelBackwardEvent, event->position(), event->modifiers());
    Q_EMIT m_view->cameraMoved();
    event->accept();
}

void VtkView::Surface::leaveEvent(QEvent* event) {
    QOpenGLWidget::leaveEvent(event);
    Q_EMIT m_view->left();
}

void VtkView::Surface::forward(unsigned long vtkEvent, QPointF position, Qt::KeyboardModifiers modifiers) {
    const double ratio = devicePixelRatioF();
    m_interactor->SetEventInformationFlipY(qRound(position.x() * ratio), qRound(position.y() * ratio),
                                           modifiers.testFlag(Qt::ControlModifier),
                                           modifiers.testFlag(Qt::ShiftModifier));
    m_interactor->InvokeEvent(vtkEvent);
    update();
}

VtkView::VtkView(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    if (platformHasOpenGl()) {
        m_surface = new Surface(this);
        layout->addWidget(m_surface);
        setFocusProxy(m_surface);
    } else {
        auto* note = new QLabel(tr("The 3D view needs OpenGL, which this display does not offer."));
        note->setAlignment(Qt::AlignCenter);
        note->setWordWrap(true);
        layout->addWidget(note);
    }
}

VtkView::~VtkView() = default;

void VtkView::setRenderer(vtkRenderer* renderer) {
    if (m_surface) m_surface->setRenderer(renderer);
}

bool VtkView::isUsable() const { return m_surface != nullptr; }

void VtkView::requestFrame() {
    if (m_surface) m_surface->update();
}

QImage VtkView::image() { return m_surface ? m_surface->grabFramebuffer() : QImage(); }

double VtkView::pixelRatio() const { return devicePixelRatioF(); }

QPointF VtkView::toDisplay(QPointF position) const {
    return {position.x() * devicePixelRatioF(), (height() - 1 - position.y()) * devicePixelRatioF()};
}

QPointF VtkView::fromDisplay(QPointF display) const {
    return {display.x() / devicePixelRatioF(), height() - 1 - display.y() / devicePixelRatioF()};
}

}  // namespace chronnect
