// Speed matters here: what does not change is a table per pixel (radius bin, gain), what changes with the energy is a table
// per radius, and normal deviates come from a table of quantiles, four per random word.
#include "exchange/simulation/detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "exchange/image/pixels.hpp"
#include "resonance/error.hpp"

namespace resonance::simulation {
namespace {

constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 28;
constexpr float kReadNoise = 2.5f;  // counts
constexpr double kRingPhotons = 4200, kCentrePhotons = 120000, kBackgroundPhotons = 12;
constexpr double kQuantiles = 16384;

/// Inverse of the standard normal distribution by bisection: exact enough, and made once.
double normal_quantile(double share) {
  double low = -8, high = 8;
  while (high - low > 1e-9) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(-middle / std::numbers::sqrt2) < share ? low : high) = middle;
  }
  return low;
}

const std::vector<float>& normal_table() {
  static const std::vector<float> table = [] {
    std::vector<float> quantiles;
    for (int i = 0; i < static_cast<int>(kQuantiles); ++i) quantiles.push_back(static_cast<float>(normal_quantile((i + 0.5) / kQuantiles)));
    return quantiles;
  }();
  return table;
}

/// 0 inside a shadow, 1 outside, over two pixels; `distance` from its border is negative inside.
double shadow(double distance) noexcept { return std::clamp(0.5 + distance / 2, 0.0, 1.0); }

template <class T>
T stored(int whole) noexcept {
  if constexpr (std::is_same_v<T, image::Half>)
    return image::half_of_whole(whole);
  else
    return static_cast<T>(whole);
}

}  // namespace

Detector::Range Detector::range_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::boolean:
      return {0.0006f, 0, 0, 1};
    case DType::int8:
      return {0.012f, 0, -128, 127};
    case DType::uint8:
      return {0.025f, 12, 0, 255};
    case DType::float16:
      return {0.1f, 0, -2048, 2048};
    case DType::int16:
      return {1, 0, -32768, 32767};
    case DType::uint16:
      return {1, 100, 0, 65535};
    case DType::uint32:
    case DType::uint64:
      return {1, 100, 0, 1048575};  // a counter of 20 bits
    default:
      return {1, 0, -1048576, 1048575};
  }
}

Detector::Detector(std::uint64_t height, std::uint64_t width, DType dtype, std::uint64_t seed)
    : height_(height), width_(width), dtype_(dtype), range_(range_of(dtype)), short_side_(static_cast<double>(std::min(height, width))) {
  if (height == 0 || width == 0 || height > kMostPixels || width > kMostPixels || height * width > kMostPixels)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("cannot simulate frames of {} x {}; give at least 1 x 1 and at most {} pixels", height, width, kMostPixels));
  bytes_.resize(height * width * item_size(dtype));
  lay_out_pixels(seed);
}

void Detector::lay_out_pixels(std::uint64_t seed) {
  Random random(seed, 0xDE7Eull);
  const auto rows = static_cast<double>(height_), columns = static_cast<double>(width_);
  const double centre_y = rows * (0.46 + 0.03 * random.uniform()), centre_x = columns * (0.53 + 0.03 * random.uniform());
  const double stop = 0.040 * short_side_, arm = 0.012 * short_side_, arm_angle = 0.62 + 0.1 * random.uniform();
  bin_px_ = std::max(0.25, std::hypot(rows, columns) / 65000);
  bin_.resize(height_ * width_);
  gain_.resize(height_ * width_);
  double farthest = 0;
  for (std::uint64_t i = 0; i < bin_.size(); ++i) {
    const double y = static_cast<double>(i / width_) - centre_y, x = static_cast<double>(i % width_) - centre_x;
    const double radius = std::hypot(x, y);
    farthest = std::max(farthest, radius);
    bin_[i] = static_cast<std::uint16_t>(radius / bin_px_);
    // Polarised light: scattering is a little stronger in one direction, cos 2φ = (x² - y²) / r².
    const double anisotropy = radius > 0 ? 0.10 * (x * x - y * y) / (radius * radius) : 0;
    const double along = x * std::cos(arm_angle) + y * std::sin(arm_angle), across = y * std::cos(arm_angle) - x * std::sin(arm_angle);
    const double lit = std::min(shadow(radius - stop), along > 0 ? shadow(std::abs(across) - arm) : 1.0);
    gain_[i] = static_cast<float>((1 + anisotropy) * (0.994 + 0.012 * random.uniform()) * (0.0008 + 0.9992 * lit));
  }
  profile_.resize(static_cast<std::size_t>(farthest / bin_px_) + 1);
  const std::uint64_t hot = 3 + bin_.size() / 40000;
  for (std::uint64_t i = 0; i < hot; ++i) hot_.push_back(random.next() % bin_.size());
}

void Detector::compute_profile(const Film& film, const Exposure& exposure) {
  const double wavelength = 285.0 / exposure.energy_ev;  // relative to that at 285 eV
  const double ring = 0.24 * short_side_ * wavelength * 40 / film.period_nm, width = 0.13 * ring;
  const double density = absorption(film, exposure.energy_ev);
  const double transmitted = exposure.flux * std::exp(-density);
  const double domains = kRingPhotons * contrast(exposure.energy_ev) * transmitted;
  const double centre = kCentrePhotons * (0.25 + 0.75 * contrast(exposure.energy_ev)) * transmitted;
  const double background = kBackgroundPhotons * exposure.flux * (1 + 2 * density);  // fluorescence follows absorption
  const double core = 0.03 * short_side_ * wavelength;
  for (std::size_t i = 0; i < profile_.size(); ++i) {
    const double radius = (static_cast<double>(i) + 0.5) * bin_px_;
    const double first = (radius - ring) / width, second = (radius - 2 * ring) / (1.3 * width);
    const double low = 1 + radius * radius / (core * core);
    const double photons =
        background + centre / (low * std::sqrt(low)) +
        domains * (std::exp(-0.5 * first * first) + 0.07 * std::exp(-0.5 * second * second) + 0.06 / (1 + std::pow(radius / ring, 4)));
    profile_[i] = static_cast<float>(photons * range_.scale);
  }
}

/// Shot noise as a normal deviate with the Poisson distribution's skewness (Cornish-Fisher), read noise in the same draw.
template <class T>
std::int64_t Detector::fill(Random& random) {
  const float* normals = normal_table().data();
  const float read_variance = dtype_ == DType::boolean ? 0 : range_.scale < 1 ? 0.25f : kReadNoise * kReadNoise;
  constexpr float shift = 2097152;  // makes the number positive, so that the cast rounds down
  auto* out = bytes_.data();
  std::int64_t sum = 0;
  const std::uint64_t count = bin_.size();
  for (std::uint64_t i = 0; i < count;) {
    std::uint64_t word = random.next();
    const std::uint64_t end = std::min(count, i + 4);
    for (; i < end; ++i, word >>= 16) {
      const float z = normals[word & 0x3FFF];
      const float mean = profile_[bin_[i]] * gain_[i];
      const float variance = mean + read_variance;
      const float skewed = mean * (z * z - 1) / (6 * variance);
      const float signal = mean + std::sqrt(variance) * z + skewed + range_.offset;
      const float value = std::clamp(signal, range_.lowest, range_.highest);
      const int whole = static_cast<int>(value + (shift + 0.5f)) - static_cast<int>(shift);
      const T pixel = stored<T>(whole);
      std::memcpy(out + i * sizeof(T), &pixel, sizeof(T));
      sum += whole;
    }
  }
  for (const auto pixel : hot_) {
    const int before = static_cast<int>(image::as_double(image::load<T>(out, pixel)));
    const int after = static_cast<int>(range_.highest * (range_.highest > 1 ? 0.92f : 1.0f));
    const T value = stored<T>(after);
    std::memcpy(out + pixel * sizeof(T), &value, sizeof(T));
    sum += after - before;
  }
  return sum;
}

std::int64_t Detector::expose(const Film& film, const Exposure& exposure, Random& random) {
  compute_profile(film, exposure);
  return image::visit_dtype(dtype_, [&]<class T>() { return fill<T>(random); });
}

}  // namespace resonance::simulation
