#pragma once

#include "core/data/Parcellation.h"
#include "core/data/Study.h"
#include "core/learning/Application.h"
#include "core/learning/Learning.h"
#include "core/pipeline/Analysis.h"

#include <memory>
#include <string>
#include <vector>

namespace chronnect {

/// Why a run is left out of group work.
struct Exclusion {
    std::string run;  ///< RunInput::id()
    std::string reason;
    bool operator==(const Exclusion&) const = default;
};

/// A question that was asked and answered, so that it is not asked again and can be told in a report.
struct Answer {
    std::string about;     ///< what it was asked of, by content: the SHA-256 of an atlas and its table
    std::string question;  ///< the sentence, as it was shown
    std::string answer;    ///< what the person said, as a sentence
    bool operator==(const Answer&) const = default;
};

/// The whole document as a value. Large parts are shared and never change in place,
/// so a copy is a few pointers and keeping the last fifty costs next to nothing.
struct Project {
    Study study;
    AnalysisSpec spec;
    PretrainSpec pretrain;
    FinetuneSpec finetune;
    std::vector<Exclusion> exclusions;
    std::vector<Answer> answers;
    std::shared_ptr<const StudyResult> result;  ///< null until analysed
    AnalysisSpec resultSpec;                    ///< the spec that made `result`; differs = out of date
    std::shared_ptr<const PretrainResult> pretrained;
    std::shared_ptr<const FinetuneResult> finetuned;
    std::shared_ptr<const Application> applied;  ///< output of `finetuned` for the runs of `result`
};

enum class Aspect : unsigned {
    Study = 1,
    Spec = 2,
    Result = 4,
    Pretrained = 8,
    Finetuned = 16,
    LearningSpec = 32,
    Exclusions = 64,
    Answers = 128,
    Applied = 256
};

/// A set of Aspects, as bits.
using Aspects = unsigned;
constexpr bool contains(Aspects set, Aspect aspect) { return (set & static_cast<Aspects>(aspect)) != 0; }

/// Which parts differ. Views are told this; nobody has to remember to announce a change.
Aspects changedAspects(const Project& before, const Project& after);

/// The study, and the results, without the runs that are left out; the result lists those with their reasons.
Study usedStudy(const Project& project);
StudyResult usedResult(const Project& project);

/// The scans of a project that have series and are not excluded, as training sees them.
std::shared_ptr<const ScanSource> scanSource(const Project& project);
/// The same with the mean framewise displacement of each, for which tables are read: for worker threads.
std::shared_ptr<const ScanSource> scanSourceWithMotion(const Project& project);

}  // namespace chronnect
