#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/base/Error.h"
#include "core/learning/Application.h"

#include <algorithm>
#include <cmath>

namespace chronnect::cli {

namespace {

class Explain : public Command {
public:
    std::string name() const override { return "explain"; }
    std::string summary() const override {
        return "Where a fine-tuned model looks in one scan, and whether to believe it";
    }
    std::string details() const override {
        return "The .npz output has spatial (layer, window, region), temporal (layer, query, key), salient_windows, window_start, edge_importance (region, region) and "
               "integrated gradients: pairs (region, region), regions over time (window, region), series (volume, region). The .json beside it tells "
               "the model, the settings and which map failed which check. Every map comes "
               "with its checks: does taking its top away, or putting it back, move the output more than random order; does it differ from "
               "the map of random weights; do halves of the scan agree; do gradients add up. A map that fails one is marked as failed.";
    }
    std::string example() const override {
        return "chronnect-cli explain series --model group.chm --scan sub-01 --output sub-01.npz";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Model");
        arguments.path("--model", "FILE", m_model, "A fine-tuned model (.chm)", true);
        arguments.path("--output", "FILE", m_output, "Where the maps are written (.npz)", true);
        arguments.text("--scan", "ID", m_scan, "Which scan, by its id or a part of it; the first when not given");
        arguments.text("--device", "NAME", m_device, "auto, cpu or cuda:N");
        arguments.flag("--force", m_force, "Go on although the model's passport does not fit the data");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        requireEnding(m_output, {".npz"});
        const JobContext context = console.context();
        const auto engine = learningEngine();
        const Model model = openModel(m_model, {}, *engine);
        m_options.reading.expectedRegions = model.regions.size();
        const Scans scans = loadScans(m_options, arguments, console, context.part(0, 0.3));
        const Json fit = requireFit(model, *scans.source, m_force);
        const Explanation e =
            engine->explain(*scans.source, findScan(*scans.source, m_scan), model, m_device, context.part(0.3, 1));
        writeNpz(m_output, arraysOf(e));
        tell(e, scans.source->regions(), console);
        return keptBeside(m_output, Json::object()
                                        .set("output", m_output.string())
                                        .set("input", scans.description)
                                        .set("model", aboutModel(m_model, model))
                                        .set("passport_check", fit)
                                        .set("result", toJson(e)));
    }

private:
    void tell(const Explanation& e, const std::vector<std::string>& names, Console& console) const {
        console.notices(e.notices);
        console.say(e.scan + ": " + std::to_string(e.windows) + " windows, " + std::to_string(e.salientWindows.size()) +
                    " of them salient");
        std::vector<std::pair<double, std::size_t>> regions(e.regions);
        for (std::size_t region = 0; region < e.regions; ++region) regions[region].second = region;
        for (std::size_t i = 0; i < e.spatial.size() && e.regions > 0; ++i)
            regions[i % e.regions].first += e.spatial[i];
        const std::size_t shown = std::min<std::size_t>(5, regions.size());
        std::partial_sort(regions.begin(), regions.begin() + static_cast<std::ptrdiff_t>(shown), regions.end(),
                          std::greater<>());
        std::string line = "Most attended regions:";
        for (std::size_t i = 0; i < shown; ++i) line += (i ? ", " : " ") + names[regions[i].second];
        if (shown > 0 && !e.spatial.empty()) console.say(line);
        for (const auto& map : e.maps) {
            console.say((map.passed ? "  passed  " : "  FAILED  ") + map.name);
            for (const auto& check : map.checks)
                console.say("            " + std::string(check.passed ? "yes  " : "NO   ") + check.name + ": " +
                            numberText(check.value) + " (limit " + numberText(check.null) + ")");
        }
        console.say("The maps are in " + m_output.string());
    }

    InputOptions m_options;
    std::filesystem::path m_model, m_output;
    std::string m_scan, m_device = "auto";
    bool m_force = false;
};

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size() && !text.empty();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

/// A region by its name, else by its 0-based position.
int regionNamed(const std::string& text, const std::vector<std::string>& names) {
    if (const auto found = std::find(names.begin(), names.end(), text); found != names.end())
        return static_cast<int>(found - names.begin());
    if (!text.empty() && text.size() < 7 &&
        std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); }))
        if (const int index = std::stoi(text); index < static_cast<int>(names.size())) return index;
    const std::string meant = nearest(text, names);
    throw Error(ErrorKind::BadInput,
                "There is no region '" + text + "'" +
                    (meant.empty() ? "; regions go by name or 0-based position" : ", did you mean '" + meant + "'?"));
}

class Reconstruct : public Command {
public:
    std::string name() const override { return "reconstruct"; }
    std::string summary() const override {
        return "Hide regions, pairs or a window from a pretrained model and see what it rebuilds";
    }
    std::string details() const override {
        return "The .npz output has truth, hidden and predicted (region x region), hidden_regions and, where the model "
               "rebuilds connectivity profiles, profile_truth and profile_predicted.";
    }
    std::string example() const override {
        return "chronnect-cli reconstruct series --model model.chm --scan sub-01 --at-window 12 --temporal --output rebuilt.npz";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Model");
        arguments.path("--model", "FILE", m_model, "A pretrained model (.chm)", true);
        arguments.path("--output", "FILE", m_output, "Where the matrices are written (.npz)", true);
        arguments.text("--scan", "ID", m_scan, "Which scan, by its id or a part of it; the first when not given");
        arguments.text("--device", "NAME", m_device, "auto, cpu or cuda:N");
        arguments.group("What is hidden");
        arguments.setting(m_request.window, {"at_window", "", "index", "Which window, counted from 0", 0, 1e9});
        arguments.flag("--temporal", m_request.temporal,
                       "Rebuild from two other windows instead of the masked window itself");
        arguments.text("--regions", "LIST", m_regions,
                       "Hidden regions, by name or 0-based position, separated by commas");
        arguments.text("--pairs", "LIST", m_pairs, "Hidden pairs A:B, separated by commas");
        arguments.setting(m_request.hiddenFrom,
                          {"hidden_from", "", "index",
                           "First window of a stretch hidden as well, counted from 0; -1 = none", -1, 1e9});
        arguments.setting(m_request.hiddenTo,
                          {"hidden_to", "", "index", "Last window of that stretch; -1 = none", -1, 1e9});
        arguments.setting(m_request.seed, {"seed", "", "", "Of what is hidden where nothing is named", 0, 1e9});
        arguments.flag("--force", m_force, "Go on although the model's passport does not fit the data");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        requireEnding(m_output, {".npz"});
        const JobContext context = console.context();
        const auto engine = learningEngine();
        const Model model = openModel(m_model, {}, *engine);
        m_options.reading.expectedRegions = model.regions.size();
        const Scans scans = loadScans(m_options, arguments, console, context.part(0, 0.3));
        const Json fit = requireFit(model, *scans.source, m_force, &console);
        const auto& names = scans.source->regions();
        for (const auto& text : split(m_regions, ',')) m_request.regions.push_back(regionNamed(text, names));
        for (const auto& text : split(m_pairs, ',')) {
            const auto ends = split(text, ':');
            if (ends.size() != 2) throw UsageError("--pairs takes A:B, not '" + text + "'");
            m_request.pairs.emplace_back(regionNamed(ends[0], names), regionNamed(ends[1], names));
        }
        const Reconstruction r = engine->reconstruct(*scans.source, findScan(*scans.source, m_scan), model, m_request,
                                                     m_device, context.part(0.3, 1));
        writeNpz(m_output, arraysOf(r));
        console.say(r.scan + ", window " + std::to_string(r.window) + ": rebuilt in " + m_output.string());
        for (const auto& score : r.scores) say(console, score);
        Json regions = Json::array();
        for (const int region : m_request.regions) regions.push(names[static_cast<std::size_t>(region)]);
        return keptBeside(m_output, toJson(r)
                                        .set("output", m_output.string())
                                        .set("input", scans.description)
                                        .set("model", aboutModel(m_model, model))
                                        .set("hidden_regions", std::move(regions))
                                        .set("seed", m_request.seed)
                                        .set("passport_check", fit));
    }

private:
    InputOptions m_options;
    MaskRequest m_request;
    std::filesystem::path m_model, m_output;
    std::string m_scan, m_regions, m_pairs, m_device = "auto";
    bool m_force = false;
};

}  // namespace

std::unique_ptr<Command> makeExplain() { return std::make_unique<Explain>(); }
std::unique_ptr<Command> makeReconstruct() { return std::make_unique<Reconstruct>(); }

}  // namespace chronnect::cli
