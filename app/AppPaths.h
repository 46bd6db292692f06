#pragma once

#include <QString>
#include <QStringList>

#include <filesystem>

namespace chronnect {

/// Where the program keeps what belongs to the person who runs it, and what they opened before.
namespace AppPaths {

std::filesystem::path demoStudy();       ///< the user's data folder / demo-study
std::filesystem::path checkpointRoot();  ///< one folder per training in it
/// Folder of the checkpoints of one training; the key says exactly what is trained.
std::filesystem::path checkpoints(const std::string& key);

/// Region series of runs seen before, so that a cancelled analysis goes on and a second one only cleans.
std::filesystem::path seriesCache();

QStringList recent();
void addRecent(const QString& path);

bool darkTheme();
void setDarkTheme(bool dark);

}  // namespace AppPaths

std::filesystem::path toPath(const QString& text);
QString toText(const std::filesystem::path& path);

}  // namespace chronnect
