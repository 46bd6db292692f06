#include "widgets/views/Theme.h"

#include <QApplication>
#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QWidget>

#include <array>

// Resources of a static library are linked only when asked for, and only outside of namespaces.
static void loadResources() {
    Q_INIT_RESOURCE(icons);
    Q_INIT_RESOURCE(theme);
}

namespace chronnect {
namespace {

using Tokens = QHash<QString, QString>;

Tokens darkTokens() {
    return {
        {"window", "#171a21"},     {"base", "#1c2028"},        {"alternate", "#20252e"},    {"raised", "#252a34"},
        {"card", "#1c2028"},       {"border", "#2f3541"},      {"strongBorder", "#4a5262"}, {"text", "#e6e9ef"},
        {"faint", "#98a2b3"},      {"disabled", "#5d6675"},    {"hover", "#2a303b"},        {"pressed", "#333a47"},
        {"accent", "#3b82f6"},     {"accentHover", "#5a97f8"}, {"onAccent", "#ffffff"},     {"accentSoft", "#243a5e"},
        {"accentLine", "#37598f"}, {"track", "#353c49"},       {"handle", "#dfe4ec"},       {"good", "#4cc38a"},
        {"goodSoft", "#1c3a2d"},   {"bad", "#ff8b7e"},         {"badSoft", "#47252a"}};
}

Tokens lightTokens() {
    return {
        {"window", "#f3f5f8"},     {"base", "#ffffff"},        {"alternate", "#f7f9fb"},    {"raised", "#ffffff"},
        {"card", "#ffffff"},       {"border", "#dce1e8"},      {"strongBorder", "#b4bdca"}, {"text", "#1c222c"},
        {"faint", "#626d7d"},      {"disabled", "#a3acb9"},    {"hover", "#e8ecf2"},        {"pressed", "#dbe1ea"},
        {"accent", "#1f6feb"},     {"accentHover", "#3a82f0"}, {"onAccent", "#ffffff"},     {"accentSoft", "#dbe8fd"},
        {"accentLine", "#a9c8f8"}, {"track", "#d5dbe4"},       {"handle", "#ffffff"},       {"good", "#12734a"},
        {"goodSoft", "#d9f2e5"},   {"bad", "#b3261e"},         {"badSoft", "#fbe0dd"}};
}

QPalette paletteOf(const Tokens& t) {
    const auto color = [&](const char* name) { return QColor(t.value(name)); };
    QPalette p;
    p.setColor(QPalette::Window, color("window"));
    p.setColor(QPalette::WindowText, color("text"));
    p.setColor(QPalette::Base, color("base"));
    p.setColor(QPalette::AlternateBase, color("alternate"));
    p.setColor(QPalette::Text, color("text"));
    p.setColor(QPalette::PlaceholderText, color("faint"));
    p.setColor(QPalette::Button, color("raised"));
    p.setColor(QPalette::ButtonText, color("text"));
    p.setColor(QPalette::BrightText, color("bad"));
    p.setColor(QPalette::ToolTipBase, color("raised"));
    p.setColor(QPalette::ToolTipText, color("text"));
    p.setColor(QPalette::Highlight, color("accent"));
    p.setColor(QPalette::HighlightedText, color("onAccent"));
    p.setColor(QPalette::Link, color("accentHover"));
    p.setColor(QPalette::Light, color("hover"));
    p.setColor(QPalette::Midlight, color("border"));
    p.setColor(QPalette::Mid, color("strongBorder"));
    p.setColor(QPalette::Dark, color("pressed"));
    p.setColor(QPalette::Shadow, Qt::black);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, color("disabled"));
    p.setColor(QPalette::Disabled, QPalette::Highlight, color("pressed"));
    return p;
}

/// Draws an icon of ours in the colour that texts have at the moment of drawing.
class ThemedIconEngine : public QIconEngine {
public:
    ThemedIconEngine(QString name, QByteArray svg) : m_name(std::move(name)), m_svg(std::move(svg)) {}

    QIconEngine* clone() const override { return new ThemedIconEngine(m_name, m_svg); }
    QString iconName() override { return m_name; }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        QByteArray colored = m_svg;
        colored.replace("currentColor", color(mode, state).name().toUtf8());
        QSvgRenderer renderer(colored);
        const int side = std::min(rect.width(), rect.height());
        const QRect square(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, side, side);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        renderer.render(painter, square);
        painter->restore();
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap result(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return result;
    }

private:
    static QColor color(QIcon::Mode mode, QIcon::State state) {
        const QPalette p = QGuiApplication::palette();
        if (mode == QIcon::Disabled) return p.color(QPalette::Disabled, QPalette::ButtonText);
        if (state == QIcon::On) return p.color(QPalette::Link);
        return p.color(QPalette::ButtonText);
    }

    QString m_name;
    QByteArray m_svg;
};

}  // namespace

void applyTheme(QApplication& application, bool dark) {
    loadResources();
    Tokens tokens = dark ? darkTokens() : lightTokens();
    double size = application.font().pointSizeF();
    if (size <= 0) size = 9;
    tokens["fontSize"] = QString::number(size);
    tokens["titleSize"] = QString::number(size * 1.45);
    tokens["smallSize"] = QString::number(size * 0.92);

    QFile file(":/theme/chronnect.qss");
    QString sheet = file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    for (auto it = tokens.cbegin(); it != tokens.cend(); ++it) sheet.replace("@" + it.key() + "@", it.value());

    application.setStyle(QStyleFactory::create("Fusion"));
    application.setPalette(paletteOf(tokens));
    application.setStyleSheet(sheet);
}

QIcon themedIcon(const QString& name) {
    loadResources();
    QFile file(":/icons/" + name + ".svg");
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QIcon(new ThemedIconEngine(name, file.readAll()));
}

QIcon applicationIcon() { return themedIcon("chronnect"); }

PlotColors::PlotColors(const QPalette& palette) {
    background = palette.color(QPalette::Base);
    dark = background.lightness() < 128;
    text = palette.color(QPalette::Text);
    const auto towards = [&](double share) {
        const auto mix = [share](int a, int b) { return static_cast<int>(a + share * (b - a)); };
        return QColor(mix(background.red(), text.red()), mix(background.green(), text.green()),
                      mix(background.blue(), text.blue()));
    };
    faintText = towards(0.66);
    axis = towards(0.40);
    frame = towards(0.22);
    grid = towards(0.11);
    accent = palette.color(QPalette::Highlight);
    cursor = dark ? QColor(255, 196, 61) : QColor(214, 119, 0);
    shade = cursor;
    shade.setAlpha(dark ? 42 : 46);
    good = dark ? QColor(76, 195, 138) : QColor(18, 115, 74);
    bad = dark ? QColor(255, 139, 126) : QColor(179, 38, 30);
    warning = cursor;
}

QColor seriesColor(int index, bool dark) {
    // Okabe & Ito 2008, without black; blue and yellow adjusted where they would sink into the background.
    static constexpr std::array<QRgb, 7> onDark{0xff56b4e9, 0xffe69f00, 0xff2fc296, 0xffff7f50,
                                                0xffe58fc0, 0xfff0e442, 0xff8ea2ff};
    static constexpr std::array<QRgb, 7> onLight{0xff0072b2, 0xffd55e00, 0xff009e73, 0xffcc79a7,
                                                 0xffb38600, 0xff3ba3dd, 0xff5b4bb5};
    const auto& set = dark ? onDark : onLight;
    return QColor::fromRgb(set[static_cast<std::size_t>(index) % set.size()]);
}

void fillWithBase(QWidget* panel) {
    panel->setBackgroundRole(QPalette::Base);
    panel->setAutoFillBackground(true);
}

void setStyleClass(QWidget* widget, const QString& name) {
    widget->setProperty("styleClass", name);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

}  // namespace chronnect
