/// Events one by one, as they come: lines of text for people, or one JSON object a line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "event_cells.hpp"
#include "output.hpp"
#include "resonance/catalog.hpp"

namespace resonance::cli {

class EventLines {
 public:
  /// `columns`: data keys to show; with `all_data` JSON lines have every key.
  EventLines(Output& out, bool json, const Run& run, const StreamInfo& stream, std::vector<std::string> columns, bool all_data);

  /// One line, sent on at once.
  void write(const Event& event);

 private:
  void lay_out(const StreamInfo& stream);
  void write_heading();
  void write_text(const Event& event, std::uint64_t frames);
  [[nodiscard]] Json chosen(const Event& event);  // the columns alone
  void write_json(const Event& event, std::uint64_t frames);

  Output& out_;
  const bool json_;
  const Run& run_;
  const std::string stream_;
  EventCells cells_;
  const bool all_data_;
  bool with_frames_ = false;         // a column of text says how many
  std::size_t width_;                // of a line
  std::vector<std::size_t> widths_;  // of the columns that fit into a line
};

}  // namespace resonance::cli
