#pragma once

#include "core/base/Notice.h"
#include "core/data/Table.h"
#include "core/data/TimeSeries.h"

#include <filesystem>
#include <string>
#include <vector>

namespace chronnect {

/// Where one run of one person comes from. Either an image (`bold`) or ready region series (`series`).
struct RunInput {
    std::string subject;  ///< without "sub-"
    std::string session;  ///< without "ses-"; empty when there is none
    std::string task;
    std::string run;
    std::string space;
    std::filesystem::path bold, mask, confounds, series;
    double repetitionTime = 0.0;              ///< s; 0 when the files do not say
    TimeAxis timeAxis = TimeAxis::Automatic;  ///< of ready series, as the person said; Automatic = nobody was asked
    std::string variable = {};                ///< array to read from a .mat or .npz; empty = the only or largest one

    /// "sub-01_ses-1_task-rest_run-2": unique in a study, the key of every result.
    std::string id() const;
    bool operator==(const RunInput&) const = default;
};

/// Who was scanned, where the files are, and what is known about each person.
struct Study {
    std::string name;
    std::filesystem::path root;
    std::vector<RunInput> runs;        ///< sorted by id
    Table participants;                ///< first column participant_id ("sub-01"); may be empty
    std::filesystem::path atlasImage;  ///< label image; empty for ready series
    std::filesystem::path atlasTable;
    Notices notices;  ///< missing pieces, oddities

    /// Row of `participants` for a subject (without "sub-"), or -1.
    int participantRow(const std::string& subject) const;
    bool operator==(const Study&) const = default;
};

}  // namespace chronnect
