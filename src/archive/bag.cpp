#include "archive/bag.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace resonance::archive {

namespace {

constexpr std::size_t kDigestLength = 64;

}  // namespace

bool is_digest(std::string_view text) noexcept {
  return text.size() == kDigestLength && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_payload_path(std::string_view path) {
  if (!path.starts_with(kPayloadFolder) || path.ends_with('/') || path.find('\0') != std::string_view::npos) return false;
  const std::filesystem::path parts(path);
  return std::none_of(parts.begin(), parts.end(), [](const auto& part) { return part == ".." || part == "."; });
}

std::string encode_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (c == '%' || c == '\n' || c == '\r')
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

std::string decode_path(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text.substr(i, 3);
    const char c = code == "%25" ? '%' : code == "%0A" || code == "%0a" ? '\n' : code == "%0D" || code == "%0d" ? '\r' : '\0';
    out += c != '\0' ? c : text[i];
    if (c != '\0') i += 2;
  }
  return out;
}

std::string manifest_line(std::string_view sha256, std::string_view path) { return fmt::format("{}  {}\n", sha256, encode_path(path)); }

bool read_manifest(std::string_view text, const std::function<void(std::string_view, std::string)>& visit) {
  bool sound = true;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto digest = line.substr(0, kDigestLength);
    const auto path = line.find_first_not_of(" \t", digest.size());
    if (!is_digest(digest) || path == std::string_view::npos || path == kDigestLength)
      sound = false;
    else
      visit(digest, decode_path(line.substr(path)));
  }
  return sound;
}

}  // namespace resonance::archive
