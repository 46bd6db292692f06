#include "core/pipeline/ReportSections.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/NumberText.h"
#include "core/imaging/Nifti.h"
#include "core/pipeline/Html.h"
#include "core/pipeline/ImageQuality.h"
#include "core/pipeline/QualityPictures.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace chronnect::report {

namespace {

std::string cell(double value, int decimals) { return std::isfinite(value) ? fixedText(value, decimals) : "n/a"; }

/// One line per column of the participants: range of a number, or counts of the few values a text has.
std::vector<std::pair<std::string, std::string>> describePeople(const Table& people) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (std::size_t c = 1; c < people.columns.size(); ++c) {
        std::map<std::string, std::size_t> counts;
        double low = 1e300, high = -1e300, sum = 0, numbers = 0;
        for (std::size_t r = 0; r < people.rows.size(); ++r) {
            if (people.isMissing(r, c)) continue;
            ++counts[people.rows[r][c]];
            if (const auto value = people.number(r, c)) {
                low = std::min(low, *value);
                high = std::max(high, *value);
                sum += *value;
                ++numbers;
            }
        }
        std::size_t known = 0;
        for (const auto& [value, count] : counts) known += count;
        if (known == 0) continue;
        std::string text;
        if (static_cast<std::size_t>(numbers) == known && counts.size() > 5) {
            text = numberText(low, 4) + " to " + numberText(high, 4) + ", mean " + numberText(sum / numbers, 4);
        } else if (counts.size() <= 8) {
            for (const auto& [value, count] : counts)
                text += (text.empty() ? "" : ", ") + value + ": " + std::to_string(count);
        } else {
            text = countText(counts.size(), "value");
        }
        if (known < people.rows.size()) text += " (" + std::to_string(people.rows.size() - known) + " missing)";
        rows.emplace_back(people.columns[c], text);
    }
    return rows;
}

std::string scoreSentence(const Json& score) {
    const std::string against = score["against"].text();
    const double gain = score["gain"].number(), low = score["gain_low"].number(), high = score["gain_high"].number();
    const std::string interval = fixedText(gain, 3) + " (95 % " + fixedText(low, 3) + " to " + fixedText(high, 3) + ")";
    if (low > 0) return "better than " + against + " by " + interval;
    if (high < 0) return "worse than " + against + ": " + interval;
    return "no gain over " + against + ": " + interval;
}

std::string pretraining(const Json& result) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& score : result["scores"].items()) {
        std::string baselines;
        for (std::size_t i = 0; i < score["baselines"].size(); ++i)
            baselines += (i ? ", " : "") + score["baselines"].keys()[i] + " " +
                         fixedText(score["baselines"].items()[i].number(), 3);
        rows.push_back({score["question"].text(), score["metric"].text(), fixedText(score["model"].number(), 3),
                        fixedText(score["low"].number(), 3) + " to " + fixedText(score["high"].number(), 3), baselines,
                        scoreSentence(score)});
    }
    std::string body = "<h3>Pretraining: reconstruction of what was hidden, on held-out people</h3>\n";
    body += rows.empty() ? html::paragraph("No held-out scores.", "soft")
                         : html::table({"Question", "Metric", "Model", "95 %", "Trivial answers", "Verdict"}, rows);
    body += html::paragraph(
        "Effective rank of the latent codes: " + cell(result["effective_rank"].number(NAN), 1) + ".", "soft");
    return body;
}

std::string finetuning(const Json& result) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& score : result["scores"].items())
        rows.push_back({score["method"].text(), score["metric"].text(), cell(score["mean"].number(NAN), 3),
                        cell(score["spread"].number(NAN), 3), cell(score["pooled"].number(NAN), 3),
                        cell(score["low"].number(NAN), 3) + " to " + cell(score["high"].number(NAN), 3)});
    std::string body =
        "<h3>Prediction, cross-validated by person</h3>\n" + html::paragraph(result["verdict"].text(), "strong");
    body += html::table({"Method", "Metric", "Mean over folds", "SD", "Pooled", "95 %"}, rows);
    return body;
}

/// Mean image with outlines of the run that moved most; empty for ready series.
std::string registration(const ReportContent& content, const std::vector<RunQuality>& cohort,
                         const JobContext& context) {
    const Study& study = content.study;
    std::size_t chosen = study.runs.size();
    for (std::size_t i = 0; i < study.runs.size(); ++i) {
        if (study.runs[i].bold.empty() || !cohort[i].problem.empty()) continue;
        if (chosen == study.runs.size() || cohort[i].meanFd > cohort[chosen].meanFd) chosen = i;
    }
    if (chosen == study.runs.size()) return {};
    try {
        const ImageQuality image = measureImage(study.runs[chosen], nullptr, 1, context);
        std::optional<LabelVolume> labels;
        if (!study.atlasImage.empty()) labels = readLabels(study.atlasImage);
        const std::string png = pngBytes(registrationPicture(image, labels ? &*labels : nullptr));
        const std::string caption =
            "Mean image of " + study.runs[chosen].id() +
            ", the run that moved most, with the outlines of the mask (orange) and the regions (blue); "
            "left is left. Median tSNR of its voxels: " +
            cell(image.medianTsnr, 1) + ".";
        return "<figure><img alt=\"" + html::escape(caption) + "\" src=\"data:image/png;base64," + html::base64(png) +
               "\"><figcaption>" + html::escape(caption) + "</figcaption></figure>\n";
    } catch (const Error& error) {
        return html::paragraph(std::string("The registration picture is not shown: ") + error.what() + ".", "soft");
    }
}

}  // namespace

std::string study(const ReportContent& content) {
    const Study& s = content.study;
    std::set<std::string> subjects;
    for (const auto& run : s.runs) subjects.insert(run.subject);
    std::vector<std::pair<std::string, std::string>> rows{
        {"People", std::to_string(subjects.size())},
        {"Runs", std::to_string(s.runs.size())},
        {"Input", !s.runs.empty() && !s.runs.front().series.empty() ? "ready region series" : "4-D images"}};
    if (content.result && content.result->parcellation) {
        const Parcellation& p = *content.result->parcellation;
        rows.emplace_back("Regions", std::to_string(p.regions.size()) + (p.name.empty() ? "" : " (" + p.name + ")") +
                                         (p.space.empty() ? "" : ", " + p.space));
    }
    if (content.result && !content.result->leftOut.empty()) {
        std::string left;
        for (const LeftOutRun& run : content.result->leftOut)
            left += (left.empty() ? "" : "; ") + run.run + " (" + run.reason + ")";
        rows.emplace_back("Left out", countText(content.result->leftOut.size(), "run") + ": " + left);
    }
    for (auto& row : describePeople(s.participants)) rows.push_back(std::move(row));
    return html::section("Study", html::facts(rows));
}

std::string quality(const ReportContent& content, const std::vector<RunQuality>& cohort, const JobContext& context) {
    std::vector<std::vector<std::string>> rows;
    std::size_t unusual = 0;
    for (const auto& q : cohort) {
        std::string remarks = q.problem;
        for (const auto& flag : q.flags) remarks += (remarks.empty() ? "" : "; ") + flag;
        unusual += q.unusual();
        rows.push_back({q.run, std::to_string(q.volumes), std::to_string(q.volumesKept), cell(q.keptMinutes, 1),
                        cell(q.meanFd, 3), cell(q.maximumFd, 2), cell(100 * q.movedShare, 1), cell(q.maximumDvars, 2),
                        cell(q.tsnr, 1), cell(q.coverage, 3), std::to_string(q.lostRegions),
                        cell(q.degreesOfFreedom, 0), remarks});
    }
    std::string body =
        html::paragraph(unusual == 0 ? "No run is unusual."
                                     : countText(unusual, "run") + " of " + std::to_string(cohort.size()) +
                                           " unusual; see the last column.");
    body += html::table({"Run", "Volumes", "Kept", "Minutes", "Mean FD (mm)", "Max FD", "FD > 0.5 (%)", "Max std DVARS",
                         "tSNR", "Coverage", "Lost regions", "DOF", "Remarks"},
                        rows);
    try {
        const QcFc left = qcFc(*content.result, cohort, context);
        body += html::paragraph("Motion left in connectivity: median |QC-FC| " + fixedText(left.medianAbsolute, 3) +
                                ", " + fixedText(100 * left.significantShare, 1) +
                                " % of pairs with p < 0.05 (5 % expected by chance), " + "distance dependence " +
                                cell(left.distanceDependence, 3) + ". " + left.howComputed);
        body += html::histogram(left.correlation, -1, 1, 40, "QC-FC over pairs of regions");
    } catch (const Error& error) {
        body += html::paragraph(std::string("QC-FC is not shown: ") + error.what() + ".", "soft");
    }
    body += registration(content, cohort, context);
    return html::section("Quality", body);
}

std::string learning(const Json& results) {
    std::string body;
    if (results.contains("pretrain")) body += pretraining(results["pretrain"]);
    if (results.contains("finetune")) body += finetuning(results["finetune"]);
    if (body.empty()) body = html::paragraph("No model was trained.", "soft");
    for (const char* part : {"pretrain", "finetune"})
        for (const auto& notice : results[part]["notices"].items()) body += html::paragraph(notice.text(), "warn");
    return html::section("Learning", body);
}

std::string pictures(const std::vector<ReportPicture>& list) {
    if (list.empty()) return {};
    std::string body;
    for (const auto& picture : list) {
        std::string extension = picture.file.extension().string();
        std::transform(extension.begin(), extension.end(), extension.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        const std::string type = extension == ".jpg" || extension == ".jpeg" ? "jpeg" : "png";
        body += "<figure><img alt=\"" + html::escape(picture.caption) + "\" src=\"data:image/" + type + ";base64," +
                html::base64(readFile(picture.file)) + "\"><figcaption>" + html::escape(picture.caption) +
                "</figcaption></figure>\n";
    }
    return html::section("Pictures", body);
}

std::string notices(const ReportContent& content) {
    std::map<std::string, std::size_t> counts;
    std::vector<std::string> order;
    const auto add = [&](const Notices& list) {
        for (const auto& notice : list)
            if (counts[notice.text]++ == 0) order.push_back(notice.text);
    };
    add(content.study.notices);
    if (content.result) {
        add(content.result->notices);
        for (const auto& [id, run] : content.result->runs) {
            if (run.extracted) add(run.extracted->notices);
            if (run.cleaned) add(run.cleaned->notices);
        }
    }
    if (order.empty()) return {};
    std::string body;
    for (const auto& text : order)
        body +=
            html::paragraph(text + (counts[text] > 1 ? " (" + std::to_string(counts[text]) + " times)" : ""), "warn");
    return html::section("Notices", body);
}

}  // namespace chronnect::report
