/// The words of a call: brought into an order in which CLI11 takes them as they are meant, and told when they make no sense.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app.hpp"

namespace resonance::cli {

/// The words behind the name of the program. Of a verb with a QUERY: what begins with '-' and is no option, spelled exactly, is
/// part of the query. \throws Error(invalid_argument) for an unknown option of such a verb
[[nodiscard]] std::vector<std::string> arranged(const CLI::App& root, const Session& session, std::vector<std::string> words);

/// A call that does not follow the usage, in one line. \throws Error(invalid_argument)
[[noreturn]] void refuse_usage(const CLI::App& root, const std::vector<std::string>& words, const CLI::ParseError& error);

}  // namespace resonance::cli
