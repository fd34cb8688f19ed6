/// Other queries that may have been meant by one that finds nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "query/parse.hpp"

namespace resonance::index {

struct Rewrite {
  std::string why;
  std::string query;
  bool is_certain = false;  ///< worth saying also where it finds nothing either
};

/// Those that follow from the way in which the query is written. `is_name`: whether runs have a value of that name.
[[nodiscard]] std::vector<Rewrite> rewrites(std::string_view text, const std::vector<query::WrittenTerm>& terms,
                                            const query::ParseContext& context, const std::function<bool(std::string_view)>& is_name);

/// The text with what stands from one byte to another replaced.
[[nodiscard]] std::string with_part(std::string_view text, std::size_t begin, std::size_t end, std::string_view part);

/// As a value of the language: in quotes where it must be. Its wildcards stay wildcards.
[[nodiscard]] std::string as_value(std::string_view text);

}  // namespace resonance::index
