/// Terms that are words to be found in what is written about a run.
#pragma once

#include "query/expression.hpp"
#include "query/scanner.hpp"

namespace resonance::query {

/// A word or a phrase without a name: full text; also a uid or a scan_id where it looks like one; "*" is every run.
/// \throws Error(invalid_argument) there is no letter or digit in it, or a wildcard where full text has none
[[nodiscard]] Node bare_term(const Source& source, const Piece& piece);

/// What must be found, with the rules for wildcards.
[[nodiscard]] WordsTerm words_term(const Source& source, const Piece& piece, bool notes_only);

}  // namespace resonance::query
