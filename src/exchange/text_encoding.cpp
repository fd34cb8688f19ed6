#include "exchange/text_encoding.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

constexpr std::size_t kLabelBytes = 240;  // leaves room for " (2)" and a prefix within the 255 of a label

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xC0u | (byte >> 6)));
      out.push_back(static_cast<char>(0x80u | (byte & 0x3Fu)));
    }
  }
  return out;
}

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

}  // namespace

std::string to_utf8(std::string text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw Error(ErrorCode::unsupported, "the text is UTF-16; save it as UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return is_utf8(text) ? text : latin1_to_utf8(text);
}

std::string to_label(std::string_view text, std::string_view otherwise) {
  std::string label(text);
  if (!is_utf8(label)) label = latin1_to_utf8(label);
  for (std::size_t i = 0; i < label.size(); ++i) {
    const auto byte = static_cast<unsigned char>(label[i]);
    if (byte < 0x20 || byte == 0x7F) label[i] = ' ';
    // U+0080 to U+009F, the other control characters, are C2 80 to C2 9F.
    else if (byte == 0xC2 && i + 1 < label.size() && static_cast<unsigned char>(label[i + 1]) < 0xA0)
      label[i] = label[i + 1] = ' ';
  }
  if (label.size() > kLabelBytes) {
    std::size_t end = kLabelBytes;
    while (end > 0 && continues_a_character(label[end])) --end;
    label.resize(end);
  }
  label = std::string(trimmed(label));
  return label.empty() ? std::string(otherwise) : label;
}

std::vector<std::string> to_column_names(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  std::unordered_set<std::string> taken;
  for (const auto& name : names) {
    const auto label = to_label(name, fmt::format("column {}", out.size() + 1));
    auto unique = label;
    for (std::size_t i = 2; !taken.insert(unique).second; ++i) unique = fmt::format("{} ({})", label, i);
    out.push_back(std::move(unique));
  }
  return out;
}

}  // namespace resonance::exchange
