/// Events that are to be written, from Python's arguments.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pixels.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::python {

/// An event with the frames that its arrays hold. Lives until the call is over.
struct EventArguments {
  NewEvent event;
  std::vector<Pixels> held;

  EventArguments(nanobind::handle data, nanobind::handle timestamps, std::optional<double> time, nanobind::handle frames,
                 std::optional<std::string> uid);
};

/// Columns of values taken apart into events, and the frames of their fields.
class Rows {
 public:
  /// `columns`: name → one value per event; `times` one per event, or None; `timestamps`: name → one per event, or None
  Rows(nanobind::handle columns, nanobind::handle times, nanobind::handle timestamps);
  /// `frames`: field → [events, height, width]
  void add_frames(nanobind::handle frames);
  [[nodiscard]] const std::vector<NewEvent>& events() const noexcept { return events_; }

 private:
  void require_rows(std::uint64_t found, const std::string& what);
  [[nodiscard]] Json::Array column(nanobind::handle values, const std::string& what);

  std::vector<NewEvent> events_;
  std::vector<Pixels> blocks_;
  std::optional<std::uint64_t> count_;  // none until something has a number of rows
};

}  // namespace resonance::python
