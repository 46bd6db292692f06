#include "core/base/DiskFull.h"

#include "core/base/Error.h"

#include <cerrno>
#include <string_view>
#include <system_error>

namespace chronnect {

bool saysDiskFull(const Error& error) {
    const std::string_view text = error.what();
    const auto says = [&](int code) { return text.find(std::generic_category().message(code)) != text.npos; };
#ifdef EDQUOT
    if (says(EDQUOT)) return true;
#endif
    return says(ENOSPC);
}

}  // namespace chronnect
