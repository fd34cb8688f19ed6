/// Times as people write and read them: local time on the screen, seconds since the Unix epoch (UTC) in the files.
#pragma once

#include <string>

namespace resonance::cli {

/// From now on local time is that of this IANA zone.
void use_clocks(const std::string& zone);

[[nodiscard]] std::string local_minute(double time);  ///< "2026-03-14 19:43"
[[nodiscard]] std::string local_second(double time);  ///< "2026-03-14 19:43:33 PDT"
[[nodiscard]] std::string local_iso(double time);     ///< "2026-03-14T19:43:33-07:00", with microseconds where there are any

}  // namespace resonance::cli
