#include "core/learning/Learning.h"

#if defined(_WIN32)
#define CHRONNECT_EXPORT __declspec(dllexport)
#else
#define CHRONNECT_EXPORT __attribute__((visibility("default")))
#endif

/// The one symbol of the runtime module. The caller owns the engine.
extern "C" CHRONNECT_EXPORT chronnect::LearningEngine* chronnect_create_learning_engine() {
    return chronnect::createLearningEngine().release();
}
