#include "exchange/text_encoding.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

constexpr std::size_t kLabelBytes = 240;  // leaves room for " (2)" and a prefix within the 255 of a label

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) { out.push_back(static_cast<char>(0x80u | ((code >> shift) & 0x3Fu))); };
  if (code < 0x80) return out.push_back(static_cast<char>(code));
  if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0u | (code >> 6)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0u | (code >> 12)));
    tail(6);
  } else {
    out.push_back(static_cast<char>(0xF0u | (code >> 18)));
    tail(12);
    tail(6);
  }
  tail(0);
}

/// Latin-1 with what Windows has in place of its second control characters.
std::string windows_1252_to_utf8(std::string_view text) {
  constexpr std::array<std::uint16_t, 32> marks{0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                                0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                                0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80 && byte < 0xA0 ? marks[byte - 0x80u] : byte);
  }
  return out;
}

enum class Utf16 { little, big };

/// By the byte order mark or, as tables are mostly ASCII, by which bytes are 0.
std::optional<Utf16> utf16_order(std::string_view text) {
  if (text.starts_with("\xFF\xFE")) return Utf16::little;
  if (text.starts_with("\xFE\xFF")) return Utf16::big;
  const auto sample = text.substr(0, 4096);
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < sample.size(); ++i)
    if (sample[i] == '\0') ++zeros[i % 2];
  const auto most = sample.size() / 2 * 7 / 10;
  if (text.size() % 2 != 0 || sample.size() < 4) return std::nullopt;
  if (zeros[0] == 0 && zeros[1] > most) return Utf16::little;
  if (zeros[1] == 0 && zeros[0] > most) return Utf16::big;
  return std::nullopt;
}

std::string utf16_to_utf8(std::string_view text, bool big) {
  if (text.size() % 2 != 0) throw Error(ErrorCode::corrupt, "the text is UTF-16 and ends in the middle of a character");
  const auto unit = [&](std::size_t at) -> std::uint32_t {
    const auto first = static_cast<unsigned char>(text[at]), second = static_cast<unsigned char>(text[at + 1]);
    return big ? first * 256u + second : second * 256u + first;
  };
  std::string out;
  out.reserve(text.size() / 2 + text.size() / 8);
  for (std::size_t at = !text.empty() && unit(0) == 0xFEFF ? 2 : 0; at < text.size(); at += 2) {
    std::uint32_t code = unit(at);
    if (code >= 0xD800 && code < 0xE000) {
      const auto next = at + 2 < text.size() ? unit(at + 2) : 0u;
      if (code >= 0xDC00 || next < 0xDC00 || next >= 0xE000)
        throw Error(ErrorCode::corrupt, fmt::format("the text is UTF-16 and has half of a character at byte {}", at));
      code = 0x10000 + ((code - 0xD800) << 10) + (next - 0xDC00);
      at += 2;
    }
    append_utf8(out, code);
  }
  return out;
}

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

}  // namespace

bool is_byte_text(std::string_view text) { return !utf16_order(text) && !is_utf8(text); }

std::string to_utf8(std::string text) {
  if (const auto order = utf16_order(text)) return utf16_to_utf8(text, *order == Utf16::big);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return is_utf8(text) ? text : windows_1252_to_utf8(text);
}

std::string to_label(std::string_view text, std::string_view otherwise) {
  std::string label(text);
  if (!is_utf8(label)) label = windows_1252_to_utf8(label);
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
  std::unordered_map<std::string, std::size_t> next;  // number to try for a name that is taken: thousands may be the same
  for (const auto& name : names) {
    const auto label = to_label(name, fmt::format("column {}", out.size() + 1));
    auto unique = label;
    for (auto& i = next.try_emplace(label, std::size_t{2}).first->second; !taken.insert(unique).second; ++i)
      unique = fmt::format("{} ({})", label, i);
    out.push_back(std::move(unique));
  }
  return out;
}

}  // namespace resonance::exchange
