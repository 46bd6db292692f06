#pragma once

#include "core/learning/Learning.h"

#include <memory>
#include <mutex>

namespace chronnect {

/// Brings LibTorch into the process when learning is first used, from a module beside the program, so that the window
/// starts fast and one program can be given modules built against different LibTorch (CPU, CUDA).
class LearningModule {
public:
    /// Loads on the first call, from any thread; later calls return the same engine.
    /// Throws Error(Unsupported) with one sentence when no module is found or it cannot be loaded.
    std::shared_ptr<const LearningEngine> engine();

private:
    std::mutex m_mutex;
    std::shared_ptr<const LearningEngine> m_engine;
};

}  // namespace chronnect
