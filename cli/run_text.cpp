#include "run_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "terminal.hpp"
#include "time_text.hpp"

namespace resonance::cli {

RunSummary as_shown(const Run& run, RunSummary summary) {
  if (!summary.exit_status && !summary.time_stop && run.state() == RunState::dead) summary.exit_status = "dead";
  return summary;
}

Cell status_cell(const RunSummary& run) {
  if (!run.exit_status) return {run.time_stop ? "unknown" : "open", kCyan};
  const std::string& status = *run.exit_status;
  return {status, status == "success" ? kGreen : status == "failed" || status == "dead" ? kRed : status == "aborted" ? kYellow : ""};
}

std::string plain(const Json& value) { return safe_text(value.is_string() ? value.as_string() : value.dump()); }

std::string fault_line(const Fault& fault) {
  const bool note = fault.severity == Severity::note;
  std::string text = painted(note ? "note" : "fault", note ? kYellow : kRed, colours_wanted()) + " " + fault.kind + ": ";
  if (!fault.run_uid.empty()) text += fmt::format("run {}: ", safe_text(fault.run_uid));
  if (fault.seq_num && fault.frame) text += fmt::format("event {}: ", *fault.seq_num);
  text += safe_text(fault.message);
  if (fault.offset && fault.message.find("byte") == std::string::npos) text += fmt::format(" (at byte {})", *fault.offset);
  return text + "\n";
}

std::string run_name(const RunSummary& run) {
  return fmt::format("{} ({})", run.scan_id ? fmt::format("scan {}", *run.scan_id) : "run " + safe_text(run.uid), safe_text(run.plan_name));
}

std::string note_text(const Note& note, std::size_t indent, bool colours) {
  const std::string blanks(indent, ' ');
  auto out = blanks + painted(local_second(note.time), kDim, colours);
  if (note.author) out += "  " + safe_text(*note.author);
  std::string_view rest = note.text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += "\n" + (line.empty() ? std::string() : blanks + "  " + safe_text(line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out + "\n";
}

namespace {

constexpr std::size_t kDeepest = 4;    ///< levels of objects that are opened
constexpr std::size_t kMembers = 12;   ///< of one nested object
constexpr std::size_t kLongest = 400;  ///< letters of one value where the line has no limit

/// "value: 21.0, units: mm" of an object of plain values that fits; else nothing.
std::string on_one_line(const Json& object, std::size_t room) {
  std::string line;
  for (const auto& [key, value] : object.as_object()) {
    if (value.is_object() || value.is_array()) return {};
    line += fmt::format("{}{}: {}", line.empty() ? "" : ", ", safe_text(key), plain(value));
    if (display_width(line) > room) return {};
  }
  return line;
}

void outline_to(std::string& out, const Json& object, std::size_t indent, std::size_t width, std::size_t depth) {
  std::size_t shown = 0;
  for (const auto& [key, value] : object.as_object()) {
    const std::string name = fmt::format("{}{}:", std::string(indent, ' '), safe_text(key));
    if (depth > 0 && ++shown > kMembers) {
      out += fmt::format("{}… {} more; --json shows all\n", std::string(indent, ' '), object.size() - kMembers);
      return;
    }
    const std::size_t used = display_width(name) + 1;
    const std::size_t room = std::min(kLongest, width > used + 20 ? width - used : 20);
    if (value.is_object() && value.size() > 0 && depth < kDeepest) {
      const std::string line = on_one_line(value, std::min<std::size_t>(room, 60));
      out += line.empty() ? name + "\n" : fmt::format("{} {}\n", name, line);
      if (line.empty()) outline_to(out, value, indent + 2, width, depth + 1);
      continue;
    }
    out += fmt::format("{} {}\n", name, fitted(plain(value), room));
  }
}

}  // namespace

std::string outline(const Json& object, std::size_t indent, std::size_t width) {
  std::string out;
  if (object.is_object()) outline_to(out, object, indent, width, 0);
  return out;
}

}  // namespace resonance::cli
