#pragma once

#include "core/base/JobContext.h"
#include "core/base/Json.h"
#include "core/data/Study.h"
#include "core/pipeline/Analysis.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chronnect {

/// A PNG or JPEG that the report shows; it is copied into the page.
struct ReportPicture {
    std::filesystem::path file;
    std::string caption;
};

/// Everything a report tells. Parts that are missing are left out, and the page says so.
struct ReportContent {
    Study study;
    AnalysisSpec spec;
    std::shared_ptr<const StudyResult> result;  ///< null: only the study is described
    Json learning;  ///< {"pretrain": toJson(PretrainResult), "finetune": toJson(FinetuneResult)}, either may be absent
    std::vector<ReportPicture> pictures;
};

/// Writes `folder`/report.html: one page that needs no other file, no script and no network. Returns its path.
/// Throws Error(FileAccess) when the page or a picture cannot be written or read.
std::filesystem::path writeReport(const std::filesystem::path& folder, const ReportContent& content,
                                  const JobContext& context = {});

/// The page as text.
std::string reportHtml(const ReportContent& content, const JobContext& context = {});

}  // namespace chronnect
