#include "core/model/detail/Functions.h"

#include "core/model/detail/Kernels.h"
#include "core/model/detail/Precision.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>

namespace chronnect::model {

namespace {

/// A cancelled backward pass leaves through the autograd engine, which only carries std exceptions.
void checkInBackward(const Compute& compute) {
    if (compute.context.stopRequested()) throw std::runtime_error("stopped");
}

/// What aggregation needs besides tensors, forwards and backwards.
struct AggregateCapsule : torch::CustomClassHolder {
    AggregateCapsule(Compute value, torch::ScalarType type) : compute(std::move(value)), products(type) {}
    Compute compute;
    torch::ScalarType products;  ///< type the dense products are made in; on the CPU that of x
};

/// Dense products, chunk by chunk. The number eps stays on its device: a GPU would have to be waited for to read it.
template <class Check>
void multiplyInto(const torch::Tensor& bits, const torch::Tensor& x, const torch::Tensor& eps, torch::Tensor& y,
                  torch::ScalarType type, const Check& check) {
    const std::int64_t windows = x.size(0), regions = x.size(1);
    const std::int64_t chunk = chunkFor(regions, 3, x.device());
    for (std::int64_t from = 0; from < windows; from += chunk) {
        check();
        const std::int64_t to = std::min(from + chunk, windows);
        const auto part = x.slice(0, from, to);
        const auto dense = unpackGraphs(bits.slice(0, from, to), regions, type);
        y.slice(0, from, to).copy_(torch::bmm(dense, part.to(type)) + eps * part);
    }
}

template <class Check>
void aggregateInto(const torch::Tensor& bits, const torch::Tensor& x, const torch::Tensor& epsilon, torch::Tensor& y,
                   torch::ScalarType type, const Check& check) {
    if (!x.is_cpu() || x.scalar_type() != torch::kFloat) return multiplyInto(bits, x, epsilon, y, type, check);
    const std::int64_t windows = x.size(0), regions = x.size(1), width = x.size(2), words = wordsOf(regions);
    const float eps = epsilon.item<float>();
    const auto* source = x.data_ptr<float>();
    auto* target = y.data_ptr<float>();
    const auto* packed = reinterpret_cast<const std::uint64_t*>(bits.data_ptr<std::int64_t>());
    constexpr std::int64_t chunk = 128;
    for (std::int64_t first = 0; first < windows; first += chunk) {
        check();
        at::parallel_for(first, std::min(first + chunk, windows), 1, [&](std::int64_t from, std::int64_t to) {
            RowLists lists;
            std::vector<float> panel;
            for (std::int64_t window = from; window < to; ++window) {
                listRows(packed + window * regions * words, regions, lists);
                aggregateRows(lists, source + window * regions * width, regions, width, eps,
                              target + window * regions * width, panel);
            }
        });
    }
}

struct Aggregate : torch::autograd::Function<Aggregate> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& bits,
                                 const torch::Tensor& x, const torch::Tensor& eps, const Compute& compute) {
        const auto source = x.contiguous();
        auto result = torch::empty_like(source);
        const bool lower = !source.is_cpu() && productsAreBFloat16(source.device());
        const auto type = lower ? torch::kBFloat16 : source.scalar_type();
        aggregateInto(bits, source, eps, result, type, [&] { compute.check(); });
        context->save_for_backward({bits, source, eps});
        context->saved_data["made"] = at::IValue::make_capsule(c10::make_intrusive<AggregateCapsule>(compute, type));
        return result;
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto holder = context->saved_data["made"].toCapsule();
        const auto& made = *static_cast<AggregateCapsule*>(holder.get());
        const auto gradient = gradients[0].contiguous();
        auto toX = torch::empty_like(gradient);
        // A is symmetric, so the same sum serves backwards.
        aggregateInto(saved[0], gradient, saved[2], toX, made.products, [&] { checkInBackward(made.compute); });
        const auto toEps = torch::dot(gradient.flatten(), saved[1].flatten()).view_as(saved[2]);
        return {torch::Tensor(), toX, toEps, torch::Tensor()};
    }
};

/// Runs the chunks and adds up value and gradients.
struct ChunkRun {
    const std::vector<torch::Tensor>& perWindow;
    const std::vector<torch::Tensor>& shared;
    const ChunkTerm& term;
    std::int64_t chunk;
    bool gradients;
    const Compute& compute;
    torch::Tensor total;
    std::vector<torch::Tensor> sums;  ///< gradient of each differentiable input, undefined for the others

    void run() {
        const std::int64_t windows = perWindow.front().size(0);
        prepare();
        for (std::int64_t from = 0; from < windows; from += chunk) {
            compute.check();
            runChunk(from, std::min(from + chunk, windows));
        }
    }

private:
    void prepare() {
        total = torch::zeros({}, perWindow.front().options().dtype(torch::kFloat).requires_grad(false));
        for (const auto* group : {&perWindow, &shared})
            for (const auto& input : *group)
                sums.push_back(gradients && input.requires_grad() ? torch::zeros_like(input) : torch::Tensor());
    }

    void runChunk(std::int64_t from, std::int64_t to) {
        const torch::AutoGradMode mode(gradients);
        std::vector<torch::Tensor> slices, whole, wanted;
        for (const auto& input : perWindow) {
            slices.push_back(input.detach().slice(0, from, to));
            if (gradients && input.requires_grad()) wanted.push_back(slices.back().requires_grad_());
        }
        for (const auto& input : shared) {
            whole.push_back(input);
            if (gradients && input.requires_grad()) wanted.push_back(input);
        }
        const auto value = term(slices, whole, from, to);
        total += value.detach();
        if (wanted.empty() || !value.requires_grad()) return;
        const InTypesFound types(value.device());
        const auto parts = torch::autograd::grad({value}, wanted, {}, false, false, true);
        const torch::NoGradGuard noGradient;
        std::size_t part = 0;
        for (std::size_t i = 0; i < sums.size(); ++i) {
            if (!sums[i].defined()) continue;
            const auto& gradient = parts[part++];
            if (!gradient.defined()) continue;
            if (i < perWindow.size())
                sums[i].slice(0, from, to).copy_(gradient);
            else
                sums[i] += gradient;
        }
    }
};

struct ChunkedSum : torch::autograd::Function<ChunkedSum> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList inputs, ChunkRun& run) {
        run.run();
        context->saved_data["count"] = static_cast<std::int64_t>(inputs.size());
        torch::autograd::variable_list kept;
        c10::List<bool> defined;
        for (const auto& sum : run.sums) {
            defined.push_back(sum.defined());
            if (sum.defined()) kept.push_back(sum);
        }
        context->saved_data["defined"] = defined;
        context->save_for_backward(kept);
        return run.total;
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto kept = context->get_saved_variables();
        const auto defined = context->saved_data["defined"].toBoolList();
        torch::autograd::variable_list result;
        std::size_t next = 0;
        for (std::size_t i = 0; i < defined.size(); ++i)
            result.push_back(defined.get(i) ? kept[next++] * gradients[0] : torch::Tensor());
        result.push_back(torch::Tensor());
        return result;
    }
};

}  // namespace

torch::Tensor aggregate(const Graphs& graphs, const torch::Tensor& x, const torch::Tensor& eps,
                        const Compute& compute) {
    return Aggregate::apply(graphs.bits, x, eps, compute);
}

std::int64_t chunkFor(std::int64_t regions, std::int64_t matrices, const torch::Device& device) {
    const std::int64_t numbers = (device.is_cpu() ? std::int64_t{16} : std::int64_t{256}) << 20;
    const std::int64_t most = device.is_cpu() ? 256 : 4096;
    return std::clamp<std::int64_t>(numbers / std::max<std::int64_t>(1, regions * regions * matrices), 1, most);
}

torch::Tensor chunkedSum(const std::vector<torch::Tensor>& perWindow, const std::vector<torch::Tensor>& shared,
                         std::int64_t chunk, const Compute& compute, const ChunkTerm& term) {
    std::vector<torch::Tensor> inputs = perWindow;
    inputs.insert(inputs.end(), shared.begin(), shared.end());
    ChunkRun run{perWindow, shared, term, chunk, torch::GradMode::is_enabled(), compute, {}, {}};
    const at::TensorList list(inputs);
    return ChunkedSum::apply(list, run);
}

torch::Tensor orthogonality(const torch::Tensor& h, const Compute& compute) {
    const std::int64_t regions = h.size(1), windows = h.size(0);
    const auto identity = torch::eye(regions, h.options().requires_grad(false));
    const auto term = [&](const std::vector<torch::Tensor>& slices, const std::vector<torch::Tensor>&, std::int64_t,
                          std::int64_t) {
        const auto gram = torch::bmm(slices[0], slices[0].transpose(1, 2));
        // A region whose code is all zero would divide 0 by 0.
        const auto largest = std::get<0>(gram.max(-1, true)).clamp_min(1e-12);
        const auto rest = (gram / largest - identity).triu();
        return rest.flatten(1).norm(2, 1).sum() / static_cast<double>(windows);
    };
    return chunkedSum({h}, {}, chunkFor(regions, 6, h.device()), compute, term);
}

}  // namespace chronnect::model
