#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace chronnect {

/// One dense array of an archive, row-major, under the name by which NumPy or MATLAB finds it.
struct NamedArray {
    std::string name;
    std::vector<std::size_t> shape;
    std::vector<float> values;
};

}  // namespace chronnect
