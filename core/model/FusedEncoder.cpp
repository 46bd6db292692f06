#include "core/model/detail/FusedEncoder.h"

#include "core/model/detail/BFloat16.h"
#include "core/model/detail/FusedRun.h"

namespace chronnect::model {

namespace {

using fused::Run;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Carries the run from forward to backward.
struct RunCapsule : torch::CustomClassHolder {
    explicit RunCapsule(std::shared_ptr<Run> value) : run(std::move(value)) {}
    std::shared_ptr<Run> run;
};

void keep(AutogradContext* context, const std::shared_ptr<Run>& run) {
    context->saved_data["run"] = at::IValue::make_capsule(c10::make_intrusive<RunCapsule>(run));
}

std::shared_ptr<Run> runOf(AutogradContext* context) {
    const auto holder = context->saved_data["run"].toCapsule();
    return static_cast<RunCapsule*>(holder.get())->run;
}

constexpr std::size_t parametersPerLayer = 9;

/// The encoder's inputs and parameters in the order in which backward answers.
variable_list inputsOf(EncoderImpl& encoder, const NodeInput& input) {
    variable_list list{input.table, input.code};
    if (input.hidden.defined()) list.push_back(input.token);
    for (auto& gin : encoder.gin)
        for (const auto& parameter :
             {gin->eps, gin->linear1->weight, gin->linear1->bias, gin->norm1->weight, gin->norm1->bias,
              gin->linear2->weight, gin->linear2->bias, gin->norm2->weight, gin->norm2->bias})
            list.push_back(parameter);
    return list;
}

/// Results: the means of all layers, a marker, and where wished for the orthogonality and the last output. Whatever
/// else reads a layer's output takes the marker as an input, so that backward comes here after all of them.
struct Encode : torch::autograd::Function<Encode> {
    static variable_list forward(AutogradContext* context, at::TensorList inputs, EncoderImpl* encoder,
                                 const std::shared_ptr<Run>& run) {
        (void)inputs;
        auto result = fused::runForward(*encoder, *run);
        keep(context, run);
        context->set_materialize_grads(false);
        variable_list outputs = std::move(result.means);
        outputs.push_back(torch::zeros({}));
        if (run->wish.orthogonality) outputs.push_back(result.orthogonality);
        if (run->wish.last) outputs.push_back(result.last);
        return outputs;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto run = runOf(context);
        fused::ResultGradients arriving;
        std::size_t next = 0;
        for (std::size_t layer = 0; layer < run->layers.size(); ++layer) {
            const auto& gradient = gradients[next++];
            arriving.means.push_back(gradient.defined() ? gradient.contiguous() : gradient);
        }
        ++next;
        if (run->wish.orthogonality) arriving.orthogonality = gradients[next++];
        if (run->wish.last) arriving.last = gradients[next++];
        const auto result = fused::runBackward(*run, arriving);
        variable_list answer{result.table, result.code};
        if (run->input.hidden.defined()) answer.push_back(result.token);
        for (const auto& layer : result.layers) {
            const auto noEffect = torch::zeros_like(layer.norm1Bias);
            for (const auto& gradient : {layer.eps, layer.weight1, noEffect, layer.norm1Weight, layer.norm1Bias,
                                         layer.weight2, noEffect.clone(), layer.norm2Weight, layer.norm2Bias})
                answer.push_back(gradient);
        }
        answer.emplace_back();
        answer.emplace_back();
        return answer;
    }
};

/// Calls work(window, h) for every window of a layer's output.
template <class Work>
void forOutputs(const Run& run, std::size_t layer, const Work& work) {
    if (run.released) throw std::logic_error("the encoder's outputs are gone after its backward pass");
    fused::forWindows(run, [&](fused::Scratch& scratch, std::int64_t, std::int64_t window) {
        fused::outputOf(run, layer, window, scratch.h.data());
        work(window, scratch.h.data());
    });
}

/// sum_i weights_i h_i. What flows back to h is left with the run, which adds it when its turn comes.
struct WeightedSum : torch::autograd::Function<WeightedSum> {
    static Variable forward(AutogradContext* context, const Variable& weights, const Variable& marker,
                            const std::shared_ptr<Run>& run, std::int64_t layer) {
        (void)marker;
        const auto given = weights.contiguous();
        auto sums = torch::empty({run->windows, run->extent.width}, torch::kFloat);
        forOutputs(*run, static_cast<std::size_t>(layer), [&](std::int64_t window, const float* h) {
            weightedRows(h, given.data_ptr<float>() + window * run->extent.regions, run->extent,
                         sums.data_ptr<float>() + window * run->extent.width);
        });
        run->compute.check();
        context->save_for_backward({given});
        context->saved_data["layer"] = layer;
        keep(context, run);
        return sums;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto run = runOf(context);
        const auto layer = static_cast<std::size_t>(context->saved_data["layer"].toInt());
        const auto arriving = gradients[0].contiguous();
        auto toWeights = torch::empty({run->windows, run->extent.regions}, torch::kFloat);
        forOutputs(*run, layer, [&](std::int64_t window, const float* h) {
            rowProducts(h, arriving.data_ptr<float>() + window * run->extent.width, run->extent,
                        toWeights.data_ptr<float>() + window * run->extent.regions);
        });
        fused::checkInBackward(run->compute);
        run->layers[layer].arriving.push_back({context->get_saved_variables()[0], arriving});
        return {toWeights, torch::zeros({}), Variable(), Variable()};
    }
};

/// h_i . vector for every region.
struct RowScores : torch::autograd::Function<RowScores> {
    static Variable forward(AutogradContext* context, const Variable& vectors, const Variable& marker,
                            const std::shared_ptr<Run>& run, std::int64_t layer) {
        (void)marker;
        const auto given = vectors.contiguous();
        auto scores = torch::empty({run->windows, run->extent.regions}, torch::kFloat);
        forOutputs(*run, static_cast<std::size_t>(layer), [&](std::int64_t window, const float* h) {
            rowProducts(h, given.data_ptr<float>() + window * run->extent.width, run->extent,
                        scores.data_ptr<float>() + window * run->extent.regions);
        });
        run->compute.check();
        context->save_for_backward({given});
        context->saved_data["layer"] = layer;
        keep(context, run);
        return scores;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto run = runOf(context);
        const auto layer = static_cast<std::size_t>(context->saved_data["layer"].toInt());
        const auto arriving = gradients[0].contiguous();
        auto toVectors = torch::empty({run->windows, run->extent.width}, torch::kFloat);
        forOutputs(*run, layer, [&](std::int64_t window, const float* h) {
            weightedRows(h, arriving.data_ptr<float>() + window * run->extent.regions, run->extent,
                         toVectors.data_ptr<float>() + window * run->extent.width);
        });
        fused::checkInBackward(run->compute);
        run->layers[layer].arriving.push_back({arriving, context->get_saved_variables()[0]});
        return {toVectors, torch::zeros({}), Variable(), Variable()};
    }
};

class FusedCodes final : public RegionCodes {
public:
    FusedCodes(std::shared_ptr<Run> run, std::int64_t layer, torch::Tensor mean, torch::Tensor marker)
        : m_run(std::move(run)), m_layer(layer), m_mean(std::move(mean)), m_marker(std::move(marker)) {}
    torch::Tensor mean() const override { return m_mean; }
    torch::Tensor weighted(const torch::Tensor& weights) const override {
        return WeightedSum::apply(weights.to(torch::kFloat), m_marker, m_run, m_layer);
    }
    torch::Tensor scores(const torch::Tensor& vectors) const override {
        return RowScores::apply(vectors.to(torch::kFloat), m_marker, m_run, m_layer);
    }
    std::int64_t regions() const override { return m_run->extent.regions; }

private:
    std::shared_ptr<Run> m_run;
    std::int64_t m_layer;
    torch::Tensor m_mean, m_marker;
};

class PlainCodes final : public RegionCodes {
public:
    explicit PlainCodes(torch::Tensor h) : m_h(std::move(h)) {}
    torch::Tensor mean() const override { return m_h.mean(1); }
    torch::Tensor weighted(const torch::Tensor& weights) const override {
        return torch::bmm(weights.unsqueeze(1), m_h).squeeze(1);
    }
    torch::Tensor scores(const torch::Tensor& vectors) const override {
        return torch::bmm(m_h, vectors.unsqueeze(-1)).squeeze(-1);
    }
    std::int64_t regions() const override { return m_h.size(1); }

private:
    torch::Tensor m_h;
};

std::shared_ptr<Run> makeRun(EncoderImpl& encoder, const Graphs& graphs, const NodeInput& input,
                             const EncodingWish& wish, const Compute& compute) {
    auto run = std::make_shared<Run>();
    run->inBFloat16 = compute.precision == Precision::BFloat16 && bf16::available();
    run->graphs = {graphs.bits.contiguous(), graphs.regions};
    run->input.table = input.table.detach().contiguous();
    run->input.code = input.code.detach().contiguous();
    if (input.hidden.defined()) {
        run->input.hidden = input.hidden.contiguous();
        run->input.token = input.token.detach().contiguous();
    }
    for (auto& gin : encoder.gin) {
        fused::Layer layer;
        layer.weight1 = fused::makeWeight(gin->linear1->weight, run->inBFloat16);
        layer.weight2 = fused::makeWeight(gin->linear2->weight, run->inBFloat16);
        layer.eps = gin->eps.item<float>();
        run->layers.push_back(std::move(layer));
    }
    run->wish = wish;
    run->compute = compute;
    run->extent = {input.table.size(0), input.table.size(1)};
    run->windows = input.code.size(0);
    run->backward = torch::GradMode::is_enabled();
    run->lists.resize(static_cast<std::size_t>(run->windows));
    run->buffers = encoder.buffers;
    return run;
}

}  // namespace

std::shared_ptr<const RegionCodes> plainCodes(const torch::Tensor& h) { return std::make_shared<PlainCodes>(h); }

bool canFuse(const EncoderImpl& encoder, const NodeInput& input) {
    return !encoder.gin.empty() && input.table.device().is_cpu() && input.table.scalar_type() == torch::kFloat &&
           encoder.gin.front()->linear1->weight.scalar_type() == torch::kFloat && input.code.size(0) > 0 &&
           encoder.is_training();
}

Encoding fusedEncoding(EncoderImpl& encoder, const Graphs& graphs, const NodeInput& input, const EncodingWish& wish,
                       const Compute& compute) {
    const auto run = makeRun(encoder, graphs, input, wish, compute);
    const auto inputs = inputsOf(encoder, input);
    const at::TensorList list(inputs);
    const auto results = Encode::apply(list, &encoder, run);
    Encoding encoding;
    const std::size_t layers = run->layers.size();
    for (std::size_t layer = 0; layer < layers; ++layer)
        encoding.layers.push_back(
            std::make_shared<FusedCodes>(run, static_cast<std::int64_t>(layer), results[layer], results[layers]));
    std::size_t next = layers + 1;
    if (wish.orthogonality) encoding.orthogonality = results[next++];
    if (wish.last) encoding.last = results[next];
    return encoding;
}

}  // namespace chronnect::model
