/// What pages of runs are sorted by.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "index/cursor.hpp"
#include "index/selection.hpp"

namespace resonance::index {

struct SortOrder {
  std::string expression;  ///< of SQL, over `r` and what `join` adds
  Sql from;                ///< in place of the selection's FROM, when it is not empty
  Sql join;                ///< behind the FROM; may be empty
  bool descending = false;
  bool by_time = false;

  /// \throws Error(invalid_argument), with the names there are
  [[nodiscard]] static SortOrder parse(std::string_view name, const std::string& ranked_words);
  /// The runs behind the cursor. `run`: the number of its run now.
  [[nodiscard]] Sql behind(const Cursor& cursor, std::int64_t run) const;
  [[nodiscard]] std::string clause() const;  ///< ORDER BY …
};

/// A sort by the time of the start, which SQL indexes help with.
[[nodiscard]] bool sorts_by_time(std::string_view name);

}  // namespace resonance::index
