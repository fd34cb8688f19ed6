/// Where the HDUs of a FITS file are, by the mandatory cards alone (FITS standard 4.0, sections 4.4.1 and 7). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace resonance::fits {

enum class HduKind : std::uint8_t { image, random_groups, ascii_table, binary_table, other };

/// Header and data of an HDU; all bytes that they claim are in the file.
struct Hdu {
  HduKind kind = HduKind::image;
  std::string_view header;          ///< whole cards, without END
  std::span<const std::byte> data;  ///< without padding
  int bitpix = 8;
  std::vector<std::uint64_t> axes;  ///< NAXIS1 first: the one that varies fastest
};

struct Layout {
  std::vector<Hdu> hdus;
  std::size_t rest = 0;  ///< bytes behind the last HDU that are no padding
};

/// Hold the mandatory cards of every header against the standard and the sizes they tell against the file. The result refers to
/// `bytes`.
/// \throws Error(corrupt)     a mandatory card that is missing or absurd, or a file that is cut off
/// \throws Error(unsupported) over 1000 HDUs, or a header over 4 MiB
[[nodiscard]] Layout find_hdus(std::span<const std::byte> bytes);

}  // namespace resonance::fits
