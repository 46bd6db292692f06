#include "core/pipeline/Report.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/pipeline/Html.h"
#include "core/pipeline/ReportSections.h"

namespace chronnect {

std::string reportHtml(const ReportContent& content, const JobContext& context) {
    const std::string name = content.study.name.empty() ? "Study" : content.study.name;
    std::string body = "<h1>" + html::escape(name) + "</h1>\n" +
                       html::paragraph("Report by Chronnect, " + std::string(versionText()), "soft");
    body += report::study(content);
    if (content.result) {
        const auto cohort = cohortQuality(content.study, *content.result, {}, context.part(0, 0.2));
        body += report::quality(content, cohort, context.part(0.2, 0.4));
        body += report::connectivity(content, context.part(0.4, 0.9));
    } else {
        body += html::section("Results", html::paragraph("The study was not analysed.", "soft"));
    }
    body += report::learning(content.learning);
    body += report::pictures(content.pictures);
    if (content.result) body += report::methods(content);
    body += report::notices(content);
    context.report(1, "Report");
    return html::page(name, body);
}

std::filesystem::path writeReport(const std::filesystem::path& folder, const ReportContent& content,
                                  const JobContext& context) {
    const std::string text = reportHtml(content, context);
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) throw fileError("Cannot make the folder", folder, problem);
    const auto path = folder / "report.html";
    writeFileAtomically(path, text);
    return path;
}

}  // namespace chronnect
