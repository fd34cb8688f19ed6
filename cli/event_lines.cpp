#include "event_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "run_text.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {

namespace {

constexpr std::size_t kMostWidth = 24;
constexpr std::string_view kHeading = "seq_num  time    ";  // as wide as what write_text() puts below it
constexpr std::string_view kFrames = "  frames";

bool has_frame_fields(const StreamInfo& stream) {
  if (!stream.data_keys.is_object()) return false;
  const auto& keys = stream.data_keys.as_object();
  return std::any_of(keys.begin(), keys.end(), [](const auto& key) { return key.second.find("external") != nullptr; });
}

/// A value in a few letters: six digits of a number, of text what fits.
std::string short_value(const Json* value, std::size_t width) {
  if (value == nullptr || value->is_null()) return {};
  if (value->is_double()) return fmt::format("{:.6g}", value->as_double());
  return fitted_middle(plain(*value), value->is_string() || value->is_array() ? width : kMostWidth);
}

/// Of a column: of its name, and of the values that it is declared to have, so that they stand below each other.
std::size_t column_width(const std::unordered_map<std::string_view, const Json*>& data_keys, const std::string& name) {
  const auto key = data_keys.find(name);
  const Json* dtype = key != data_keys.end() ? key->second->find("dtype") : nullptr;
  const bool text = dtype != nullptr && dtype->is_string() && (dtype->as_string() == "string" || dtype->as_string() == "array");
  const std::size_t least = text ? 16 : std::string_view("-1.23457e-09").size();
  return std::clamp(display_width(safe_text(name)), least, kMostWidth);
}

std::string more_text(std::size_t count) { return fmt::format("  and {} more", count); }

std::string right(const std::string& text, std::size_t width) {
  const auto used = display_width(text);
  return std::string(2 + (width > used ? width - used : 0), ' ') + text;
}

}  // namespace

EventLines::EventLines(Output& out, bool json, const Run& run, const StreamInfo& stream, std::vector<std::string> columns, bool all_data)
    : out_(out),
      json_(json),
      run_(run),
      stream_(stream.name),
      cells_(std::move(columns)),
      all_data_(all_data),
      with_frames_(has_frame_fields(stream)),
      width_(line_width()) {
  if (json_) return;
  lay_out(stream);
  write_heading();
}

void EventLines::lay_out(const StreamInfo& stream) {
  std::size_t used = kHeading.size() + (with_frames_ ? kFrames.size() : 0);
  const auto& columns = cells_.columns();
  std::unordered_map<std::string_view, const Json*> data_keys;
  if (stream.data_keys.is_object())
    for (const auto& [name, key] : stream.data_keys.as_object()) data_keys[name] = &key;
  for (std::size_t i = 0; i < columns.size() && used <= width_; ++i) {  // of many columns few fit
    widths_.push_back(column_width(data_keys, columns[i]));
    used += 2 + widths_.back();
  }
  while (!widths_.empty() && used + (widths_.size() < columns.size() ? more_text(columns.size()).size() : 0) > width_) {
    used -= 2 + widths_.back();
    widths_.pop_back();
  }
}

void EventLines::write_heading() {
  std::string line(kHeading);
  if (with_frames_) line += kFrames;
  for (std::size_t i = 0; i < widths_.size(); ++i) line += right(fitted_middle(safe_text(cells_.columns()[i]), widths_[i]), widths_[i]);
  if (widths_.size() < cells_.columns().size()) line += more_text(cells_.columns().size() - widths_.size());
  out_.write(painted(fitted(line, width_), kDim, colours_wanted()) + "\n");
  out_.flush();
}

void EventLines::write(const Event& event) {
  const auto frames = json_ || with_frames_ ? run_.frames_of_event(event.uid) : 0;
  json_ ? write_json(event, frames) : write_text(event, frames);
  out_.flush();
}

void EventLines::write_text(const Event& event, std::uint64_t frames) {
  std::string line = fmt::format("{:>7}  {}", event.seq_num, local_second(event.time).substr(11, 8));
  if (with_frames_) line += fmt::format("  {:>6}", frames);
  const auto& values = cells_.of(event);
  for (std::size_t i = 0; i < widths_.size(); ++i) line += right(short_value(values[i], widths_[i]), widths_[i]);
  out_.write(fitted(line, width_) + "\n");
}

Json EventLines::chosen(const Event& event) {
  Json::Object data;
  const auto& values = cells_.of(event);
  for (std::size_t i = 0; i < values.size(); ++i) data.emplace_back(cells_.columns()[i], values[i] == nullptr ? Json() : *values[i]);
  return data;
}

void EventLines::write_json(const Event& event, std::uint64_t frames) {
  out_.write(wire::json_text(Json::object({{"kind", "event"},
                                           {"run", run_.uid()},
                                           {"stream", stream_},
                                           {"seq_num", event.seq_num},
                                           {"time", event.time},
                                           {"frames", frames},
                                           {"data", all_data_ ? event.data : chosen(event)}})) +
             "\n");
}

}  // namespace resonance::cli
