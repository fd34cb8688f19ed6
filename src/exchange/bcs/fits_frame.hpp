/// One FITS file: its header cards, its image, its I0 samples. The only user of cfitsio.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "exchange/bcs/fits_card.hpp"
#include "resonance/image_sequence.hpp"

namespace resonance::bcs {

inline constexpr std::uint64_t kMaxFrameFileBytes = 1ull << 30;

enum class FitsParts { header, everything };

struct FitsFrame {
  std::vector<FitsCard> cards;  ///< of all HDUs, in their order; COMMENT and HISTORY lines of an HDU as one card with line ends
  Frame image;                  ///< first row of the file first; without bytes for FitsParts::header
  std::optional<std::vector<double>> izeros;  ///< first column of the table "Izeros"; with FitsParts::header empty
};

/// Read a FITS file in memory. The image is the HDU "Images", else the first image with two axes. 8 to 64-bit integers that
/// BZERO makes unsigned (or signed) have that dtype, floats theirs; other scaled integers become floats.
///
/// cfitsio gets bytes, never a name: so none of its extended file names ("x.fits[1]", "http://…") can be reached.
/// \throws Error(corrupt)     not FITS, cut off, or a header that the bytes contradict
/// \throws Error(unsupported) no such image, or one over 1 GiB
[[nodiscard]] FitsFrame read_fits(std::span<const std::byte> bytes, FitsParts parts);

[[nodiscard]] bool looks_like_fits(std::span<const std::byte> bytes) noexcept;

}  // namespace resonance::bcs
