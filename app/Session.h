#pragma once

#include "app/AnalysisController.h"
#include "app/DenoisingController.h"
#include "app/ExportController.h"
#include "app/LearningController.h"
#include "app/ModelController.h"
#include "app/ProjectController.h"
#include "app/QualityController.h"
#include "app/StudyController.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"

namespace chronnect {

/// Everything behind the window: the document, the cursor, one controller per use case, and the jobs.
/// Outlives the window. The runner comes last so that it goes first: it cancels and waits while the rest still stands.
struct Session {
    ProjectDocument document;
    ViewState state;
    StudyController studies{document, runner};
    AnalysisController analysis{document, state, runner};
    QualityController quality{document, state, runner};
    DenoisingController denoising{document, state, runner};
    LearningController learning{document, state, runner};
    ModelController models{document, runner, learning.module()};
    ProjectController projects{document, runner};
    ExportController exports{document, runner};
    JobRunner runner;
};

}  // namespace chronnect
