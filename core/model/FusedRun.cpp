#include "core/model/detail/FusedRun.h"

namespace chronnect::model::fused {

namespace {

/// Region features before the first layer: table row or token, plus the window's code.
void firstInput(const Run& run, std::int64_t window, float* out) {
    const auto [regions, width] = run.extent;
    const auto* table = run.input.table.data_ptr<float>();
    const auto* code = run.input.code.data_ptr<float>() + window * width;
    const bool* hidden = run.input.hidden.defined() ? run.input.hidden.data_ptr<bool>() + window * regions : nullptr;
    const float* token = hidden ? run.input.token.data_ptr<float>() : nullptr;
    for (std::int64_t region = 0; region < regions; ++region) {
        const float* own = hidden && hidden[region] ? token : table + region * width;
        for (std::int64_t c = 0; c < width; ++c) out[region * width + c] = own[c] + code[c];
    }
}

}  // namespace

void outputOf(const Run& run, std::size_t layer, std::int64_t window, float* out) {
    const Layer& here = run.layers[layer];
    normalisedRelu(run.of(here.y2, window), here.norm2.affine(), run.extent, out);
}

const float* inputOf(const Run& run, std::size_t layer, std::int64_t window, Scratch& scratch) {
    if (layer == 0)
        firstInput(run, window, scratch.h.data());
    else
        outputOf(run, layer - 1, window, scratch.h.data());
    return scratch.h.data();
}

void aggregateWindow(const Run& run, const float* x, float eps, std::int64_t window, Scratch& scratch, float* out) {
    const std::int64_t regions = run.extent.regions, words = wordsOf(regions);
    const auto* bits = reinterpret_cast<const std::uint64_t*>(run.graphs.bits.data_ptr<std::int64_t>());
    RowLists& lists = run.lists[static_cast<std::size_t>(window)];
    if (lists.begin.empty()) listRows(bits + window * regions * words, regions, lists);
    aggregateRows(lists, x, regions, run.extent.width, eps, out, scratch.panel, Summation::InFour);
}

}  // namespace chronnect::model::fused
