#pragma once

#include "core/learning/ScanSource.h"
#include "core/learning/Specs.h"

#include <cstdint>
#include <string>
#include <vector>

namespace chronnect {

/// Which scans one round of cross-validation trains on, watches for early stopping, and is judged by.
struct Fold {
    std::vector<std::size_t> training, validation, test;
    std::string name;  ///< the site left out, or the fold's number from 1
};

/// Cuts scans into folds so that nobody (no family, no site) stands on two sides. `strata[i]` is a class index or a
/// bin of the number to predict; shares of strata are kept as equal as whole groups allow. By site, each site is a
/// fold of its own and `folds` is ignored. Throws Error(BadInput) when there are fewer groups than folds.
std::vector<Fold> makeFolds(const std::vector<ScanInfo>& scans, const std::vector<int>& strata, FoldBy by, int folds,
                            double innerValidation, std::uint64_t seed);

/// The subjects held out from pretraining: `share` of them, at least one, at most all but one.
std::vector<std::string> heldOutSubjects(const std::vector<ScanInfo>& scans, double share, std::uint64_t seed);

}  // namespace chronnect
