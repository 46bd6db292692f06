#pragma once

#include "core/distributed/detail/ProcessGroup.h"
#include "core/train/detail/Checkpoint.h"
#include "core/train/detail/Cohort.h"
#include "core/train/detail/Objective.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace chronnect::train {

/// This process's part in a training that several processes do together: each takes its share of every batch, and
/// gradients, statistics and losses are added up, so that all of them hold the same weights after every step and the
/// result is that of one process with the whole batch. Alone, everything here does nothing.
class Together {
public:
    /// Of the launch this process belongs to. `device` is made this process's own when it is a GPU.
    Together(const Launch& launch, model::Compute& compute, const std::string& deviceName);

    bool isFirst() const { return m_group->rank() == 0; }
    bool alone() const { return m_group->size() == 1; }
    int size() const { return m_group->size(); }

    /// Everyone goes on from what process 0 holds: weights, statistics, moments, and the tensors and numbers given.
    void shareStart(const TrainingState& state, const std::vector<torch::Tensor>& more,
                    const std::vector<int*>& numbers) const;
    /// This process's scans of a batch; `place` becomes the place of the first of them.
    std::vector<std::size_t> own(const std::vector<std::size_t>& batch, std::size_t& place) const;
    /// The parts, weighted by this process's share of the batch, become those of the whole batch.
    void sumLosses(std::map<std::string, double>& parts) const;
    void sumGradients(const std::vector<torch::Tensor>& parameters) const;
    /// Whether any process says so.
    bool anyone(bool says) const;

private:
    std::shared_ptr<distributed::ProcessGroup> m_group;
};

}  // namespace chronnect::train
