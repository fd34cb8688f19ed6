// Every element maps to a 64-bit key of the same order, so that one exact radix selection serves all dtypes without a copy
// of the frame: as many passes over it as the element has 16-bit digits.
#include "exchange/image/scaling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <type_traits>

#include "base/checked.hpp"
#include "exchange/image/pixels.hpp"
#include "resonance/error.hpp"

namespace resonance::image {
namespace {

constexpr std::uint8_t kMidGrey = 128;

template <class T>
constexpr bool kIsInteger = std::integral<T>;

/// Bits of a float in the order of its values: negative ones reversed, below the others.
template <class Bits>
std::uint64_t ordered(Bits bits) noexcept {
  constexpr Bits sign = Bits{1} << (sizeof(Bits) * 8 - 1);
  return static_cast<Bits>((bits & sign) != 0 ? ~bits : bits | sign);
}
template <class Bits>
Bits unordered(std::uint64_t key) noexcept {
  constexpr Bits sign = Bits{1} << (sizeof(Bits) * 8 - 1);
  const auto bits = static_cast<Bits>(key);
  return static_cast<Bits>((bits & sign) != 0 ? bits & ~sign : ~bits);
}

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 2, std::uint16_t, std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;

template <class T>
std::uint64_t key_of(T value) noexcept {
  if constexpr (std::unsigned_integral<T>) {
    return value;
  } else if constexpr (std::signed_integral<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<U>(static_cast<U>(value) ^ (U{1} << (sizeof(T) * 8 - 1)));
  } else {
    return ordered(std::bit_cast<BitsOf<T>>(value));
  }
}

template <class T>
bool is_finite(T value) noexcept {
  if constexpr (kIsInteger<T>)
    return true;
  else
    return std::isfinite(as_double(value));
}

/// The key at `rank` among the finite pixels, 0 being the smallest.
template <class T>
std::uint64_t key_at_rank(const FrameView& frame, std::uint64_t count, std::uint64_t rank) {
  constexpr int digit_bits = sizeof(T) == 1 ? 8 : 16;
  constexpr std::uint64_t digit_mask = (std::uint64_t{1} << digit_bits) - 1;
  std::vector<std::uint64_t> histogram(digit_mask + 1);
  std::uint64_t prefix = 0, mask = 0;
  for (int shift = static_cast<int>(sizeof(T) * 8) - digit_bits; shift >= 0; shift -= digit_bits) {
    std::fill(histogram.begin(), histogram.end(), 0);
    for (std::uint64_t i = 0; i < count; ++i) {
      const T value = load<T>(frame.bytes.data(), i);
      const std::uint64_t key = key_of(value);
      if ((key & mask) == prefix && is_finite(value)) ++histogram[(key >> shift) & digit_mask];
    }
    std::uint64_t digit = 0;
    while (digit < digit_mask && rank >= histogram[digit]) rank -= histogram[digit++];
    prefix |= digit << shift;
    mask |= digit_mask << shift;
  }
  return prefix;
}

template <class T>
std::uint64_t finite_pixels(const FrameView& frame, std::uint64_t count) {
  if constexpr (kIsInteger<T>) return count;
  std::uint64_t finite = 0;
  for (std::uint64_t i = 0; i < count; ++i) finite += is_finite(load<T>(frame.bytes.data(), i)) ? 1 : 0;
  return finite;
}

/// Where a value lies between black and white, without overflow or loss at the ends of the type's range.
template <class T>
class Ramp {
 public:
  Ramp(std::uint64_t black, std::uint64_t white, bool logarithmic) : black_(black), logarithmic_(logarithmic) {
    if constexpr (kIsInteger<T>) {
      range_ = static_cast<double>(white - black);
    } else {
      const double low = as_double(std::bit_cast<T>(unordered<BitsOf<T>>(black)));
      const double high = as_double(std::bit_cast<T>(unordered<BitsOf<T>>(white)));
      scale_ = std::isfinite(high - low) ? 1.0 : 0.5;
      low_ = low * scale_;
      range_ = high * scale_ - low_;
    }
  }

  [[nodiscard]] std::uint8_t grey(T value) const noexcept {
    double position = 0;
    if constexpr (kIsInteger<T>) {
      const std::uint64_t key = key_of(value);
      position = key <= black_ ? 0.0 : static_cast<double>(key - black_);
    } else {
      position = as_double(value) * scale_ - low_;
    }
    if (!(position > 0)) return 0;  // NaN, too
    if (position >= range_) return 255;
    double share = position / range_;
    if (logarithmic_) share = std::log1p(share * 1000.0) / std::log1p(1000.0);
    return static_cast<std::uint8_t>(share * 255.0 + 0.5);
  }

 private:
  std::uint64_t black_;
  bool logarithmic_;
  double low_ = 0, scale_ = 1, range_ = 0;
};

template <class T>
std::vector<std::uint8_t> apply(const FrameView& frame, std::uint64_t count, const Ramp<T>& ramp) {
  std::vector<std::uint8_t> grey(count);
  if constexpr (sizeof(T) <= 2) {  // as many values as a table holds
    using Bits = std::conditional_t<sizeof(T) == 1, std::uint8_t, std::uint16_t>;
    std::vector<std::uint8_t> table(std::size_t{1} << (sizeof(T) * 8));
    for (std::size_t bits = 0; bits < table.size(); ++bits) table[bits] = ramp.grey(std::bit_cast<T>(static_cast<Bits>(bits)));
    for (std::uint64_t i = 0; i < count; ++i) grey[i] = table[load<Bits>(frame.bytes.data(), i)];
  } else {
    for (std::uint64_t i = 0; i < count; ++i) grey[i] = ramp.grey(load<T>(frame.bytes.data(), i));
  }
  return grey;
}

template <class T>
std::vector<std::uint8_t> one_value(const FrameView& frame, std::uint64_t count) {
  std::vector<std::uint8_t> grey(count, kMidGrey);
  if constexpr (!kIsInteger<T>) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const T value = load<T>(frame.bytes.data(), i);
      if (!is_finite(value)) grey[i] = as_double(value) > 0 ? 255 : 0;
    }
  }
  return grey;
}

template <class T>
std::vector<std::uint8_t> scale(const FrameView& frame, const ImageScaling& scaling) {
  const std::uint64_t count = frame.height * frame.width;
  const std::uint64_t finite = finite_pixels<T>(frame, count);
  if (finite == 0) return one_value<T>(frame, count);
  const auto rank = [&](double percentile) {
    return std::min(finite - 1, static_cast<std::uint64_t>(percentile / 100.0 * static_cast<double>(finite - 1) + 0.5));
  };
  std::uint64_t black = key_at_rank<T>(frame, count, rank(scaling.low_percentile));
  std::uint64_t white = key_at_rank<T>(frame, count, rank(scaling.high_percentile));
  if (black == white) {  // nearly all pixels are equal: the few others are what there is to see
    black = key_at_rank<T>(frame, count, 0);
    white = key_at_rank<T>(frame, count, finite - 1);
  }
  if (black == white) return one_value<T>(frame, count);
  return apply<T>(frame, count, Ramp<T>(black, white, scaling.logarithmic));
}

}  // namespace

void require_whole(const FrameView& frame) {
  const std::uint64_t extents[] = {frame.height, frame.width, item_size(frame.dtype)};
  const auto bytes = checked_product(extents);
  if (!bytes || *bytes == 0 || *bytes != frame.bytes.size())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a frame of {} x {} {} cannot have {} bytes; pass height * width elements, at least one", frame.height,
                            frame.width, to_string(frame.dtype), frame.bytes.size()));
}

std::vector<std::uint8_t> grey_values(const FrameView& frame, const ImageScaling& scaling) {
  require_whole(frame);
  if (!(scaling.low_percentile >= 0 && scaling.low_percentile < scaling.high_percentile && scaling.high_percentile <= 100))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("percentiles {} and {} are not 0 <= low < high <= 100", scaling.low_percentile, scaling.high_percentile));
  return visit_dtype(frame.dtype, [&]<class T>() { return scale<T>(frame, scaling); });
}

}  // namespace resonance::image
