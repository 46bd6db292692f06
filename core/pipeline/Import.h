#pragma once

#include "core/base/JobContext.h"
#include "core/data/Study.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace chronnect {

/// One two-dimensional array of a file of region series, enough of it to draw both ways round.
struct ArraySample {
    std::string variable;
    std::size_t rows = 0, columns = 0;
    std::vector<std::vector<double>> firstRows, firstColumns;  ///< up to five of each, up to 2000 values long
    TimeAxis suggested = TimeAxis::Rows;
    bool axisStated = false;  ///< the file says which axis is time; else `suggested` is a guess
    Notices notices;
};

/// A file that is to become a run, looked at before it does.
struct ImportItem {
    std::filesystem::path file;
    std::string kind;                 ///< as FileReport::kind
    Notices notices;                  ///< what is odd about it; Blocking only for an image that is constant over time
    std::vector<ArraySample> arrays;  ///< ready series only; the one that would be read comes first
    double repetitionTime = 0;        ///< s; 0 = not known or implausible

    bool needsVariable() const { return arrays.size() > 1; }
    bool needsAxis() const { return !arrays.empty() && !arrays.front().axisStated; }
    bool needsRepetitionTime() const { return !(repetitionTime > 0); }
    bool asks() const { return needsVariable() || needsAxis() || needsRepetitionTime(); }
};

/// A study that is ready to open, and what a person must say about its runs first.
struct ImportPlan {
    Study study;
    std::vector<ImportItem> items;  ///< items[i] is about study.runs[i]

    bool asks() const;
};

/// Looks at hand-picked files and gives each its part: runs, the label image and table of the atlas, the brain mask and
/// confounds of a single run, participants. What cannot be used is a notice of the study.
/// Throws Error when no file can become a run, with the sentence of the first one.
ImportPlan planImport(const std::vector<std::filesystem::path>& files, const JobContext& context = {});

/// The same for a study that was found in a folder: its ready series are looked at, its images only by their headers.
/// A run that cannot be read stays; the analysis reports it.
ImportPlan planStudyImport(Study study, const JobContext& context = {});

/// What a person said about one item.
struct ImportAnswer {
    TimeAxis timeAxis = TimeAxis::Automatic;
    std::string variable;
    double repetitionTime = 0;  ///< s; 0 = not known: temporal filters are left out
};

/// The study with the answers in its runs; answers[i] is about study.runs[i]. Questions that were answered are no
/// notices any more.
Study withAnswers(ImportPlan plan, const std::vector<ImportAnswer>& answers);

}  // namespace chronnect
