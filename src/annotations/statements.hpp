/// The SQL of tags and notes.
#pragma once

#include <string_view>

#include "resonance/types.hpp"
#include "sqlite/connection.hpp"

namespace resonance::annotations {

class Statements {
 public:
  explicit Statements(sqlite::Connection& connection) : connection_(connection) {}

  [[nodiscard]] bool run_exists(std::string_view uid);
  bool add_tag(std::string_view run_uid, std::string_view tag);     ///< \return false when it was there
  bool remove_tag(std::string_view run_uid, std::string_view tag);  ///< \return false when it was not
  void insert_note(std::string_view run_uid, Note& note);           ///< gives it its id

 private:
  sqlite::Connection& connection_;
};

}  // namespace resonance::annotations
