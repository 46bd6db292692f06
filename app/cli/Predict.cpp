#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/io/Tables.h"
#include "core/learning/Application.h"

#include <algorithm>
#include <optional>

namespace chronnect::cli {

namespace {

/// Scans of equal length in one block, as the network takes them.
struct Block {
    std::vector<float> values;  ///< scans x volumes x regions
    std::size_t scans = 0, volumes = 0, regions = 0;
};

/// An array of scans x volumes x regions as NumPy writes it, if the file is one.
std::optional<Block> blockOfArray(const std::filesystem::path& path) {
    if (path.extension() != ".npy") return std::nullopt;
    const Array array = readNpy(path);
    if (array.shape.size() != 3) return std::nullopt;
    return Block{{array.values.begin(), array.values.end()}, array.shape[0], array.shape[1], array.shape[2]};
}

Block blockOf(const ScanSource& source) {
    Block block{{}, source.count(), source.info(0).volumes, source.regions().size()};
    for (std::size_t scan = 0; scan < source.count(); ++scan) {
        if (source.info(scan).volumes != block.volumes)
            throw Error(ErrorKind::BadInput, source.info(scan).id + " has " +
                                                 std::to_string(source.info(scan).volumes) + " volumes and " +
                                                 source.info(0).id + " " + std::to_string(block.volumes) +
                                                 "; an .npz holds scans of one length, write .tsv or name fewer scans");
        const auto values = valuesOf(source, scan);
        block.values.insert(block.values.end(), values.begin(), values.end());
    }
    return block;
}

class Predict : public Command {
public:
    std::string name() const override { return "predict"; }
    std::string summary() const override { return "Apply a fine-tuned model, or a public STAGIN checkpoint, to scans"; }
    std::string details() const override {
        return "A .tsv output has one row per scan with class probabilities or the number, and whether the model was trained on that person. An .npz output has the arrays logits, "
               "node_attention (scan, layer, window, region), time_attention (scan, layer, query, key) and latent (scan, layer, "
               "feature). A STAGIN checkpoint (.pth) does not know its windows, so --window and --stride tell them; there the "
               "graph keeps the top 30 % of correlations.";
    }
    std::string example() const override {
        return "chronnect-cli predict --model model.pth --series series.npy --window 20 --stride 3 --output out.npz";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options, true, false);
        arguments.group("Model");
        arguments.path("--model", "FILE", m_model, "A fine-tuned model (.chm) or a STAGIN checkpoint (.pth)", true);
        arguments.path("--series", "FILE", m_series,
                       "Series instead of INPUT; an .npy may hold scans x volumes x regions");
        arguments.path("--output", "FILE", m_output, "Where predictions are written (.tsv or .npz)", true);
        arguments.text("--device", "NAME", m_device, "auto, cpu or cuda:N");
        arguments.choice(
            "--pooling", "NAME", m_pooling, {"sum", "mean", "param"},
            "How a checkpoint pools over time, which its file does not say; sum is the public code's own, param shows by itself");
        arguments.flag("--force", m_force, "Go on although the model's passport does not fit the data");
        arguments.flag("--as-is", m_asIs, "Do not z-score each region before the network sees it (.npz)");
        arguments.spec(m_graph, "Graphs of a checkpoint");
        arguments.alias("--window-length", "--window");
        arguments.alias("--window-step", "--stride");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        const std::string extension = m_output.extension().string();
        if (extension != ".tsv" && extension != ".npz")
            throw UsageError("--output must end in .tsv or .npz, not '" + extension + "'");
        if (!m_series.empty()) m_options.inputs.push_back(m_series);
        if (m_options.inputs.empty()) throw UsageError("Missing INPUT or --series: what the model is applied to");
        const JobContext context = console.context();
        const auto engine = learningEngine();
        const Model model = openModel(m_model, m_graph, *engine, m_pooling);
        if (m_options.inputs.size() == 1)
            if (const auto block = blockOfArray(m_options.inputs.front()))
                return runBlock(*engine, model, *block, Json(), console, context);
        m_options.reading.expectedRegions = model.regions.size();
        const Scans scans = loadScans(m_options, arguments, console, context.part(0, 0.3));
        m_fit = requireFit(model, *scans.source, m_force, extension == ".npz" ? &console : nullptr);
        if (extension == ".npz")
            return runBlock(*engine, model, blockOf(*scans.source), scans.description, console, context.part(0.3, 1));
        const Application applied = applyModel(*engine, *scans.source, model, m_device, m_force, context.part(0.3, 1));
        console.notices(applied.notices);
        writeTable(m_output, applicationTable(applied));
        return keptBeside(m_output, tellPredictions(applied, scans, console).set("model", aboutModel(m_model, model)));
    }

private:
    Json runBlock(const LearningEngine& engine, const Model& model, const Block& block, const Json& input,
                  Console& console, const JobContext& context) const {
        if (m_output.extension() != ".npz")
            throw UsageError("An array of scans is answered by an .npz output, not " + m_output.string());
        const NetworkArrays arrays =
            engine.forward(block.values, block.scans, block.volumes, !m_asIs, model, m_device, context);
        writeNpz(m_output, arraysOf(arrays));
        console.say(countText(arrays.scans, "scan") + ", " + countText(arrays.windows, "window") + ", " +
                    countText(arrays.outputs, "output") + " in " + m_output.string());
        return keptBeside(m_output,
                          Json::object()
                              .set("output", m_output.string())
                              .set("input", input)
                              .set("model", aboutModel(m_model, model))
                              .set("passport_check", m_fit)
                              .set("z_scored", Json(!m_asIs))
                              .set("scans", arrays.scans)
                              .set("windows", arrays.windows)
                              .set("regions", arrays.regions)
                              .set("logits", Json(std::vector<double>(arrays.logits.begin(), arrays.logits.end()))));
    }

    Json tellPredictions(const Application& applied, const Scans& scans, Console& console) const {
        Json rows = Json::array();
        for (std::size_t row = 0; row < applied.predictions.size(); ++row) {
            const ScanPrediction& each = applied.predictions[row];
            std::string line = each.scan;
            for (std::size_t i = 0; i < each.output.size(); ++i)
                line += "  " + (i < applied.classes.size() ? applied.classes[i] + " " : std::string()) +
                        numberText(each.output[i]);
            if (applied.seen[row] == Seen::Yes) line += "  (trained on this person)";
            console.say(line);
            rows.push(Json::object()
                          .set("scan", each.scan)
                          .set("subject", each.subject)
                          .set("output", Json(each.output))
                          .set("trained_on", seenText(applied.seen[row])));
        }
        return Json::object()
            .set("output", m_output.string())
            .set("input", scans.description)
            .set("passport_check", m_fit)
            .set("classes", Json(applied.classes))
            .set("predictions", std::move(rows));
    }

    InputOptions m_options;
    GraphSpec m_graph;
    std::filesystem::path m_model, m_series, m_output;
    std::string m_device = "auto", m_pooling;
    bool m_asIs = false, m_force = false;
    Json m_fit;
};

}  // namespace

std::unique_ptr<Command> makePredict() { return std::make_unique<Predict>(); }

}  // namespace chronnect::cli
