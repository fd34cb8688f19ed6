#include "exchange/bcs/scan_header.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "exchange/text_encoding.hpp"

namespace resonance::bcs {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::vector<std::string_view> path_parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto end = std::min(path.find_first_of("\\/"), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

/// "230314" → 2023-03-14
std::optional<std::chrono::sys_days> date_of_folder(std::string_view name) {
  if (name.size() != 6 || !all_digits(name)) return std::nullopt;
  unsigned number = 0;
  for (const char digit : name) number = number * 10 + static_cast<unsigned>(digit - '0');
  const std::chrono::year_month_day date{std::chrono::year{2000 + static_cast<int>(number / 10000)}, std::chrono::month{number / 100 % 100},
                                         std::chrono::day{number % 100}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

/// "CCD Scan 80276" → 80276
std::optional<std::int64_t> trailing_number(std::string_view name) {
  const auto space = name.find_last_not_of("0123456789");
  const auto digits = space == std::string_view::npos ? name : name.substr(space + 1);
  return digits.empty() ? std::nullopt : parse_int64(digits);
}

void read_data_path(std::string_view path, ScanHeader& header) {
  const auto parts = path_parts(path);
  if (parts.empty()) return;
  if (parts.back().find("Scan") != std::string_view::npos) header.scan_id = trailing_number(parts.back());
  for (const auto part : parts)
    if (const auto date = date_of_folder(part)) header.date = date;
}

/// "{1=sample1,2=KM3245432}" → {"1": "sample1", "2": "KM3245432"}
Json samples_of(std::string_view line) {
  Json samples = Json::object();
  line = line.substr(1, line.size() - 2);
  while (!line.empty()) {
    const auto end = std::min(line.find(','), line.size());
    const auto entry = line.substr(0, end);
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos) samples.set(std::string(trimmed(entry.substr(0, equals))), trimmed(entry.substr(equals + 1)));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return samples;
}

bool is_windows_path(std::string_view line) { return line.size() > 2 && line[1] == ':' && line[2] == '\\'; }

}  // namespace

ScanHeader parse_scan_header(const std::vector<std::string>& lines) {
  ScanHeader header;
  Json fields = Json::object();
  Json text = Json::array();
  for (const auto& whole : lines) {
    text.push_back(whole);
    const auto line = trimmed(whole);
    const auto colon = line.find(':');
    if (line.size() >= 2 && line.starts_with('{') && line.ends_with('}'))
      header.metadata.set("samples", samples_of(line));
    else if (is_windows_path(line))
      header.metadata.set("scan_file", line);
    else if (colon != std::string_view::npos && colon > 0)
      fields.set(std::string(trimmed(line.substr(0, colon))), trimmed(line.substr(colon + 1)));
    else if (!line.empty() && header.metadata.find("acquisition") == nullptr)
      header.metadata.set("acquisition", line);  // "CCD"
  }
  if (const auto* type = fields.find("Scan Type")) header.plan_name = exchange::to_label(type->as_string(), "bcs");
  if (const auto* path = fields.find("Data File Path")) read_data_path(path->as_string(), header);
  header.metadata.set("fields", std::move(fields));
  header.metadata.set("header", std::move(text));
  return header;
}

}  // namespace resonance::bcs
