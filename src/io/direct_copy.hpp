/// Copying large files at little cost in processor time.
#pragma once

#include <cstdint>

namespace resonance::io {

/// Copy from the beginning of one file to that of another, as far as it goes without the page cache: by sharing blocks, or by
/// direct I/O from the pages that hold the source. `bytes` is the length to aim for; never throws.
/// \return how many bytes are the same now; the rest is for the caller
[[nodiscard]] std::uint64_t copy_past_the_cache(int source, int target, std::uint64_t bytes) noexcept;

}  // namespace resonance::io
