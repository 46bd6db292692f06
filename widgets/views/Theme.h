#pragma once

#include <QColor>
#include <QIcon>
#include <QPalette>
#include <QString>

class QApplication;
class QWidget;

namespace chronnect {

/// Gives the whole program its palette, style sheet and style. May be called again at any time to switch.
void applyTheme(QApplication& application, bool dark);

/// An icon of ours by name ("play", "open", ...; resources/icons/*.svg). It takes the text colour of the theme that is
/// active when it is painted, so it never has to be set again. An unknown name gives a null icon.
QIcon themedIcon(const QString& name);

/// The program's own icon.
QIcon applicationIcon();

/// Colours that the palette has no role for, read from a widget's palette.
struct PlotColors {
    explicit PlotColors(const QPalette& palette);
    bool dark = false;
    QColor background, text, faintText, grid, axis, frame, accent, cursor, shade, good, bad, warning;
};

/// Distinct colours of lines (Okabe-Ito, adjusted to the background); `index` wraps.
QColor seriesColor(int index, bool dark);

/// Lets a panel stand on the background of documents instead of that of windows.
void fillWithBase(QWidget* panel);

/// Marks a widget for the style sheet: "primary" button, "caption", "title", "badge-good", "badge-bad", "card".
void setStyleClass(QWidget* widget, const QString& name);

}  // namespace chronnect
