#pragma once

#include "core/pipeline/Quality.h"
#include "core/pipeline/Report.h"

#include <string>

/// The parts of a report, each as HTML.
namespace chronnect::report {

std::string study(const ReportContent& content);
std::string quality(const ReportContent& content, const std::vector<RunQuality>& cohort, const JobContext& context);
std::string connectivity(const ReportContent& content, const JobContext& context);
std::string methods(const ReportContent& content);
std::string learning(const Json& learning);
std::string pictures(const std::vector<ReportPicture>& pictures);
std::string notices(const ReportContent& content);

}  // namespace chronnect::report
