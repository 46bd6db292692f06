#include "app/CommandLine.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>

#include <cstdio>
#include <cstdlib>

namespace chronnect {

namespace {

[[noreturn]] void refuse(const QString& sentence) {
    std::fprintf(stderr, "chronnect: %s\n", qPrintable(sentence));
    std::exit(1);
}

}  // namespace

void nameApplication() {
    QCoreApplication::setOrganizationName(QStringLiteral("Chronnect"));
    QCoreApplication::setApplicationName(QStringLiteral("chronnect"));
    QCoreApplication::setApplicationVersion(QStringLiteral(CHRONNECT_VERSION));
}

CommandLine parseCommandLine(int argc, char** argv) {
    nameApplication();
    const QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Dynamic brain networks: from fMRI scans to pictures and models.\n"
                       "For batch work without a window see chronnect-cli."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption demo(QStringLiteral("demo"), QStringLiteral("Make and open the demo study."));
    const QCommandLineOption screenshots(
        QStringLiteral("screenshots"),
        QStringLiteral("Analyse the study (or the demo), train shortly, write a PNG of "
                       "every page to DIR, and end."),
        QStringLiteral("DIR"));
    const QCommandLineOption theme(QStringLiteral("theme"), QStringLiteral("dark or light."), QStringLiteral("NAME"));
    parser.addOptions({demo, screenshots, theme});
    parser.addPositionalArgument(QStringLiteral("paths"),
                                 QStringLiteral("A .chronnect project, a study folder, or scans and region series."),
                                 QStringLiteral("[paths...]"));
    parser.process(application);

    CommandLine result{parser.positionalArguments(), parser.value(screenshots), parser.value(theme),
                       parser.isSet(demo)};
    if (!result.theme.isEmpty() && result.theme != QLatin1String("dark") && result.theme != QLatin1String("light"))
        refuse(QStringLiteral("--theme must be dark or light"));
    for (const QString& path : result.paths)
        if (!QFileInfo::exists(path)) refuse(QStringLiteral("%1 does not exist").arg(path));
    return result;
}

}  // namespace chronnect
