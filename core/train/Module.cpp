#include "core/learning/ModuleInterface.h"

#if defined(_WIN32)
#define CHRONNECT_EXPORT __declspec(dllexport)
#else
#define CHRONNECT_EXPORT __attribute__((visibility("default")))
#endif

/// Compared by the window before anything else is called.
extern "C" CHRONNECT_EXPORT unsigned long long chronnect_learning_interface() {
    return chronnect::learningInterfaceKey();
}

/// The runtime module's way in. The caller owns the engine.
extern "C" CHRONNECT_EXPORT chronnect::LearningEngine* chronnect_create_learning_engine() {
    return chronnect::createLearningEngine().release();
}
