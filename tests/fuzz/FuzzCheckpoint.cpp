#include "core/model/TorchPickle.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/ScratchFile.h"

using namespace chronnect;

/// Checkpoints of PyTorch (zip of a pickle and raw numbers), which people get from others.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".pth");
    return fuzz::refuseOrAccept([&] {
        for (const NamedTensor& tensor : readTorchStateDict(file.fill(fuzz::textOf(data, size)))) {
            std::int64_t count = 1;
            for (const auto length : tensor.shape) count *= length;
            if (count != static_cast<std::int64_t>(tensor.values.size())) __builtin_trap();
        }
    });
}
