#include "core/model/detail/FeatureBuffers.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace chronnect::model {

namespace {

/// Asks for pages of 2 MB where the system has them.
void wantLargePages(const torch::Tensor& buffer) {
#ifdef __linux__
    constexpr std::uintptr_t page = 2 << 20;
    const auto begin = reinterpret_cast<std::uintptr_t>(buffer.data_ptr<float>());
    const auto from = (begin + page - 1) / page * page, to = (begin + buffer.nbytes()) / page * page;
    if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#else
    static_cast<void>(buffer);
#endif
}

}  // namespace

torch::Tensor FeatureBuffers::take(std::initializer_list<std::int64_t> shape) {
    const std::lock_guard lock(m_mutex);
    std::int64_t count = 1;
    for (const auto size : shape) count *= size;
    if (!m_free.empty() && m_free.front().numel() != count) m_free.clear();
    if (m_free.empty()) {
        auto fresh = torch::empty(shape, torch::kFloat);
        wantLargePages(fresh);
        return fresh;
    }
    auto kept = std::move(m_free.back());
    m_free.pop_back();
    return kept.view(shape);
}

void FeatureBuffers::giveBack(torch::Tensor buffer) {
    const std::lock_guard lock(m_mutex);
    if (!m_free.empty() && m_free.front().numel() != buffer.numel()) m_free.clear();
    m_free.push_back(std::move(buffer));
}

void FeatureBuffers::clear() {
    const std::lock_guard lock(m_mutex);
    m_free.clear();
}

}  // namespace chronnect::model
