#pragma once

namespace chronnect {

class Error;

/// Whether an error was that the disk, or the person's share of it, is full: then there is no use in writing the next
/// file.
bool saysDiskFull(const Error& error);

}  // namespace chronnect
