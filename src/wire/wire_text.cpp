#include "wire/wire_text.hpp"

#include "base/strict_json.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace resonance::wire {

Json text_to_json(std::string_view text) {
  if (is_utf8(text)) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8::sequence_length(text, at);
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return out;
}

Json optional_text_to_json(const std::optional<std::string>& text) { return text ? text_to_json(*text) : Json(); }

Json texts_to_json(std::span<const std::string> texts) {
  Json::Array out;
  out.reserve(texts.size());
  for (const auto& text : texts) out.push_back(text_to_json(text));
  return out;
}

Json path_to_json(const std::filesystem::path& path) { return text_to_json(path.native()); }

std::string json_text(const Json& value, int indent) {
  std::string out;
  write_strict_json(out, value, indent);
  return out;
}

void json_text_to(std::string& out, const Json& value) { write_strict_json(out, value); }

}  // namespace resonance::wire
