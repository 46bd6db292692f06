#pragma once

#include "core/learning/Learning.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace chronnect {

/// Training curves as a TensorBoard event file, readable while training runs. Each run writes its own file
/// `events.out.tfevents.<seconds>.<process>.chronnect` into `folder`; TensorBoard joins the files of a folder. Tags are
/// "training/total", "validation/total", "training/learning rate", ..., with "fold 2/" before them when fine-tuning.
///
/// Format: records of length, masked CRC-32C of the length, bytes, masked CRC-32C of the bytes (TFRecord), each an
/// `Event` message (wall_time 1, step 2, file_version 3, summary 5, session_log 7) in protocol-buffer encoding.
class TensorBoardLog {
public:
    /// `resumedAt` > 0 tells TensorBoard to forget what an earlier, interrupted run wrote from that step on.
    /// Throws Error(FileAccess).
    explicit TensorBoardLog(const std::filesystem::path& folder, int resumedAt = 0);

    /// Appends one event with every number of the snapshot and hands it to the system at once, so that a killed
    /// program loses nothing. Throws Error(FileAccess).
    void add(const TrainingSnapshot& snapshot);

    const std::filesystem::path& file() const { return m_path; }

private:
    void append(const std::string& event);

    std::filesystem::path m_path;
    std::ofstream m_file;
};

/// An observer that writes every snapshot to `folder` besides handing it to `next`. The file begins with the first
/// snapshot; `resumed` says that training went on from a checkpoint.
TrainingObserver alsoToTensorBoard(const std::filesystem::path& folder, bool resumed, const TrainingObserver& next);

}  // namespace chronnect
