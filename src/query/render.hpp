/// A query as it was understood, in its own language.
#pragma once

#include <string>

#include "query/expression.hpp"
#include "query/parse.hpp"

namespace resonance::query {

/// Text that is read as the same tree, with the clocks of the same context: explicit AND and OR, words in quotes.
[[nodiscard]] std::string render(const Node& query, const ParseContext& context);

}  // namespace resonance::query
