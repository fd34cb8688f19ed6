#include "zarr/fill_value.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "zarr/json_members.hpp"

namespace resonance::zarr {
namespace {

using Bits = std::uint64_t;  // of an element, as an unsigned number

bool is_float(DType dtype) noexcept { return dtype == DType::float16 || dtype == DType::float32 || dtype == DType::float64; }
bool is_signed(DType dtype) noexcept {
  return dtype == DType::int8 || dtype == DType::int16 || dtype == DType::int32 || dtype == DType::int64;
}

template <class Unsigned>
std::vector<std::byte> bytes_of(Bits bits) {
  const auto element = static_cast<Unsigned>(bits);
  std::vector<std::byte> out(sizeof element);
  std::memcpy(out.data(), &element, sizeof element);
  return out;
}

std::vector<std::byte> element_of(Bits bits, std::size_t size) {
  if (size == 1) return bytes_of<std::uint8_t>(bits);
  if (size == 2) return bytes_of<std::uint16_t>(bits);
  if (size == 4) return bytes_of<std::uint32_t>(bits);
  return bytes_of<std::uint64_t>(bits);
}

template <class Unsigned>
Bits load(std::span<const std::byte> element) noexcept {
  Unsigned value;
  std::memcpy(&value, element.data(), sizeof value);
  return value;
}

Bits bits_of(std::span<const std::byte> element) noexcept {
  switch (element.size()) {
    case 1:
      return load<std::uint8_t>(element);
    case 2:
      return load<std::uint16_t>(element);
    case 4:
      return load<std::uint32_t>(element);
    case 8:
      return load<std::uint64_t>(element);
    default:
      return 0;
  }
}

Bits quiet_nan(std::size_t size) noexcept { return size == 2 ? 0x7e00 : size == 4 ? 0x7fc00000 : 0x7ff8000000000000; }

/// IEEE 754 binary16, rounded to nearest, from the double at once (over float it would round twice).
Bits half_bits(double value) noexcept {
  const Bits sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::fabs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < std::ldexp(1.0, -14)) return sign | static_cast<Bits>(std::nearbyint(std::ldexp(magnitude, 24)));
  int exponent = 0;
  const double significand = std::nearbyint(std::ldexp(std::frexp(magnitude, &exponent), 11));  // 1024 to 2048
  return sign | ((static_cast<Bits>(exponent + 14) << 10) + static_cast<Bits>(significand) - 1024);
}

double half_value(Bits bits) noexcept {
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const double fraction = static_cast<double>(bits & 1023);
  double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31) magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

Bits float_bits(double value, std::size_t size) noexcept {
  if (std::isnan(value)) return quiet_nan(size);
  if (size == 2) return half_bits(value);
  if (size == 8) return std::bit_cast<Bits>(value);
  // Narrowing a double beyond the float's range is undefined in C++; IEEE 754 says infinity.
  constexpr double kRoundsToInfinity = 0x1.ffffffp127;
  const float infinity = std::numeric_limits<float>::infinity();
  const float narrow = std::fabs(value) >= kRoundsToInfinity ? (value < 0 ? -infinity : infinity) : static_cast<float>(value);
  return std::bit_cast<std::uint32_t>(narrow);
}

double float_value(Bits bits, std::size_t size) noexcept {
  if (size == 2) return half_value(bits);
  if (size == 8) return std::bit_cast<double>(bits);
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}

/// "0x7fc00000": the bits of the element.
std::optional<Bits> hex_bits(std::string_view text, std::size_t size) noexcept {
  if (!text.starts_with("0x") || text.size() != 2 + 2 * size) return std::nullopt;
  Bits bits = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), bits, 16);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(bits) : std::nullopt;
}

std::optional<Bits> parse_float(const Json& value, std::size_t size) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (value.is_string()) {
    const auto& text = value.as_string();
    if (text == "NaN") return quiet_nan(size);
    if (text == "Infinity") return float_bits(kInfinity, size);
    if (text == "-Infinity") return float_bits(-kInfinity, size);
    return hex_bits(text, size);
  }
  if (!value.is_number()) return std::nullopt;
  const double number = value.as_double();
  const Bits bits = float_bits(number, size);
  if (std::isinf(float_value(bits, size)) && !std::isinf(number)) return std::nullopt;
  return bits;
}

std::optional<Bits> parse_integer(const Json& value, DType dtype) noexcept {
  const auto width = 8 * item_size(dtype);
  if (is_signed(dtype)) {
    const auto number = int64_of(value);
    const auto high = static_cast<std::int64_t>(~Bits{0} >> (65 - width));
    if (!number || *number > high || *number < -high - 1) return std::nullopt;
    return static_cast<Bits>(*number);
  }
  const auto number = uint64_of(value);
  return number && *number <= ~Bits{0} >> (64 - width) ? number : std::nullopt;
}

std::optional<Bits> parse_bits(const Json& value, DType dtype) {
  if (dtype == DType::boolean) return value.is_bool() ? std::optional<Bits>(value.as_bool() ? 1 : 0) : std::nullopt;
  return is_float(dtype) ? parse_float(value, item_size(dtype)) : parse_integer(value, dtype);
}

Json dump_float(Bits bits, std::size_t size) {
  const double number = float_value(bits, size);
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  if (!std::isnan(number)) return number;
  return bits == quiet_nan(size) ? Json("NaN") : Json(fmt::format("0x{:0{}x}", bits, 2 * size));
}

}  // namespace

std::vector<std::byte> parse_fill_value(const Json& value, DType dtype) {
  const auto bits = parse_bits(value, dtype);
  if (!bits) throw_corrupt(fmt::format("fill_value is no {}", to_string(dtype)));
  return element_of(*bits, item_size(dtype));
}

Json dump_fill_value(std::span<const std::byte> element, DType dtype) {
  const Bits bits = bits_of(element);
  if (dtype == DType::boolean) return bits != 0;
  if (is_float(dtype)) return dump_float(bits, item_size(dtype));
  if (!is_signed(dtype)) return bits;
  const auto unused = 64 - 8 * item_size(dtype);
  return static_cast<std::int64_t>(bits << unused) >> unused;  // spreads the sign
}

}  // namespace resonance::zarr
