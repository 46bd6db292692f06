#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Random.h"
#include "core/pipeline/Html.h"
#include "core/pipeline/Report.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

namespace chronnect {
namespace {

ReportContent example() {
    ReportContent content;
    content.study.name = "Sleep & <age>";
    content.study.participants = {{"participant_id", "group"}, {{"sub-1", "a"}, {"sub-2", "b"}}};
    auto result = std::make_shared<StudyResult>();
    Parcellation parcellation;
    for (int n = 0; n < 4; ++n) {
        Region region;
        region.name = "R" + std::to_string(n);
        region.network = n < 2 ? "Vis" : "Default";
        parcellation.regions.push_back(region);
    }
    result->parcellation = std::make_shared<const Parcellation>(parcellation);
    for (const char* subject : {"1", "2"}) {
        RunInput run;
        run.subject = subject;
        content.study.runs.push_back(run);
        Random random(7);
        auto extracted = std::make_shared<ExtractedSeries>();
        extracted->series.regions = parcellation.names();
        extracted->series.repetitionTime = 2;
        for (int i = 0; i < 400; ++i) extracted->series.values.push_back(random.normal());
        auto cleaned = std::make_shared<CleanedSeries>();
        cleaned->series = extracted->series;
        cleaned->howComputed = "Cleaned by hand.";
        cleaned->notices = {{Severity::Warning, "Watch out"}};
        result->runs[run.id()] = {extracted, cleaned, ""};
    }
    content.result = result;
    return content;
}

TEST(Html, EscapesAndEncodes) {
    EXPECT_EQ(html::escape("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;");
    EXPECT_EQ(html::base64(""), "");
    EXPECT_EQ(html::base64("f"), "Zg==");
    EXPECT_EQ(html::base64("fo"), "Zm8=");
    EXPECT_EQ(html::base64("foobar"), "Zm9vYmFy");
    EXPECT_NE(html::heatTable({"x"}, {std::nan("")}).find("n/a"), std::string::npos);
}

TEST(Report, TellsTheStudyItsQualityAndHowItWasComputed) {
    const std::string page = reportHtml(example());
    for (const char* text : {"Sleep &amp; &lt;age&gt;", "a: 1, b: 1", "sub-1", "Cleaned by hand.",
                             "36 sliding windows of 30 volumes (60 s)", "strongest 10 % of pairs", "Vis",
                             "No model was trained", "Watch out (2 times)", "QC-FC is not shown"})
        EXPECT_NE(page.find(text), std::string::npos) << text;
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("http"), std::string::npos);
}

TEST(Report, SaysNoGainWhenThereIsNone) {
    ReportContent content = example();
    content.learning = Json::parse(R"({
      "pretrain": {"effective_rank": 5.5, "scores": [
        {"question": "q1", "metric": "AUROC", "model": 0.6, "low": 0.5, "high": 0.7, "baselines": {"copy nearest": 0.61},
         "against": "copy nearest", "gain": -0.01, "gain_low": -0.05, "gain_high": 0.03},
        {"question": "q2", "metric": "AP", "model": 0.9, "low": 0.8, "high": 0.95, "baselines": {"scan mean": 0.5},
         "against": "scan mean", "gain": 0.4, "gain_low": 0.3, "gain_high": 0.5},
        {"question": "q3", "metric": "AP", "model": 0.2, "low": 0.1, "high": 0.3, "baselines": {"scan mean": 0.5},
         "against": "scan mean", "gain": -0.3, "gain_low": -0.4, "gain_high": -0.2}]},
      "finetune": {"verdict": "No gain over static FC.", "notices": ["small sample"], "scores": [
        {"method": "shuffled labels", "metric": "AUROC", "mean": 0.5, "spread": 0.1, "pooled": 0.49, "low": 0.3, "high": 0.7}]}})");
    const std::string page = reportHtml(content);
    EXPECT_NE(page.find("no gain over copy nearest: -0.010 (95 % -0.050 to 0.030)"), std::string::npos);
    EXPECT_NE(page.find("better than scan mean by 0.400"), std::string::npos);
    EXPECT_NE(page.find("worse than scan mean"), std::string::npos);
    EXPECT_NE(page.find("No gain over static FC."), std::string::npos);
    EXPECT_NE(page.find("shuffled labels"), std::string::npos);
    EXPECT_NE(page.find("small sample"), std::string::npos);
    EXPECT_EQ(page.find("No model was trained"), std::string::npos);
}

TEST(Report, HoldsItsPictures) {
    const test::TemporaryFolder folder;
    writeFileAtomically(folder.path() / "brain.PNG", "foobar");
    ReportContent content = example();
    content.pictures = {{folder.path() / "brain.PNG", "A \"brain\""}};
    const auto path = writeReport(folder.path() / "out", content);
    const std::string page = readFile(path);
    EXPECT_EQ(path.filename(), "report.html");
    EXPECT_NE(page.find("data:image/png;base64,Zm9vYmFy"), std::string::npos);
    EXPECT_NE(page.find("A &quot;brain&quot;"), std::string::npos);
    content.pictures = {{folder.path() / "missing.png", ""}};
    EXPECT_THROW(writeReport(folder.path() / "out", content), Error);
    EXPECT_THROW(writeReport(folder.path() / "brain.PNG" / "x", example()), Error);
}

TEST(Report, WorksWithoutResults) {
    ReportContent content = example();
    content.result = nullptr;
    EXPECT_NE(reportHtml(content).find("was not analysed"), std::string::npos);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(reportHtml(example(), JobContext(source.get_token(), {})), Cancelled);
}

}  // namespace
}  // namespace chronnect
