#pragma once

#include "core/project/Project.h"

#include <filesystem>

namespace chronnect::test {

/// Two people, three runs, one of which failed; every kind of value set to something that is not its default.
/// With `folder`, the input files exist there.
Project sampleProject(const std::filesystem::path& folder = {});

/// A cleaned run of `volumes` x `regions` with numbers that differ everywhere.
std::shared_ptr<const CleanedSeries> sampleSeries(std::size_t volumes, std::size_t regions, double offset);

/// Expects two projects to be equal in every value, results and models included.
void expectEqual(const Project& a, const Project& b);

}  // namespace chronnect::test
