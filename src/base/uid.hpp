/// Time-ordered uids: UUID version 7 (RFC 9562) as 32 lower-case hexadecimal digits.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace resonance {

/// A new uid, greater than every one made before it in this process. Any thread. `now`: seconds since the Unix epoch.
[[nodiscard]] std::string new_uid(double now);

/// A uid that follows from `content` alone, time-ordered by `time` like the others (version 8). For imports, which must find
/// what they made before. `content` is hashed (16 bytes of XXH3 are enough: it guards against chance, not against malice).
[[nodiscard]] std::string content_uid(double time, std::span<const std::byte> content);

}  // namespace resonance
