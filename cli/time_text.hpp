/// Times as people write and read them: local time on the screen, seconds since the Unix epoch (UTC) in the files.
#pragma once

#include <string>
#include <string_view>

namespace resonance::cli {

/// From now on local time is that of this IANA zone.
void use_clocks(const std::string& zone);

[[nodiscard]] std::string local_minute(double time);  ///< "2026-03-14 19:43"
[[nodiscard]] std::string local_second(double time);  ///< "2026-03-14 19:43:33 PDT"
[[nodiscard]] std::string local_iso(double time);     ///< "2026-03-14T19:43:33-07:00", with microseconds where there are any

/// What --since and --until take: "2026-03-14", "2026-03-14 19:43[:33[.5]]" (also with T; local time, or with Z or an offset
/// like +01:00), "now", "today", "yesterday", or an age: "90s", "30m", "2h", "3d", "1w".
/// \throws Error(invalid_argument) for anything else, dates that do not exist included
[[nodiscard]] double parse_time(std::string_view text, double now);
[[nodiscard]] double current_time();
[[nodiscard]] std::string utc_text(double time);  ///< "2026-03-14T19:43:33.5Z", to the microsecond

}  // namespace resonance::cli
