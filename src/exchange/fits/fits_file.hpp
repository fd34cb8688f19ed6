/// A FITS file: header cards, images, and what in it is neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exchange/fits/fits_card.hpp"
#include "exchange/fits/fits_layout.hpp"
#include "exchange/fits/pixel_rule.hpp"
#include "resonance/image_sequence.hpp"

namespace resonance::fits {

inline constexpr std::uint64_t kMaxFileBytes = 1ull << 30;  ///< also of what gzip makes of a file

/// An image of the file: one frame, or the frames of a cube. Axes of length 1 are left out as long as two others stay; the first
/// two then are columns and rows, all further ones count frames.
struct FitsImage {
  std::size_t hdu = 0;                       ///< from 0
  std::string hdu_name;                      ///< as of FitsCard
  std::string name;                          ///< EXTNAME; empty without one
  std::optional<std::int64_t> version = {};  ///< EXTVER
  std::uint64_t width = 0, height = 0, frames = 1;
  DType dtype = DType::uint16;

  [[nodiscard]] bool one_pixel() const noexcept { return width * height * frames == 1; }
};

/// The pixels of one image. Rows are in the file's order, as astropy has them.
class ImageReader {
 public:
  /// \throws Error(corrupt, unsupported) compressed pixels that cannot be had
  ImageReader(const Hdu& hdu, const std::vector<FitsCard>& cards, const FitsImage& image);

  [[nodiscard]] Frame frame(std::uint64_t i);
  /// What is worth telling of the frames that were read.
  [[nodiscard]] std::vector<std::string> notes() const { return rule_.words(counts_); }

 private:
  const FitsImage& image_;
  PixelRule rule_;
  std::vector<std::byte> unpacked_;
  std::span<const std::byte> stored_;
  bool of_file_ = true;
  PixelCounts counts_;
};

/// Views `bytes`, or what gzip made of them.
class FitsFile {
 public:
  /// \throws Error(corrupt)     not FITS, cut off, or a header that the bytes contradict
  /// \throws Error(unsupported) sound, but of a size or kind that is not read
  explicit FitsFile(std::span<const std::byte> bytes);

  [[nodiscard]] const std::vector<FitsCard>& cards() const noexcept { return cards_; }     ///< of all HDUs, in their order
  [[nodiscard]] const std::vector<FitsImage>& images() const noexcept { return images_; }  ///< in their order; may be none
  /// What holds no frame and is not read, in words, one each.
  [[nodiscard]] const std::vector<std::string>& left_out() const noexcept { return left_out_; }
  [[nodiscard]] bool has_izeros() const noexcept { return izeros_hdu_.has_value(); }
  /// First column of the table "Izeros", which the beamline's control system writes. There is one.
  [[nodiscard]] std::vector<double> izeros() const;
  [[nodiscard]] ImageReader open(const FitsImage& image) const;

 private:
  void add_hdu(std::size_t number);
  void add_image(std::size_t number, int bitpix, const std::vector<std::uint64_t>& axes);
  void leave_out(std::size_t number, std::string_view what);
  [[nodiscard]] bool is_izeros(std::size_t number) const;

  std::vector<std::byte> unpacked_;
  Layout layout_;
  std::vector<std::string> names_;  // of HDUs, unique
  std::unordered_map<std::string, std::size_t> repeats_;
  std::vector<std::vector<FitsCard>> by_hdu_;
  std::vector<FitsCard> cards_;
  std::vector<FitsImage> images_;
  std::vector<std::string> left_out_;
  std::optional<std::size_t> izeros_hdu_;
  std::uint64_t tiled_bytes_ = 0;
};

/// FITS, or gzip, which may hold it.
[[nodiscard]] bool looks_like_fits(std::span<const std::byte> bytes) noexcept;

}  // namespace resonance::fits
