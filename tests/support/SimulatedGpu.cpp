// A GPU that is none, so that everything that runs on one can be tested where none is: LibTorch without CUDA has no
// operation for that device, and here each gets one that runs on the processor. Loaded into a program (LD_PRELOAD or
// linked), it makes LibTorch 1.13 report one CUDA device. What would fail on a real one fails here as well:
//   - an operation that mixes tensors of both devices (other than single numbers) throws;
//   - memory of the device read or written by the program itself ends in a segmentation fault, since its addresses
//     are mapped without any right; the operations reach the same pages at another address.
// It says nothing of speed, of cuDNN, of streams, or of how a GPU rounds. chronnectSimulatedOperations() and
// chronnectSimulatedWaits() count the operations started and the copies for which a real GPU would be waited
// for; chronnectSimulatedMemory() lets memory run out.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/InferSize.h>
#include <ATen/TensorUtils.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/library.h>
#include <torch/torch.h>

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <map>
#include <mutex>

namespace {

const c10::Device device(c10::kCUDA, 0);
std::atomic<long> operations{0}, waits{0};

/// One file in memory, mapped twice: without rights where tensors point to, writable for the operations.
class Memory {
public:
    static Memory& get() {
        static auto* const memory = new Memory;  // tensors of static variables are freed after everything else
        return *memory;
    }
    void* allocate(std::size_t bytes) {
        const std::size_t size = std::bit_ceil(std::max<std::size_t>(bytes, 512));
        const std::lock_guard lock(m_mutex);
        TORCH_CHECK(m_used + size <= limit, "CUDA out of memory. Tried to allocate ", bytes, " bytes");
        m_used += size;
        auto& free = m_free[size];
        std::size_t place = m_end;
        if (free.empty()) {
            TORCH_CHECK(m_end + size <= most, "CUDA out of memory. Tried to allocate ", bytes, " bytes");
            m_end += size;
        } else {
            place = free.back();
            free.pop_back();
        }
        m_sizes[place] = size;
        return m_shown + place;
    }
    void release(void* address) {
        const std::lock_guard lock(m_mutex);
        const auto place = static_cast<std::size_t>(static_cast<char*>(address) - m_shown);
        m_free[m_sizes.at(place)].push_back(place);
        m_used -= m_sizes.at(place);
    }
    void* writable(const void* address) const {
        return address ? m_written + (static_cast<const char*>(address) - m_shown) : nullptr;
    }

    static constexpr std::size_t most = std::size_t{16} << 30;
    std::atomic<std::size_t> limit{most};  ///< to let it run out

private:
    Memory() {
        const int file = memfd_create("simulated GPU", 0);
        TORCH_CHECK(file >= 0 && ftruncate(file, most) == 0, "There is no memory for a simulated GPU");
        const auto map = [&](int rights) {
            void* const at = mmap(nullptr, most, rights, MAP_SHARED | MAP_NORESERVE, file, 0);
            TORCH_CHECK(at != MAP_FAILED, "The memory of the simulated GPU cannot be mapped");
            return static_cast<char*>(at);
        };
        m_shown = map(PROT_NONE);
        m_written = map(PROT_READ | PROT_WRITE);
        close(file);
    }
    std::mutex m_mutex;
    std::map<std::size_t, std::vector<std::size_t>> m_free;
    std::map<std::size_t, std::size_t> m_sizes;
    std::size_t m_end = 0, m_used = 0;
    char *m_shown = nullptr, *m_written = nullptr;
};

struct DeviceAllocator final : c10::Allocator {
    static void release(void* address) {
        if (address) Memory::get().release(address);
    }
    c10::DataPtr allocate(std::size_t bytes) const override {
        void* const address = bytes ? Memory::get().allocate(bytes) : nullptr;
        return {address, address, release, device};
    }
    c10::DeleterFnPtr raw_deleter() const override { return release; }
};
DeviceAllocator allocator;

struct Guard final : c10::impl::DeviceGuardImplInterface {
    static constexpr c10::DeviceType static_type = c10::kCUDA;
    c10::DeviceType type() const override { return c10::kCUDA; }
    c10::Device exchangeDevice(c10::Device) const override { return device; }
    c10::Device getDevice() const override { return device; }
    void setDevice(c10::Device) const override {}
    void uncheckedSetDevice(c10::Device) const noexcept override {}
    c10::Stream getStream(c10::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, device); }
    c10::Stream getDefaultStream(c10::Device) const override { return c10::Stream(c10::Stream::DEFAULT, device); }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
    c10::DeviceIndex deviceCount() const noexcept override { return 1; }
    void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
    void block(void*, const c10::Stream&) const override {}
    bool queryEvent(void*) const override { return true; }
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard);

/// LibTorch without CUDA does not note the streams that a backward pass starts from, but looks for them afterwards.
struct Engine final : torch::autograd::Engine {
    c10::intrusive_ptr<at::ivalue::Future> execute_with_graph_task(
        const std::shared_ptr<torch::autograd::GraphTask>& task, std::shared_ptr<torch::autograd::Node> root,
        torch::autograd::InputBuffer&& inputs) override {
        task->caller_current_streams_.assign(1, c10::Stream(c10::Stream::DEFAULT, device));
        return torch::autograd::Engine::execute_with_graph_task(task, std::move(root), std::move(inputs));
    }
    static torch::autograd::Engine& get() {
        static auto* const engine = new Engine;  // its threads outlive static variables
        return *engine;
    }
};

struct CUDAHooks final : at::CUDAHooksInterface {
    explicit CUDAHooks(at::CUDAHooksArgs) {}
    void initCUDA() const override {}
    bool hasCUDA() const override { return true; }
    int getNumGPUs() const override { return 1; }
    int64_t current_device() const override { return 0; }
    bool hasPrimaryContext(int64_t) const override { return true; }
    void deviceSynchronize(int64_t) const override { ++waits; }
    const at::Generator& getDefaultCUDAGenerator(c10::DeviceIndex) const override {
        static const auto generator = at::detail::createCPUGenerator();
        return generator;
    }
    at::Allocator* getCUDADeviceAllocator() const override { return &allocator; }
};
}  // namespace

namespace at {
REGISTER_CUDA_HOOKS(CUDAHooks)
}

namespace {

using at::Tensor;

/// The same numbers, reached from the processor.
Tensor onHost(const Tensor& tensor) {
    if (!tensor.is_cuda()) return tensor;
    const auto options = at::dtype(tensor.scalar_type());
    if (tensor.numel() == 0) return at::empty(tensor.sizes(), options);
    return at::from_blob(Memory::get().writable(tensor.data_ptr()), tensor.sizes(), tensor.strides(), options);
}

Tensor emptyOnDevice(at::IntArrayRef size, c10::optional<at::ScalarType> type, c10::optional<at::Layout>,
                     c10::optional<at::Device>, c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
    return at::detail::empty_generic(size, &allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                     type.value_or(at::kFloat), format);
}

Tensor emptyStrided(at::IntArrayRef size, at::IntArrayRef stride, c10::optional<at::ScalarType> type,
                    c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>) {
    return at::detail::empty_strided_generic(size, stride, &allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                             type.value_or(at::kFloat));
}

Tensor viewOf(const Tensor& self, at::IntArrayRef size, at::IntArrayRef stride, int64_t offset) {
    auto view = at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(self.storage()),
                                                         self.key_set(), self.dtype());
    view.unsafeGetTensorImpl()->set_storage_offset(offset);
    view.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride);
    return view;
}

Tensor asStrided(const Tensor& self, at::IntArrayRef size, at::IntArrayRef stride, c10::optional<int64_t> offset) {
    return viewOf(self, size, stride, offset.value_or(self.storage_offset()));
}

Tensor view(const Tensor& self, at::IntArrayRef size) {
    const auto whole = at::infer_size(size, self.numel());
    const auto stride = at::detail::computeStride(self.sizes(), self.strides(), whole);
    TORCH_CHECK(stride.has_value(), "view size is not compatible with input tensor's size and stride");
    return viewOf(self, whole, *stride, self.storage_offset());
}

Tensor reshapeAlias(const Tensor& self, at::IntArrayRef size, at::IntArrayRef stride) {
    return viewOf(self, size, stride, self.storage_offset());
}

Tensor unfold(const Tensor& self, int64_t dimension, int64_t size, int64_t step) {
    const auto axis = static_cast<std::size_t>(at::maybe_wrap_dim(dimension, self.dim()));
    auto sizes = self.sizes().vec(), strides = self.strides().vec();
    sizes.push_back(size);
    strides.push_back(strides[axis]);
    sizes[axis] = (sizes[axis] - size) / step + 1;
    strides[axis] *= step;
    return viewOf(self, sizes, strides, self.storage_offset());
}

const Tensor& resized(const Tensor& self, at::IntArrayRef size, c10::optional<at::MemoryFormat> format) {
    if (self.sizes() == size) return self;
    const auto fresh = emptyOnDevice(size, self.scalar_type(), {}, {}, {}, format);
    auto* const impl = self.unsafeGetTensorImpl();
    impl->set_storage_keep_dtype(fresh.storage());
    impl->set_storage_offset(0);
    impl->set_sizes_and_strides(size, fresh.strides());
    return self;
}

Tensor& copy(Tensor& self, const Tensor& source, bool) {
    ++operations;
    // To the processor always, from it unless the memory is pinned, which no memory is here.
    if (self.is_cuda() != source.is_cuda()) ++waits;
    onHost(self).copy_(onHost(source));
    return self;
}

Tensor toDevice(const Tensor& host) {
    if (!host.defined()) return host;
    auto fresh = emptyStrided(host.sizes(), host.strides(), host.scalar_type(), {}, {}, {});
    onHost(fresh).copy_(host);
    return fresh;
}

/// A whole GRU as one operation forwards and one backwards, as cuDNN has it; by the processor's own.
struct Gru : torch::autograd::Function<Gru> {
    struct Graph : torch::CustomClassHolder {
        std::vector<Tensor> inputs, outputs;  ///< on the processor, with the graph between them
    };

    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, at::TensorList given,
                                                  bool batchFirst) {
        ++operations;
        auto graph = c10::make_intrusive<Graph>();
        const torch::AutoGradMode mode(true);
        for (const Tensor& tensor : given) graph->inputs.push_back(onHost(tensor.detach()).clone().requires_grad_());
        const auto& inputs = graph->inputs;
        const auto [states, last] =
            at::gru(inputs[0], inputs[1], at::TensorList(inputs).slice(2), true, 1, 0, false, false, batchFirst);
        graph->outputs = {states, last};
        context->saved_data["graph"] = at::IValue::make_capsule(graph);
        return {toDevice(states.detach()), toDevice(last.detach())};
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        ++operations;
        const auto holder = context->saved_data["graph"].toCapsule();
        const auto& graph = *static_cast<Graph*>(holder.get());
        std::vector<Tensor> outputs, given;
        for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
            if (!gradients[i].defined()) continue;
            outputs.push_back(graph.outputs[i]);
            given.push_back(onHost(gradients[i]));
        }
        torch::autograd::variable_list result;
        for (const Tensor& gradient : torch::autograd::grad(outputs, graph.inputs, given, true, false, true))
            result.push_back(toDevice(gradient));
        result.push_back(Tensor());
        return result;
    }
};

std::tuple<Tensor, Tensor> gru(const Tensor& input, const Tensor& state, at::TensorList weights, bool biases,
                               int64_t layers, double, bool, bool twoWays, bool batchFirst) {
    TORCH_CHECK(biases && layers == 1 && !twoWays, "The simulated GPU has no such GRU");
    std::vector<Tensor> all{input, state};
    all.insert(all.end(), weights.begin(), weights.end());
    const auto outputs = Gru::apply(at::TensorList(all), batchFirst);
    return {outputs[0], outputs[1]};
}

struct Given {
    Tensor original, host;
};

/// A tensor argument of an operation; refuses one of the other device, as a real GPU does.
Tensor shown(const Tensor& tensor, const c10::OperatorHandle& operation, std::vector<Given>& given) {
    if (!tensor.defined()) return tensor;
    TORCH_CHECK(tensor.is_cuda() || tensor.dim() == 0,
                "Expected all tensors to be on the same device: ", toString(operation.operator_name()),
                " was given one of the CPU");
    given.push_back({tensor, onHost(tensor)});
    return given.back().host;
}

c10::IValue argument(const c10::IValue& value, const c10::OperatorHandle& operation, std::vector<Given>& given) {
    if (value.isTensor()) return shown(value.toTensor(), operation, given);
    if (value.isDevice()) return c10::Device(c10::kCPU);
    if (value.isTensorList()) {
        c10::List<Tensor> list;
        for (const Tensor& tensor : value.toTensorVector()) list.push_back(shown(tensor, operation, given));
        return list;
    }
    if (value.isOptionalTensorList()) {
        c10::List<c10::optional<Tensor>> list;
        for (const c10::optional<Tensor>& tensor : value.toOptionalTensorVector())
            list.push_back(tensor ? c10::optional<Tensor>(shown(*tensor, operation, given)) : c10::nullopt);
        return list;
    }
    return value;
}

/// What the operation gave, on the device: the argument itself where it was written to.
Tensor returned(const Tensor& result, const std::vector<Given>& given) {
    if (!result.defined()) return result;
    for (const Given& one : given)
        if (one.host.is_same(result)) {
            if (one.original.sizes() != result.sizes()) resized(one.original, result.sizes(), c10::nullopt);
            if (one.original.is_cuda() && result.numel() > 0 &&
                Memory::get().writable(one.original.data_ptr()) != result.data_ptr())
                onHost(one.original).copy_(result);
            return one.original;
        }
    return toDevice(result);
}

void onProcessor(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
    ++operations;
    if (operation.schema().name() == "aten::_local_scalar_dense") ++waits;
    std::vector<Given> given;
    const std::size_t count = operation.schema().arguments().size();
    for (auto value = stack->end() - static_cast<std::ptrdiff_t>(count); value != stack->end(); ++value)
        *value = argument(*value, operation, given);
    operation.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
    const std::size_t results = operation.schema().returns().size();
    for (auto value = stack->end() - static_cast<std::ptrdiff_t>(results); value != stack->end(); ++value) {
        if (value->isTensor()) *value = returned(value->toTensor(), given);
        if (!value->isTensorList()) continue;
        c10::List<Tensor> list;
        for (const Tensor& tensor : value->toTensorVector()) list.push_back(returned(tensor, given));
        *value = list;
    }
}

const bool registered = [] {
    c10::SetAllocator(c10::kCUDA, &allocator);
    torch::autograd::set_default_engine_stub(&Engine::get);
    return true;
}();

}  // namespace

TORCH_LIBRARY_IMPL(_, CUDA, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&onProcessor>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
    library.impl("empty.memory_format", emptyOnDevice);
    library.impl("empty_strided", emptyStrided);
    library.impl("as_strided", asStrided);
    library.impl("view", view);
    library.impl("_reshape_alias", reshapeAlias);
    library.impl("unfold", unfold);
    library.impl("resize_", resized);
    library.impl("copy_", copy);
}

TORCH_LIBRARY_IMPL(aten, AutogradCUDA, library) { library.impl("gru.input", gru); }

extern "C" {
__attribute__((visibility("default"))) long chronnectSimulatedOperations() { return operations; }
__attribute__((visibility("default"))) long chronnectSimulatedWaits() { return waits; }
/// 0 = as much as there is.
__attribute__((visibility("default"))) void chronnectSimulatedMemory(std::size_t bytes) {
    Memory::get().limit = bytes ? bytes : Memory::most;
}
}
