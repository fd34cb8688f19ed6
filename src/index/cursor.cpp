#include "index/cursor.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance::index {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

// Hexadecimal, so that it passes through shells and URLs as it is.
std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

[[noreturn]] void refuse(std::string_view text) {
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("'{}' is no cursor of this search; give SearchPage::next as it is, with the same query and sort", printable(text)));
}

std::string bytes_of(std::string_view hex) {
  if (hex.size() % 2 != 0) refuse(hex);
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = kDigits.find(hex[i]);
    const auto low = kDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) refuse(hex);
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

}  // namespace

std::string to_text(const Cursor& cursor) {
  Json value;
  if (cursor.value) value = std::visit([](const auto& v) { return Json(v); }, *cursor.value);
  return hex_of(Json::array({cursor.sort, std::move(value), cursor.uid, cursor.run}).dump());
}

Cursor parse_cursor(std::string_view text, std::string_view sort) {
  Json parts;
  try {
    parts = Json::parse(bytes_of(text), 4);
  } catch (const Error&) {
    refuse(text);
  }
  if (!parts.is_array() || parts.size() != 4) refuse(text);
  const auto& list = parts.as_array();
  if (!list[0].is_string() || list[0].as_string() != sort || !list[2].is_string() || !list[3].is_integer()) refuse(text);
  Cursor out{list[0].as_string(), {}, list[2].as_string(), 0};
  const auto& value = list[1];
  if (value.is_string()) out.value = value.as_string();
  if (value.is_double()) out.value = value.as_double();
  try {
    out.run = list[3].as_int64();
    if (value.is_integer()) out.value = value.as_int64();
  } catch (const Error&) {
    refuse(text);
  }
  return out;
}

}  // namespace resonance::index
