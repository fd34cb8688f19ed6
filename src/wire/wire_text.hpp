/// Text and paths that may hold any bytes, as JSON that can always be written.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "resonance/json.hpp"

namespace resonance::wire {

/// The text, with U+FFFD for each byte that is not part of valid UTF-8: a damaged name must not hide the listing it is in.
[[nodiscard]] Json text_to_json(std::string_view text);
[[nodiscard]] Json optional_text_to_json(const std::optional<std::string>& text);  ///< null when absent
[[nodiscard]] Json texts_to_json(std::span<const std::string> texts);
[[nodiscard]] Json path_to_json(const std::filesystem::path& path);

/// What a front writes of JSON: text that every parser reads (base/strict_json.hpp, docs/json.md).
[[nodiscard]] std::string json_text(const Json& value, int indent = 0);
void json_text_to(std::string& out, const Json& value);  ///< appended

}  // namespace resonance::wire
