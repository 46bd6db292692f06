#pragma once

#include "core/base/Error.h"
#include "core/base/Json.h"
#include "core/learning/Learning.h"
#include "core/model/detail/Network.h"
#include "core/train/detail/Objective.h"

#include <memory>

namespace chronnect::train {

/// What a model must say about its data: TR, region hash, normalisation, graph and network settings, versions.
Json basicPassport(const ScanSource& scans, const GraphSpec& graph, const NetworkSpec& network);

GraphSpec graphOf(const Model& model);
NetworkSpec networkOf(const Model& model);
PretrainSpec pretrainSpecOf(const Model& model);

/// Remarks where the data differ from what the model was trained on. Throws Error(BadInput) when the number of regions
/// differs, since then nothing can be computed.
Notices compare(const Model& model, const ScanSource& scans);

/// A pretrained model brought back to life, in evaluation mode.
struct Pretrained {
    model::Encoder encoder{nullptr};
    std::shared_ptr<Objective> objective;
    PretrainSpec spec;
};
Pretrained revivePretrained(const Model& model, const torch::Device& device);
model::Network reviveFinetuned(const Model& model, const torch::Device& device);

/// Whether it says that memory ran out, of the processor or of a GPU.
bool isOutOfMemory(const std::exception& error);
/// In how many parts a batch that was computed in `parts` takes at most half as many scans at a time; 0 when it was one
/// scan at a time already.
int partsOfHalf(int batch, int parts);

/// Turns LibTorch's exceptions into Error and stops into Cancelled, around a whole engine call.
template <class Body>
auto guarded(const JobContext& context, const Body& body) -> decltype(body()) {
    try {
        return body();
    } catch (const Error&) {
        throw;
    } catch (const c10::Error& error) {
        context.throwIfCancelled();
        const std::string text = error.what_without_backtrace();
        const bool memory = isOutOfMemory(error);
        throw Error(memory ? ErrorKind::OutOfMemory : ErrorKind::Internal,
                    memory ? "Memory ran out; use a smaller batch or crop" : "LibTorch: " + text);
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::OutOfMemory, "Memory ran out; use a smaller batch or crop");
    } catch (const std::exception& error) {
        context.throwIfCancelled();
        throw Error(ErrorKind::Internal, std::string("LibTorch: ") + error.what());
    }
}

}  // namespace chronnect::train
