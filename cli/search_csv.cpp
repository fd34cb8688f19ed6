#include "search_csv.hpp"

#include <fmt/format.h>

#include "event_table.hpp"
#include "time_text.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {

namespace {

/// What is empty is a missing value.
std::string csv_cell(std::string_view text) { return text.empty() ? std::string() : csv_text(text); }

bool is_time(std::string_view name) { return name == "time_start" || name == "time_stop"; }

std::string value_text(std::string_view name, const Json& value) {
  if (value.is_null()) return {};
  if (is_time(name)) return local_iso(value.as_double());
  if (value.is_string()) return value.as_string();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const auto& item : value.as_array()) {
    if (!text.empty()) text += ';';
    text += item.as_string();
  }
  return text;
}

/// The names of a run's values, or the values themselves.
std::string csv_line(const FoundRun& run, bool names) {
  std::string line;
  bool first = true;
  const Json values = wire::to_json(run);
  for (const auto& [name, value] : values.as_object()) {
    if (!first) line += ',';
    line += csv_cell(names ? name : value_text(name, value));
    first = false;
  }
  return line + "\n";
}

}  // namespace

std::string csv_of(const std::vector<FoundRun>& runs) {
  std::string out = csv_line(FoundRun{}, true);
  for (const auto& run : runs) out += csv_line(run, false);
  return out;
}

std::string csv_of(const std::vector<Facet>& facets) {
  std::string out = "facet,value,count\n";
  for (const auto& facet : facets)
    for (const auto& [value, count] : facet.values) out += fmt::format("{},{},{}\n", csv_cell(facet.name), csv_cell(value), count);
  return out;
}

}  // namespace resonance::cli
