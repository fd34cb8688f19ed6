#include "event_cells.hpp"

namespace resonance::cli {

EventCells::EventCells(std::vector<std::string> columns) : columns_(std::move(columns)) {
  for (std::size_t i = 0; i < columns_.size(); ++i) position_.emplace(columns_[i], i);
}

const std::vector<const Json*>& EventCells::of(const Event& event) {
  cells_.assign(columns_.size(), nullptr);
  if (!event.data.is_object()) return cells_;
  std::size_t next = 0;  // events list their keys in one order, mostly that of the columns
  for (const auto& [key, value] : event.data.as_object()) {
    if (next >= columns_.size() || columns_[next] != key) {
      const auto found = position_.find(key);
      if (found == position_.end()) continue;
      next = found->second;
    }
    cells_[next++] = &value;  // of a key that stands twice the last one counts
  }
  return cells_;
}

}  // namespace resonance::cli
