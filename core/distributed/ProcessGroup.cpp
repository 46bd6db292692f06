#include "core/distributed/detail/ProcessGroup.h"

#include "core/base/Error.h"

#include <ATen/core/grad_mode.h>
#include <torch/version.h>

#ifdef CHRONNECT_HAVE_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif
#ifdef CHRONNECT_HAVE_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <chrono>
#include <cstdlib>
#include <map>
#include <utility>

namespace chronnect::distributed {

namespace {

class OneProcess final : public ProcessGroup {
public:
    int rank() const override { return 0; }
    int size() const override { return 1; }
    void allReduceSum(const std::vector<torch::Tensor>&) override {}
    void broadcast(const std::vector<torch::Tensor>&) override {}
    void barrier() override {}
};

#ifdef CHRONNECT_HAVE_GLOO

constexpr std::chrono::minutes patience{10};

/// A library's message goes on with a stack of calls; its first line says what happened.
std::string firstLine(const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
}

template <class Group>
class C10dGroup final : public ProcessGroup {
public:
    C10dGroup(c10::intrusive_ptr<Group> group, const Launch& launch, torch::Device device)
        : m_group(std::move(group)), m_rank(launch.rank), m_size(launch.size), m_device(device) {}

    int rank() const override { return m_rank; }
    int size() const override { return m_size; }

    void allReduceSum(const std::vector<torch::Tensor>& tensors) override {
        together(tensors, [this](std::vector<torch::Tensor>& packed) { m_group->allreduce(packed)->wait(); });
    }
    void broadcast(const std::vector<torch::Tensor>& tensors) override {
        together(tensors, [this](std::vector<torch::Tensor>& packed) { m_group->broadcast(packed)->wait(); });
    }
    void barrier() override {
        guarded([this] { m_group->barrier()->wait(); });
    }

private:
    template <class Step>
    void guarded(const Step& step) const {
        try {
            step();
        } catch (const std::exception& error) {
            throw Error(ErrorKind::Unsupported,
                        "Process " + std::to_string(m_rank) + " lost contact with the other " +
                            std::to_string(m_size - 1) + " (" + firstLine(error) +
                            "); start all of them again and they go on from the last checkpoint");
        }
    }

    /// One message per type of number.
    template <class Exchange>
    void together(const std::vector<torch::Tensor>& tensors, const Exchange& exchange) {
        const at::NoGradGuard noGradient;
        std::map<torch::ScalarType, std::vector<torch::Tensor>> byType;
        for (const auto& tensor : tensors) byType[tensor.scalar_type()].push_back(tensor);
        for (auto& [type, group] : byType) {
            std::vector<torch::Tensor> flat;
            for (const auto& tensor : group) flat.push_back(tensor.detach().reshape({-1}).to(m_device));
            std::vector<torch::Tensor> packed{at::cat(flat)};
            guarded([&] { exchange(packed); });
            std::int64_t at = 0;
            for (auto& tensor : group) {
                tensor.detach().copy_(packed[0].slice(0, at, at + tensor.numel()).view(tensor.sizes()));
                at += tensor.numel();
            }
        }
    }

    c10::intrusive_ptr<Group> m_group;
    int m_rank, m_size;
    torch::Device m_device;  ///< where this kind of group takes its tensors
};

c10::intrusive_ptr<c10d::Store> meet(const Launch& launch) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(launch.port);
    options.isServer = launch.isFirst() && !launch.launcherKeepsStore;
    options.timeout = patience;
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    options.useLibUV = false;  // the default since 2.4, refused by a LibTorch built without libuv (Debian 13)
#endif
    if (launch.launcherKeepsStore)
        options.waitWorkers = false;
    else
        options.numWorkers = static_cast<std::size_t>(launch.size);
    auto store = c10::make_intrusive<c10d::TCPStore>(launch.address, options);
    // A restarted group must not read what the lost one left in torchrun's store.
    return c10::make_intrusive<c10d::PrefixStore>("chronnect/" + launch.attempt, store);
}

std::shared_ptr<ProcessGroup> overGloo(const c10::intrusive_ptr<c10d::Store>& store, const Launch& launch) {
    auto options = c10d::ProcessGroupGloo::Options::create(patience);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    const bool loopback = launch.address == "localhost" || launch.address.rfind("127.", 0) == 0;
    options->devices.push_back(interface  ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                               : loopback ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                          : c10d::ProcessGroupGloo::createDefaultDevice());
    auto group = c10::make_intrusive<c10d::ProcessGroupGloo>(store, launch.rank, launch.size, options);
    return std::make_shared<C10dGroup<c10d::ProcessGroupGloo>>(std::move(group), launch, torch::kCPU);
}

#endif

}  // namespace

#ifdef CHRONNECT_HAVE_GLOO
const bool hasGloo = true;
#else
const bool hasGloo = false;
#endif

Shard shardOf(std::size_t count, int rank, int size) {
    const auto share = [&](std::size_t r) { return count * r / static_cast<std::size_t>(size); };
    return {share(static_cast<std::size_t>(rank)), share(static_cast<std::size_t>(rank) + 1)};
}

std::shared_ptr<ProcessGroup> makeProcessGroup(const Launch& launch, [[maybe_unused]] const torch::Device& device) {
    if (launch.size == 1) return std::make_shared<OneProcess>();
#ifdef CHRONNECT_HAVE_GLOO
    try {
        const auto store = meet(launch);
#ifdef CHRONNECT_HAVE_NCCL
        if (device.is_cuda()) {
            auto group = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, launch.rank, launch.size);
            return std::make_shared<C10dGroup<c10d::ProcessGroupNCCL>>(std::move(group), launch, device);
        }
#endif
        return overGloo(store, launch);
    } catch (const std::exception& error) {
        throw Error(ErrorKind::Unsupported, "The " + std::to_string(launch.size) + " processes could not meet at " +
                                                launch.address + ":" + std::to_string(launch.port) + " (" +
                                                firstLine(error) + "); is MASTER_ADDR the host of process 0?");
    }
#else
    throw Error(ErrorKind::Unsupported, "This build trains in one process only; build with Gloo's headers installed");
#endif
}

}  // namespace chronnect::distributed
