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
/// fold of its own, `folds` is ignored, and who was also scanned elsewhere is not trained on there. Throws
/// Error(BadInput) when there are fewer groups than folds.
std::vector<Fold> makeFolds(const std::vector<ScanInfo>& scans, const std::vector<int>& strata, FoldBy by, int folds,
                            double innerValidation, std::uint64_t seed);

/// Strata for folds from phenotype texts: the class, or the fifth of a number that has more than ten different values;
/// -1 where the text is empty.
std::vector<int> strataOf(const std::vector<std::string>& texts);

/// The fold with `share` (0 to 1) of its training and validation groups, its test scans untouched. Shares are nested:
/// what a smaller one holds is in every larger one of the same seed. Strata keep their shares, and each keeps a group
/// at least. Validation is cut anew by makeFolds' rule.
Fold withFewerLabels(const Fold& fold, const std::vector<ScanInfo>& scans, const std::vector<int>& strata, FoldBy by,
                     double share, double innerValidation, std::uint64_t seed);

/// Throws Error(BadInput) when a scan does not exist, a fold tests or trains on nothing, or somebody stands on two
/// sides.
void checkFolds(const std::vector<Fold>& folds, const std::vector<ScanInfo>& scans);

/// The subjects held out from pretraining: `share` of them, at least one, at most all but one.
std::vector<std::string> heldOutSubjects(const std::vector<ScanInfo>& scans, double share, std::uint64_t seed);

}  // namespace chronnect
