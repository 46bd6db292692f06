#pragma once

#include "core/base/Notice.h"
#include "core/data/Table.h"
#include "core/signal/Clean.h"
#include "core/signal/SignalMatrix.h"

#include <string>
#include <vector>

namespace chronnect {

/// The confound columns that a strategy asks for.
struct SelectedConfounds {
    std::vector<std::string> names;
    SignalMatrix values;  ///< volumes x names; missing values replaced (see selectConfounds)
    Notices notices;
};

/// What each strategy regresses out (fMRIPrep names):
/// minimal: csf, white_matter - 6p: six motion parameters - 12p: with derivatives - 24p: with squares of both -
/// 36p: 24p and csf, white_matter, global_signal with derivatives and squares -
/// acompcor10: 12p and five components each of white matter and CSF (the first ten where they are not told apart) -
/// acompcor50: 12p and the components up to 50 % of the variance of each mask -
/// aroma: components that ICA-AROMA calls motion, csf, white_matter - custom: columns whose whole name fits the
/// pattern. CompCor strategies add the cosine columns unless a high-pass filter does the same. Derivatives and squares
/// that the file lacks are computed. A missing value (n/a in the first row of a derivative) becomes the mean of its
/// column. Throws Error(BadInput) naming the columns that are missing.
SelectedConfounds selectConfounds(const Confounds& confounds, const CleanSpec& spec);

}  // namespace chronnect
