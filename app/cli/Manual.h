#pragma once

#include "app/cli/Command.h"

#include <memory>
#include <string>
#include <vector>

namespace chronnect::cli {

using Commands = std::vector<std::unique_ptr<Command>>;

/// What every command understands, for help and completion.
const std::vector<Option>& commonOptions();

std::string overviewText(const Commands& commands);  ///< chronnect-cli --help
std::string helpText(Command& command);              ///< chronnect-cli COMMAND --help

/// The same descriptions as a page of documentation, a manual page and a completion script. The copies in
/// resources/docs and installer are compared with these by a test.
std::string manualMarkdown(const Commands& commands);
std::string manualRoff(const Commands& commands);
std::string completionBash(const Commands& commands);

}  // namespace chronnect::cli
