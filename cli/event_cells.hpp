/// The values of an event under the columns of a table, found in time proportional to its members.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "resonance/catalog.hpp"

namespace resonance::cli {

class EventCells {
 public:
  /// `columns`: data keys, each once.
  explicit EventCells(std::vector<std::string> columns);
  EventCells(const EventCells&) = delete;
  EventCells& operator=(const EventCells&) = delete;

  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  /// A value for each column, null for one that is missing. Valid until the next call, and as long as the event.
  [[nodiscard]] const std::vector<const Json*>& of(const Event& event);

 private:
  const std::vector<std::string> columns_;
  std::unordered_map<std::string_view, std::size_t> position_;
  std::vector<const Json*> cells_;
};

}  // namespace resonance::cli
