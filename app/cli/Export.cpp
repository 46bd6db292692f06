#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/SafeTensors.h"

namespace chronnect::cli {

namespace {

enum class Format { TorchScript, Npz, SafeTensors };

}  // namespace
}  // namespace chronnect::cli

template <>
struct chronnect::EnumNames<chronnect::cli::Format> {
    static constexpr std::array<std::string_view, 3> names{"torchscript", "npz", "safetensors"};
};

namespace chronnect::cli {

namespace {

class Export : public Command {
public:
    std::string name() const override { return "export"; }
    std::string summary() const override { return "A model for Python: TorchScript, or its weights by name"; }
    std::string details() const override {
        return "torchscript: a module that torch.jit.load opens; predict(series) takes raw scans (scan, volume, region) and answers "
               "with probabilities or numbers, forward(series, starts) takes z-scored ones and answers with logits, "
               "node_attention, time_attention and latent. It builds the graphs itself. A pretrained model answers with the codes of every "
               "window and region. npz and safetensors: the weights by name, float32; what must be known besides (regions, windows, "
               "classes, scale) is in the safetensors header, or in a .json beside the .npz.";
    }
    std::string example() const override { return "chronnect-cli export group.chm --output group.pt"; }

    void declare(Arguments& arguments) override {
        arguments.positional("MODEL", "a pretrained or fine-tuned model (.chm), or a STAGIN checkpoint (.pth)",
                             m_models);
        arguments.group("Output");
        arguments.path("--output", "FILE", m_output, "Where it is written", true);
        arguments.setting(m_format,
                          {"format", "Format", "",
                           "What is written; by the ending of --output (.pt, .npz, .safetensors) when not given"});
        arguments.spec(m_graph, "Graphs of a checkpoint");
        arguments.alias("--window-length", "--window");
        arguments.alias("--window-step", "--stride");
    }

    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments& arguments, Console& console) override {
        const std::string ending = m_output.extension().string();
        if (!arguments.given("--format")) requireEnding(m_output, {".pt", ".npz", ".safetensors"});
        if (!arguments.given("--format"))
            m_format = ending == ".npz"           ? Format::Npz
                       : ending == ".safetensors" ? Format::SafeTensors
                                                  : Format::TorchScript;
        const auto engine = learningEngine();
        const Model model = openModel(m_models.front(), m_graph, *engine);
        const auto tensors = unpackTensors(model.weights);
        if (m_format == Format::TorchScript)
            writeFileAtomically(m_output, engine->torchScript(model));
        else if (m_format == Format::SafeTensors)
            writeFileAtomically(m_output, safeTensors(tensors, aboutModel(model)));
        else
            writeArrays(tensors, model);
        std::size_t values = 0;
        for (const NamedTensor& tensor : tensors) values += tensor.values.size();
        console.say("'" + model.name + "', " + std::to_string(values) + " numbers in " +
                    std::to_string(tensors.size()) + " tensors, is in " + m_output.string() + " (" +
                    std::string(nameOf(m_format)) + ")");
        return Json::object()
            .set("output", m_output.string())
            .set("format", nameOf(m_format))
            .set("tensors", tensors.size())
            .set("values", values)
            .set("passport", model.passport);
    }

private:
    void writeArrays(const std::vector<NamedTensor>& tensors, const Model& model) const {
        std::vector<NamedArray> arrays;
        for (const NamedTensor& tensor : tensors)
            arrays.push_back({tensor.name, {tensor.shape.begin(), tensor.shape.end()}, tensor.values});
        writeNpz(m_output, arrays);
        keptBeside(m_output, aboutModel(model));
    }

    std::vector<std::filesystem::path> m_models;
    std::filesystem::path m_output;
    Format m_format = Format::TorchScript;
    GraphSpec m_graph;
};

}  // namespace

std::unique_ptr<Command> makeExport() { return std::make_unique<Export>(); }

}  // namespace chronnect::cli
