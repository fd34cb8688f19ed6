/// Values of several words that people write without quotes: "280 eV", "280 - 290", "2026-03-14 19:43", "last week".
#pragma once

#include <optional>
#include <string_view>

#include "query/fields.hpp"
#include "query/parse.hpp"
#include "query/scanner.hpp"

namespace resonance::query {

struct Joined {
  Piece value;
  std::size_t end = 0;         ///< byte behind its last word
  std::string_view perhaps{};  ///< that last word, where it may also be one to look for
};

/// What stands behind a value that was taken, with what belongs to it; nothing where nothing does. Only words that make no sense of
/// their own there are taken for a part of the value.
[[nodiscard]] std::optional<Joined> joined_value(const Scanner& scanner, const Piece& value, ValueKind kind, Operator operation,
                                                 const ParseContext& context);

/// The range of "energy between 280 and 290 eV", at "between"; its value reads as "280..290 eV".
[[nodiscard]] std::optional<Joined> between_value(const Scanner& scanner, ValueKind kind);

}  // namespace resonance::query
