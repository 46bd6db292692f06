#include "core/learning/TensorArchive.h"

#include "core/base/Error.h"
#include "core/learning/detail/Bytes.h"

#include <limits>

namespace chronnect {

namespace {

constexpr std::string_view magic = "CHRTNSR1";

/// Product of a shape, refusing negative axes and products that could not be in memory.
std::size_t elementsOf(const std::vector<std::int64_t>& shape, const std::string& name) {
    std::size_t count = 1;
    for (const std::int64_t length : shape) {
        if (length < 0 || (length > 0 && count > (std::size_t{1} << 40) / static_cast<std::size_t>(length)))
            throw Error(ErrorKind::BadInput,
                        "Tensor '" + name + "' has an impossible shape; the model file is damaged");
        count *= static_cast<std::size_t>(length);
    }
    return count;
}

}  // namespace

std::vector<std::byte> packTensors(const std::vector<NamedTensor>& tensors) {
    detail::ByteWriter writer;
    writer.text(magic);
    writer.number<std::uint32_t>(static_cast<std::uint32_t>(tensors.size()));
    for (const NamedTensor& tensor : tensors) {
        if (elementsOf(tensor.shape, tensor.name) != tensor.values.size())
            throw Error(ErrorKind::Internal, "Tensor '" + tensor.name + "' does not fill its shape");
        writer.number<std::uint32_t>(static_cast<std::uint32_t>(tensor.name.size()));
        writer.text(tensor.name);
        writer.number<std::uint32_t>(static_cast<std::uint32_t>(tensor.shape.size()));
        for (const std::int64_t length : tensor.shape) writer.number<std::int64_t>(length);
        writer.raw(tensor.values.data(), tensor.values.size() * sizeof(float));
    }
    return writer.take();
}

std::vector<NamedTensor> unpackTensors(const std::vector<std::byte>& bytes) {
    detail::ByteReader reader(bytes, "The weights");
    if (reader.text(magic.size()) != magic)
        throw Error(ErrorKind::BadInput, "The weights are not a Chronnect tensor archive");
    const auto count = reader.number<std::uint32_t>();
    std::vector<NamedTensor> tensors;
    for (std::uint32_t i = 0; i < count; ++i) {
        NamedTensor tensor;
        tensor.name = reader.text(reader.number<std::uint32_t>());
        const auto axes = reader.number<std::uint32_t>();
        if (axes > 16) throw Error(ErrorKind::BadInput, "Tensor '" + tensor.name + "' has more than 16 axes");
        for (std::uint32_t axis = 0; axis < axes; ++axis) tensor.shape.push_back(reader.number<std::int64_t>());
        const std::size_t elements = elementsOf(tensor.shape, tensor.name);
        reader.require(elements * sizeof(float));
        tensor.values.resize(elements);
        reader.raw(tensor.values.data(), elements * sizeof(float));
        tensors.push_back(std::move(tensor));
    }
    if (!reader.atEnd()) throw Error(ErrorKind::BadInput, "The weights carry bytes after their last tensor");
    return tensors;
}

}  // namespace chronnect
