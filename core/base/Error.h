#pragma once

#include <stdexcept>
#include <string>

namespace chronnect {

/// What went wrong, as far as the caller could act on it differently.
/// DiskFull: nor will the next file find room, or the person's share of the disk is used up.
enum class ErrorKind { BadInput, Unsupported, FileAccess, DiskFull, Numerical, OutOfMemory, Internal };

/// The only exception type that leaves a core module. The message is one sentence for a scientist:
/// what, where, what to do. Third-party exceptions are translated in the .cpp where they arise.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), m_kind(kind) {}

    /// The same error, told one level further out: "Cannot read sub-01: header is truncated".
    Error(const std::string& context, const Error& cause)
        : std::runtime_error(context + ": " + cause.what()), m_kind(cause.m_kind) {}

    ErrorKind kind() const noexcept { return m_kind; }

private:
    ErrorKind m_kind;
};

}  // namespace chronnect
