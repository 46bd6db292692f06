#pragma once

#include <mutex>

namespace chronnect {

/// Held around every use of HDF5 in this program, closing included: a default build of the library is not safe for
/// threads, not even on different files.
inline std::mutex& hdf5Mutex() {
    static std::mutex mutex;  // HDF5 itself is one shared state; this is its lock
    return mutex;
}

}  // namespace chronnect
