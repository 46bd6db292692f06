#include "core/base/Error.h"
#include "core/learning/Prefetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace chronnect;

namespace {

/// Scan i is the single value i; counts its reads, refuses scan 5.
class CountedScans final : public ScanSource {
public:
    std::size_t count() const override { return 100; }
    const ScanInfo& info(std::size_t) const override { return m_info; }
    const std::vector<std::string>& regions() const override { return m_names; }
    const std::vector<std::string>& networks() const override { return m_names; }
    double repetitionTime() const override { return 2; }
    void read(std::size_t scan, std::vector<float>& values) const override {
        ++reads;
        if (scan == 5) throw Error(ErrorKind::FileAccess, "Scan 5 is gone");
        values.assign(1, static_cast<float>(scan));
    }
    mutable std::atomic<int> reads{0};

private:
    ScanInfo m_info;
    std::vector<std::string> m_names{"A"};
};

void waitFor(const std::atomic<int>& value, int expected) {
    for (int i = 0; i < 2000 && value < expected; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

TEST(Prefetch, ReadsAheadInOrderAndNoFurther) {
    const auto source = std::make_shared<CountedScans>();
    const auto scans = prefetching(source, {9, 2, 7, 2, 4, 1, 0}, 3);
    waitFor(source->reads, 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(source->reads, 3) << "three ahead, no more";
    std::vector<float> values;
    for (const std::size_t scan : {9u, 2u, 7u, 2u, 4u, 1u, 0u}) {
        scans->read(scan, values);
        EXPECT_EQ(values, std::vector<float>{static_cast<float>(scan)});
    }
    waitFor(source->reads, 7);
    EXPECT_EQ(source->reads, 7) << "each scan of the order once, whoever was faster";
}

TEST(Prefetch, ServesAnyOtherOrder) {
    const auto source = std::make_shared<CountedScans>();
    const auto scans = prefetching(source, {1, 2, 3, 4}, 2);
    std::vector<float> values;
    for (std::size_t i = 100; i-- > 6;) {
        scans->read(i, values);
        EXPECT_EQ(values.at(0), static_cast<float>(i));
    }
    for (const std::size_t scan : {4u, 3u, 2u, 1u}) {
        scans->read(scan, values);
        EXPECT_EQ(values.at(0), static_cast<float>(scan));
    }
}

TEST(Prefetch, AFailedReadThrowsWhereItIsAskedFor) {
    const auto scans = prefetching(std::make_shared<CountedScans>(), {4, 5, 6}, 3);
    std::vector<float> values;
    scans->read(4, values);
    EXPECT_THROW(scans->read(5, values), Error);
    scans->read(6, values);
    EXPECT_EQ(values.at(0), 6);
    EXPECT_THROW(prefetching(std::make_shared<CountedScans>(), {100}), Error);
}

TEST(Prefetch, StopsWhenLetGoHalfway) {
    const auto source = std::make_shared<CountedScans>();
    { const auto scans = prefetching(source, std::vector<std::size_t>(1000, 1), 4); }
    EXPECT_LE(source->reads, 6);
}
