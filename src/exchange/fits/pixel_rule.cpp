#include "exchange/fits/pixel_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "exchange/fits/big_endian.hpp"
#include "exchange/fits/fits_table.hpp"

namespace resonance::fits {
namespace {

DType plain_type(int bitpix) {
  switch (bitpix) {
    case 8:
      return DType::uint8;
    case 16:
      return DType::int16;
    case 32:
      return DType::int32;
    case 64:
      return DType::int64;
    case -32:
      return DType::float32;
    default:
      return DType::float64;
  }
}

DType flipped_type(int bitpix) {
  switch (bitpix) {
    case 8:
      return DType::int8;
    case 16:
      return DType::uint16;
    case 32:
      return DType::uint32;
    default:
      return DType::uint64;
  }
}

/// BZERO that turns the sign of the stored integers round.
double flipping_zero(int bitpix) { return bitpix == 8 ? -128.0 : std::ldexp(1.0, bitpix - 1); }

/// Whether integers of that type may become whole numbers that are too long for the floats.
template <class Stored, class Real>
bool may_round(double scale, double zero) {
  const bool whole = scale == std::trunc(scale) && zero == std::trunc(zero);
  const double most = std::fabs(static_cast<double>(std::numeric_limits<Stored>::lowest()) * scale) + std::fabs(zero);
  return std::is_integral_v<Stored> && whole &&
         std::max(most, std::ldexp(1.0, sizeof(Stored) * 8)) > std::ldexp(1.0, std::numeric_limits<Real>::digits);
}

template <class Stored, class Real>
bool is_rounded(Stored value, double scale, double zero) {
  const long double exact = static_cast<long double>(value) * static_cast<long double>(scale) + static_cast<long double>(zero);
  return static_cast<long double>(static_cast<Real>(exact)) != exact;
}

/// By itself, so that no compiler makes one rounding of product and sum: astropy has two.
template <class Real>
void add(Real number, std::span<std::byte> to) {
  for (std::size_t at = 0; at < to.size(); at += sizeof number) {
    const auto sum = load<Real>(to.data() + at, false) + number;
    std::memcpy(to.data() + at, &sum, sizeof sum);
  }
}

}  // namespace

PixelRule::PixelRule(int bitpix, const std::vector<FitsCard>& cards)
    : bitpix_(bitpix), scale_(number_of(cards, "BSCALE").value_or(1)), zero_(number_of(cards, "BZERO").value_or(0)) {
  if (bitpix > 0) {
    blank_ = integer_of(cards, "BLANK");
    if (!blank_ && text_of(cards, "ZCMPTYPE") != "") blank_ = integer_of(cards, "ZBLANK");
    flipped_ = scale_ == 1 && zero_ == flipping_zero(bitpix);
  }
  const bool scaled = scale_ != 1 || zero_ != 0;
  floats_ = !flipped_ && (scaled || blank_);
  if (flipped_)
    dtype_ = flipped_type(bitpix);
  else if (!floats_ || bitpix < 0)
    dtype_ = plain_type(bitpix);
  else
    dtype_ = bitpix > 16 ? DType::float64 : DType::float32;
}

template <class Stored>
void PixelRule::keep(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const {
  using Bits = BitsOf<sizeof(Stored)>;
  const auto flip = static_cast<Bits>(flipped_ ? Bits{1} << (sizeof(Bits) * 8 - 1) : 0);
  for (std::size_t at = 0; at < stored.size(); at += sizeof(Stored)) {
    const auto bits = load<Bits>(stored.data() + at, of_file);
    if constexpr (std::is_integral_v<Stored>) counts.undefined += blank_ && std::cmp_equal(std::bit_cast<Stored>(bits), *blank_) ? 1 : 0;
    const auto pixel = static_cast<Bits>(bits ^ flip);
    std::memcpy(out.data() + at, &pixel, sizeof pixel);
  }
}

template <class Stored, class Real>
void PixelRule::scale(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const {
  const auto scale = static_cast<Real>(scale_);
  const bool look = may_round<Stored, Real>(scale_, zero_);
  const std::size_t pixels = stored.size() / sizeof(Stored);
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto value = load<Stored>(stored.data() + i * sizeof(Stored), of_file);
    auto real = static_cast<Real>(value);
    if (scale_ != 1) real *= scale;
    if constexpr (std::is_integral_v<Stored>) {
      const bool undefined = blank_ && std::cmp_equal(value, *blank_);
      if (undefined) real = std::numeric_limits<Real>::quiet_NaN();
      counts.undefined += undefined ? 1 : 0;
      counts.rounded += !undefined && look && is_rounded<Stored, Real>(value, scale_, zero_) ? 1 : 0;
    }
    std::memcpy(out.data() + i * sizeof real, &real, sizeof real);
  }
  if (zero_ != 0) add(static_cast<Real>(zero_), out.first(pixels * sizeof(Real)));
}

template <class Stored>
void PixelRule::convert_as(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const {
  if (!floats_) return keep<Stored>(stored, of_file, out, counts);
  if (dtype_ == DType::float32) return scale<Stored, float>(stored, of_file, out, counts);
  scale<Stored, double>(stored, of_file, out, counts);
}

void PixelRule::convert(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const {
  switch (bitpix_) {
    case 8:
      return convert_as<std::uint8_t>(stored, of_file, out, counts);
    case 16:
      return convert_as<std::int16_t>(stored, of_file, out, counts);
    case 32:
      return convert_as<std::int32_t>(stored, of_file, out, counts);
    case 64:
      return convert_as<std::int64_t>(stored, of_file, out, counts);
    case -32:
      return convert_as<float>(stored, of_file, out, counts);
    default:
      return convert_as<double>(stored, of_file, out, counts);
  }
}

std::vector<std::string> PixelRule::words(const PixelCounts& counts) const {
  std::vector<std::string> out;
  if (counts.undefined > 0 && floats_)
    out.push_back(fmt::format("pixels that the file marks as undefined (BLANK = {}) are NaN: {}", *blank_, counts.undefined));
  if (counts.undefined > 0 && !floats_) {
    const auto shown = flipped_ && bitpix_ > 8 ? static_cast<std::uint64_t>(*blank_) + (std::uint64_t{1} << (bitpix_ - 1)) : 0;
    const auto value = bitpix_ == 8 ? fmt::to_string(*blank_ - 128) : fmt::to_string(shown);
    out.push_back(
        fmt::format("pixels that the file marks as undefined (BLANK = {}) are {}: {}; integers have no NaN, so leave out that value",
                    *blank_, value, counts.undefined));
  }
  if (counts.rounded > 0)
    out.push_back(fmt::format("pixels that have more digits than {} keeps, which BSCALE, BZERO or BLANK make of them: {}",
                              to_string(dtype_), counts.rounded));
  return out;
}

}  // namespace resonance::fits
