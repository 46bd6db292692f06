#include "app/CommandLine.h"
#include "app/FileCommands.h"
#include "app/MainWindow.h"
#include "app/ScreenshotTour.h"
#include "app/Session.h"

#include <QApplication>

using namespace chronnect;

int main(int argc, char** argv) {
    const CommandLine options = parseCommandLine(argc, argv);

    QCoreApplication::setAttribute(Qt::AA_ShareOpenGLContexts);
    const QApplication application(argc, argv);
    nameApplication();
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Chronnect"));
    QGuiApplication::setDesktopFileName(QStringLiteral("org.chronnect.Chronnect"));

    Session session;
    MainWindow window(session);
    if (!options.theme.isEmpty()) window.setDark(options.theme == QLatin1String("dark"));
    window.show();
    if (!options.screenshots.isEmpty()) return ScreenshotTour(session, window, options.screenshots).run(options.paths);
    if (options.demo)
        window.files().openDemo();
    else if (!options.paths.isEmpty())
        window.files().open(options.paths);
    return application.exec();
}
