/// Terms of the form `name operator value`.
#pragma once

#include <string>

#include "query/expression.hpp"
#include "query/parse.hpp"
#include "query/scanner.hpp"

namespace resonance::query {

struct Comparison {
  std::string name;        ///< without quotes
  bool is_quoted = false;  ///< then it is a path, also when a field has that name
  std::size_t at = 0;      ///< where the name begins
  std::string shown;       ///< name and operator for messages: "energy>"
  Operator operation = Operator::equal;
  std::size_t operator_at = 0;
  Piece value;
};

/// \throws Error(invalid_argument) the value is none that the field can be compared with in that way
[[nodiscard]] Node comparison_term(const Source& source, const Comparison& comparison, const ParseContext& context);

}  // namespace resonance::query
