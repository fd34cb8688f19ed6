/// A FITS file that holds the one frame of a scan's row.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exchange/fits/fits_file.hpp"

namespace resonance::fits {

enum class FitsParts { header, everything };

struct FitsFrame {
  std::vector<FitsCard> cards;                ///< of all HDUs, in their order
  Frame image;                                ///< first row of the file first; without bytes for FitsParts::header
  std::optional<std::vector<double>> izeros;  ///< first column of the table "Izeros"; with FitsParts::header empty
  std::vector<std::string> notes;             ///< what was left out, and what the pixels have; for FitsParts::everything
};

/// Read a FITS file in memory. The image is the HDU "Images", else the first that has more than one pixel, else the first.
/// \throws Error(corrupt)     not FITS, cut off, or a header that the bytes contradict
/// \throws Error(unsupported) no image, several frames, or what FitsFile does not read
[[nodiscard]] FitsFrame read_fits(std::span<const std::byte> bytes, FitsParts parts);

/// The image that stands for the file; nullptr when it has none.
[[nodiscard]] const FitsImage* main_image(const FitsFile& file);

/// No image: what there is instead. \throws Error(unsupported)
[[noreturn]] void refuse_without_image(const FitsFile& file);

}  // namespace resonance::fits
