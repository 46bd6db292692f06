#pragma once

#include <QString>
#include <QStringList>

namespace chronnect {

/// What the program was started with.
struct CommandLine {
    QStringList paths;    ///< a project, a study folder, or files
    QString screenshots;  ///< folder for pictures of every page; empty = an ordinary window
    QString theme;        ///< "dark", "light" or empty
    bool demo = false;
};

/// Needs no display. Prints help, version or what is wrong and ends the program where that is all there is to do
/// (exit code 0, 0 and 1).
CommandLine parseCommandLine(int argc, char** argv);

/// Name and version as Qt wants them; they decide where settings and data of the person live.
void nameApplication();

}  // namespace chronnect
