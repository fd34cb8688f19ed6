/// Tile-compressed images (FITS standard 4.0, section 10.1): a table whose rows are the tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exchange/fits/fits_card.hpp"
#include "exchange/fits/fits_layout.hpp"

namespace resonance::fits {

[[nodiscard]] bool is_tiled(const Hdu& hdu, const std::vector<FitsCard>& cards);

/// The image that is compressed in a table, as if it stood in the file.
struct TiledShape {
  int bitpix = 8;
  std::vector<std::uint64_t> axes;  ///< ZNAXIS1 first

  [[nodiscard]] std::uint64_t item() const noexcept { return static_cast<std::uint64_t>(bitpix < 0 ? -bitpix : bitpix) / 8; }
};
/// \throws Error(corrupt) cards that are missing or absurd
[[nodiscard]] TiledShape tiled_shape(const std::vector<FitsCard>& cards);

/// All pixels, of the type of ZBITPIX in the machine's byte order. Their bytes are the caller's to bound, by tiled_shape().
/// \throws Error(corrupt) damaged; Error(unsupported) a codec that is not known
[[nodiscard]] std::vector<std::byte> read_tiles(const Hdu& hdu, const std::vector<FitsCard>& cards);

}  // namespace resonance::fits
