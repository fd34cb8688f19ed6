#include "base/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

constexpr std::size_t kLongestName = 255;      // bytes: what common file systems take
constexpr std::size_t kLongestNodeName = 240;  // of a made one, so that a number has room behind it

bool is_node_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

[[noreturn]] void refuse(std::string_view name, std::string_view what, std::string_view rule) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{} '{}' {}", what, printable(name), rule));
}

// The controls of ASCII and, in two bytes, those of Latin-1 (U+0080 to U+009F). `text` is valid UTF-8.
bool has_control_character(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

bool is_node_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, is_node_character) &&
         name.find_first_not_of('.') != std::string_view::npos && !name.starts_with("__") && name != "zarr.json";
}

void require_node_name(std::string_view name, std::string_view what) {
  if (is_node_name(name)) return;
  refuse(name, what,
         "is not usable: give 1 to 255 characters out of A-Z a-z 0-9 . _ -, not only dots, not beginning with '__', "
         "not 'zarr.json'");
}

std::string node_name_for(std::string_view label) {
  std::string out(label.substr(0, kLongestNodeName));
  for (auto& c : out)
    if (!is_node_character(c)) c = '_';
  if (!is_node_name(out)) out.insert(0, "field");  // "__x", "..", "zarr.json"
  return out;
}

void require_label(std::string_view text, std::string_view what) {
  if (text.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("{} is empty: give 1 to 255 bytes of text", what));
  if (text.size() > kLongestName) refuse(text, what, fmt::format("is {} bytes long: at most 255 are allowed", text.size()));
  if (!is_utf8(text)) refuse(text, what, "is not valid UTF-8");
  if (has_control_character(text)) refuse(text, what, "contains a control character");
}

bool is_uid(std::string_view uid) noexcept {
  return uid.size() == 32 && std::ranges::all_of(uid, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void require_uid(std::string_view uid, std::string_view what) {
  if (!is_uid(uid)) refuse(uid, what, "is not a uid: give 32 lower-case hexadecimal digits");
}

std::filesystem::path frame_store_of(const std::filesystem::path& database) {
  auto store = database;
  return store.replace_extension(".zarr");
}

std::string zarr_group_of(std::string_view run_uid, std::string_view field) { return fmt::format("runs/{}/{}", run_uid, field); }

}  // namespace resonance
