#include "app/LearningModule.h"

#include "core/base/Error.h"
#include "core/learning/ModuleInterface.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QLibrary>

namespace chronnect {

namespace {

#ifdef _WIN32
constexpr const char* fileName = "chronnect_learning.dll";
#elif defined(__APPLE__)
constexpr const char* fileName = "libchronnect_learning.dylib";
#else
constexpr const char* fileName = "libchronnect_learning.so";
#endif

/// Named by the person, beside the program (build tree, Windows), then where packages install it.
QStringList candidates() {
    QStringList paths;
    if (const QString given = qEnvironmentVariable("CHRONNECT_LEARNING_MODULE"); !given.isEmpty()) {
        const QFileInfo info(given);
        paths << (info.isDir() ? QDir(given).filePath(QLatin1String(fileName)) : given);
        return paths;
    }
    const QDir here(QCoreApplication::applicationDirPath());
    for (const char* folder : {".", "../lib/chronnect", CHRONNECT_LIBRARY_FOLDER, "../lib", "../core/train"})
        paths << here.absoluteFilePath(QLatin1String(folder) + QLatin1Char('/') + QLatin1String(fileName));
    return paths;
}

}  // namespace

std::shared_ptr<const LearningEngine> LearningModule::engine() {
    const std::lock_guard lock(m_mutex);
    if (m_engine) return m_engine;
    for (const QString& path : candidates()) {
        if (!QFileInfo::exists(path)) continue;
        QLibrary library(path);
        library.setLoadHints(QLibrary::ResolveAllSymbolsHint);  // and local: LibTorch's symbols stay its own
        using Key = unsigned long long (*)();
        using Create = LearningEngine* (*)();
        const auto create = reinterpret_cast<Create>(library.resolve("chronnect_create_learning_engine"));
        if (!create)
            throw Error(ErrorKind::Unsupported, "The learning module " + path.toStdString() +
                                                    " cannot be loaded: " + library.errorString().toStdString());
        const auto key = reinterpret_cast<Key>(library.resolve("chronnect_learning_interface"));
        if (!key || key() != learningInterfaceKey())
            throw Error(ErrorKind::Unsupported,
                        "The learning module " + path.toStdString() +
                            " belongs to another version of Chronnect; build it from the same sources");
        m_engine.reset(create());  // never unloaded: LibTorch does not survive that
        return m_engine;
    }
    throw Error(ErrorKind::Unsupported,
                std::string("Training needs the learning module ") + fileName +
                    ", which is not beside the program; install it or set CHRONNECT_LEARNING_MODULE to its path");
}

}  // namespace chronnect
