/// Files that another program packed.
#pragma once

#include <string_view>

namespace resonance::exchange {

/// \throws Error(unsupported) naming the packer, when the content begins as bzip2, xz, zstd, zip, compress or 7-Zip write it.
/// gzip is not among them: what reads it says so itself
void require_unpacked(std::string_view bytes);

}  // namespace resonance::exchange
