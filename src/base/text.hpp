/// Small text helpers used by several layers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace resonance {

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
/// Shortest text that reads back as the same double ("270", "1e-07", "NaN", "Infinity"); with `decimal_point` never
/// mistakable for an integer ("270.0").
[[nodiscard]] std::string shortest(double value, bool decimal_point = false);
[[nodiscard]] std::optional<double> parse_double(std::string_view text) noexcept;       ///< the whole text, "NaN"/"inf" words included
[[nodiscard]] std::optional<std::int64_t> parse_int64(std::string_view text) noexcept;  ///< the whole text
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;                 ///< without blanks at both ends
/// Text for a message: cut to `limit` bytes, control characters as \xNN.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);
/// "2026-03-14T19:43:33Z"; seconds since the Unix epoch
[[nodiscard]] std::string iso_utc(double time);

}  // namespace resonance
