#pragma once

#include "core/base/JobContext.h"

#include <cstddef>
#include <string>
#include <vector>

namespace chronnect {

/// One quantity of ours beside the value another program gave for the same input.
struct ParityRow {
    std::string quantity;
    std::string reference;        ///< the program or formula the value comes from
    std::size_t values = 0;       ///< how many numbers were compared
    double ours = 0, theirs = 0;  ///< the pair that differs most
    double difference = 0;        ///< largest |ours - theirs| / max(1, |theirs|)
    double tolerance = 0;
    bool passes = false;
};

struct ParityTable {
    std::vector<ParityRow> rows;
    std::vector<std::pair<std::string, std::string>> versions;  ///< of the packages that gave the values
    std::vector<std::string> notCompared;  ///< in the reference set, but not computed by this program

    bool passes() const;
};

/// Computes every quantity from the inputs that the program carries (resources/verification) and compares it with the
/// reference values beside them. Needs no other file.
ParityTable compareWithReferences(const JobContext& context = {});

}  // namespace chronnect
