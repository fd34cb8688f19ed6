/// An area detector behind a scattering film.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exchange/simulation/film.hpp"
#include "exchange/simulation/random.hpp"
#include "resonance/types.hpp"

namespace resonance::simulation {

/// What one exposure depends on.
struct Exposure {
  double energy_ev = 285;
  double flux = 1;  ///< incident, relative
};

/// Makes frames: intensity that falls off from the centre, the domains' ring and its second order, shot and read noise, a beam stop on its
/// arm, a few hot pixels, and the end of the dtype's range.
///
/// Unsigned frames count photons on top of a dark offset. Signed and floating ones are dark-subtracted, so they go below 0.
/// Small dtypes get short exposures, bool shows which pixels were hit. All values are whole numbers that the dtype holds
/// exactly, and their sum is exact.
class Detector {
 public:
  /// \throws Error(invalid_argument) no pixels, or over 2^28 of them
  Detector(std::uint64_t height, std::uint64_t width, DType dtype, std::uint64_t seed);

  /// Expose one frame; frame() shows it until the next. \return the sum of its pixels
  std::int64_t expose(const Film& film, const Exposure& exposure, Random& random);
  [[nodiscard]] FrameView frame() const noexcept { return {bytes_, height_, width_, dtype_}; }

 private:
  struct Range {
    float scale, offset, lowest, highest;
  };
  static Range range_of(DType dtype) noexcept;
  void lay_out_pixels(std::uint64_t seed);
  void compute_profile(const Film& film, const Exposure& exposure);
  template <class T>
  std::int64_t fill(Random& random);

  std::uint64_t height_, width_;
  DType dtype_;
  Range range_;
  double short_side_;
  double bin_px_ = 0.25;            // radial width of a profile bin
  std::vector<std::uint16_t> bin_;  // per pixel: which bin of the profile
  std::vector<float> gain_;         // per pixel: anisotropy, flat field, shadow of the beam stop
  std::vector<float> profile_;      // photons per bin
  std::vector<std::uint64_t> hot_;  // pixels that always read high
  std::vector<std::byte> bytes_;
};

}  // namespace resonance::simulation
