#include "app/AppPaths.h"

#include "core/base/Files.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

namespace chronnect {

namespace {
constexpr int recentKept = 8;

QString dataFolder() { return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation); }
}  // namespace

std::filesystem::path toPath(const QString& text) { return std::filesystem::path(text.toStdU16String()); }

QString toText(const std::filesystem::path& path) { return QString::fromStdU16String(path.u16string()); }

std::filesystem::path AppPaths::demoStudy() { return toPath(dataFolder()) / "demo-study"; }

std::filesystem::path AppPaths::checkpointRoot() { return toPath(dataFolder()) / "checkpoints"; }

std::filesystem::path AppPaths::checkpoints(const std::string& key) {
    return checkpointRoot() / sha256(key).substr(0, 24);
}

std::filesystem::path AppPaths::seriesCache() {
    return toPath(QStandardPaths::writableLocation(QStandardPaths::CacheLocation)) / "series";
}

QStringList AppPaths::recent() {
    QStringList paths = QSettings().value(QStringLiteral("recent")).toStringList();
    paths.removeIf([](const QString& path) { return !QFileInfo::exists(path); });
    return paths;
}

void AppPaths::addRecent(const QString& path) {
    QStringList paths = recent();
    const QString absolute = QFileInfo(path).absoluteFilePath();
    paths.removeAll(absolute);
    paths.prepend(absolute);
    QSettings().setValue(QStringLiteral("recent"), QStringList(paths.mid(0, recentKept)));
}

bool AppPaths::darkTheme() { return QSettings().value(QStringLiteral("dark"), true).toBool(); }

void AppPaths::setDarkTheme(bool dark) { QSettings().setValue(QStringLiteral("dark"), dark); }

}  // namespace chronnect
