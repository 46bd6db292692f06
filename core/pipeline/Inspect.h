#pragma once

#include "core/base/JobContext.h"
#include "core/base/Json.h"
#include "core/base/Notice.h"

#include <filesystem>
#include <string>

namespace chronnect {

/// What a file or folder is and what to know before using it.
struct FileReport {
    std::string kind;  ///< "4-D image", "label image", "region series", "region table", "study folder", ...
    Json facts;        ///< object; keys in the order in which they should be shown, e.g. "size", "repetition_time"
    Notices notices;   ///< oddities of the file; Blocking: loads, but is of no use for connectivity
};

/// Recognises the input by its content and tells what it holds. Images are read to the end, so that a damaged
/// checksum, values that are not numbers and constant images are found. Nothing that may name a person is reported.
/// Throws Error when the file cannot be used at all, with the sentence that says why.
FileReport inspectFile(const std::filesystem::path& path, const JobContext& context = {});

/// {"kind": ..., "facts": {...}, "notices": [{"severity": ..., "text": ...}]}
Json toJson(const FileReport& report);

/// The same for a terminal: one fact per line, then the notices.
std::string describe(const FileReport& report);

}  // namespace chronnect
