#include "core/model/detail/Precision.h"

#include "core/model/detail/BFloat16.h"

#include <ATen/autocast_mode.h>
#include <torch/torch.h>
#include <torch/version.h>

namespace chronnect::model {

namespace {

void setAutocast(const torch::Device& device, bool on) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(device.type(), at::kBFloat16);  // one setter for all devices since 2.4
    at::autocast::set_autocast_enabled(device.type(), on);
#else
    if (device.is_cuda()) {
        at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
        at::autocast::set_enabled(on);
    } else {
        at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
        at::autocast::set_cpu_enabled(on);
    }
#endif
    at::autocast::clear_cache();
}

bool isAutocast(const torch::Device& device) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    return at::autocast::is_autocast_enabled(device.type());
#else
    return device.is_cuda() ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
#endif
}

}  // namespace

bool productsAreBFloat16(const torch::Device& device) { return isAutocast(device); }

bool hasBFloat16Instructions() { return bf16::available(); }

static void inform(Notices& notices, std::string text) {
    Notice notice;
    notice.severity = Severity::Information;
    notice.text = std::move(text);
    notices.push_back(std::move(notice));
}

Precision usablePrecision(Precision asked, const torch::Device& device, Notices& notices) {
    if (asked == Precision::TensorFloat32 && !device.is_cuda()) {
        inform(notices, "tf32 is a precision of GPUs; on this processor products stay float32");
        return Precision::Float32;
    }
    if (asked == Precision::BFloat16 && !device.is_cuda() && !hasBFloat16Instructions()) {
        inform(notices, "This processor has no bf16 instructions and would be slower with bf16; products stay float32");
        return Precision::Float32;
    }
    return asked;
}

InPrecision::InPrecision(Precision precision, const torch::Device& device)
    : m_device(device), m_before(isAutocast(device)) {
    if (m_device.is_cuda()) {
        at::globalContext().setAllowTF32CuBLAS(precision == Precision::TensorFloat32);
        at::globalContext().setAllowTF32CuDNN(precision == Precision::TensorFloat32);
    }
    setAutocast(m_device, precision == Precision::BFloat16);
}

InPrecision::~InPrecision() { setAutocast(m_device, m_before); }

InTypesFound::InTypesFound(const torch::Device& device) : m_device(device), m_before(isAutocast(device)) {
    if (m_before) setAutocast(m_device, false);
}

InTypesFound::~InTypesFound() {
    if (m_before) setAutocast(m_device, true);
}

}  // namespace chronnect::model
