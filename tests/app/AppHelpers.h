#pragma once

#include "app/MainWindow.h"
#include "app/Session.h"
#include "tests/support/TestPaths.h"

#include <QElapsedTimer>
#include <QTimer>

namespace chronnect::test {

/// Whether the learning module is built and can be loaded.
bool hasLearning();

/// A study of a few simulated people, made once for all tests of this program.
std::filesystem::path smallStudy();

/// Opens it and waits; false when it took too long.
bool openAndWait(Session& session, MainWindow& window, const std::filesystem::path& path);
bool analyseAndWait(Session& session);

/// Settings under which training takes seconds.
void makeTrainingShort(Project& project);

/// Saves a picture of the window where CHRONNECT_TEST_PICTURES names a folder, for people to look at.
void keepPicture(QWidget& window, const QString& name);

/// Measures how long the window's event loop stood still.
class StallMeter {
public:
    StallMeter();
    qint64 longest() const { return m_longest; }  ///< ms between two turns, beyond the 5 ms asked for
    int turns() const { return m_turns; }         ///< how often the event loop came round

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_longest = 0;
    int m_turns = 0;
};

}  // namespace chronnect::test
