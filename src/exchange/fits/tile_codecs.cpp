#include "exchange/fits/tile_codecs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "exchange/fits/big_endian.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

[[noreturn]] void throw_short(const char* codec) {
  throw Error(ErrorCode::corrupt, fmt::format("a {} tile ends before its last pixel", codec));
}

/// Bits from the most significant one on.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> in) : in_(in) {}

  /// At most 32 bits.
  std::uint32_t take(int bits) {
    while (left_ < bits) fill();
    left_ -= bits;
    return static_cast<std::uint32_t>(bits_ >> left_ & ((std::uint64_t{1} << bits) - 1));
  }

  /// Zeros before the next one, which is taken, too.
  std::uint32_t take_zeros() {
    std::uint32_t zeros = 0;
    for (;;) {
      if (left_ == 0) fill();
      const auto rest = bits_ & ((std::uint64_t{1} << left_) - 1);
      if (rest != 0) {
        const int leading = std::countl_zero(rest) - (64 - left_);
        left_ -= leading + 1;
        return zeros + static_cast<std::uint32_t>(leading);
      }
      zeros += static_cast<std::uint32_t>(left_);
      left_ = 0;
    }
  }

 private:
  void fill() {
    if (in_.empty()) throw_short("RICE_1");
    bits_ = bits_ << 8 | std::to_integer<std::uint64_t>(in_.front());
    in_ = in_.subspan(1);
    left_ += 8;
  }

  std::span<const std::byte> in_;
  std::uint64_t bits_ = 0;
  int left_ = 0;  // of bits_, the lowest ones
};

/// Widths of a block's code, by the size of a pixel.
struct RiceWidths {
  int pixel, code, most;
};

RiceWidths rice_widths(int bytes_per_pixel) {
  switch (bytes_per_pixel) {
    case 1:
      return {8, 3, 6};
    case 2:
      return {16, 4, 14};
    case 4:
      return {32, 5, 25};
    default:
      throw Error(ErrorCode::unsupported, fmt::format("RICE_1 of {} bytes a pixel", bytes_per_pixel));
  }
}

/// The pixel that the lowest bits hold: signed, but of bytes.
std::int64_t rice_pixel(std::uint32_t bits, int bytes_per_pixel) noexcept {
  if (bytes_per_pixel == 1) return static_cast<std::uint8_t>(bits);
  if (bytes_per_pixel == 2) return static_cast<std::int16_t>(static_cast<std::uint16_t>(bits));
  return static_cast<std::int32_t>(bits);
}

/// Numbers between 0 and 1 as the standard prescribes them (appendix I).
const std::array<float, 10000>& random_numbers() {
  static const auto numbers = [] {
    std::array<float, 10000> out{};
    std::int64_t seed = 1;
    for (auto& number : out) {
      seed = seed * 16807 % 2147483647;
      number = static_cast<float>(static_cast<double>(seed) / 2147483647.0);
    }
    return out;
  }();
  return numbers;
}

/// The random numbers of one tile, one a pixel.
class Dithering {
 public:
  Dithering(std::uint64_t tile, std::int64_t seed) : start_((tile % 10000 + (static_cast<std::uint64_t>(seed) + 9999) % 10000) % 10000) {
    begin();
  }

  double next() {
    const double number = random_numbers()[at_];
    if (++at_ == random_numbers().size()) {
      start_ = (start_ + 1) % random_numbers().size();
      begin();
    }
    return number;
  }

 private:
  void begin() { at_ = static_cast<std::size_t>(random_numbers()[start_] * 500.0F); }
  std::uint64_t start_;
  std::size_t at_ = 0;
};

}  // namespace

void decode_rice(std::span<const std::byte> in, std::uint64_t block, int bytes_per_pixel, std::span<std::int64_t> out) {
  const auto widths = rice_widths(bytes_per_pixel);
  if (block == 0) throw Error(ErrorCode::corrupt, "RICE_1 in blocks of no pixels");
  BitReader bits(in);
  auto last = bits.take(widths.pixel);
  for (std::size_t at = 0; at < out.size();) {
    const int code = static_cast<int>(bits.take(widths.code)) - 1;
    if (code > widths.most) throw Error(ErrorCode::corrupt, fmt::format("a RICE_1 block with the code {}", code));
    const auto end = at + std::min<std::uint64_t>(block, out.size() - at);
    for (; at < end; ++at) {
      std::uint32_t folded = 0;
      if (code == widths.most)
        folded = bits.take(widths.pixel);
      else if (code >= 0) {
        const auto high = bits.take_zeros();
        folded = (high << code) | bits.take(code);
      }
      last += (folded & 1) != 0 ? ~(folded >> 1) : folded >> 1;
      out[at] = rice_pixel(last, bytes_per_pixel);
    }
  }
}

void decode_plio(std::span<const std::byte> in, std::span<std::int64_t> out) {
  const auto words = in.size() / 2;
  const auto word = [in](std::size_t i) { return load<std::uint16_t>(in.data() + 2 * i); };
  if (words < 4) throw_short("PLIO_1");
  const bool old = static_cast<std::int16_t>(word(2)) > 0;  // its header has three words, its length is the third
  const std::size_t end = old ? word(2) : (std::size_t{word(4 < words ? 4 : 3)} << 15) + word(3);
  std::size_t at = old ? 3 : word(1);
  if (end > words || (!old && words < 5)) throw_short("PLIO_1");
  std::ranges::fill(out, 0);
  std::size_t pixel = 0;
  std::int64_t high = 1;
  const auto write = [&](std::uint64_t zeros, std::uint64_t highs) {
    pixel += std::min<std::uint64_t>(zeros, out.size() - pixel);
    for (; highs > 0 && pixel < out.size(); --highs) out[pixel++] = high;
  };
  for (; at < end; ++at) {
    const std::uint64_t data = word(at) & 0xFFF;
    switch (word(at) >> 12) {
      case 0:
        write(data, 0);
        break;
      case 1:
        if (++at >= end) throw_short("PLIO_1");
        high = static_cast<std::int64_t>(std::uint64_t{word(at)} << 12 | data);
        break;
      case 2:
        high += static_cast<std::int64_t>(data);
        break;
      case 3:
        high -= static_cast<std::int64_t>(data);
        break;
      case 4:
        write(0, data);
        break;
      case 5:
        write(data == 0 ? 0 : data - 1, 1);
        break;
      case 6:
        high += static_cast<std::int64_t>(data);
        write(0, 1);
        break;
      case 7:
        high -= static_cast<std::int64_t>(data);
        write(0, 1);
        break;
      default:
        throw Error(ErrorCode::corrupt, fmt::format("a PLIO_1 tile with the instruction {}", word(at) >> 12));
    }
  }
}

void dequantize(const Quantization& how, std::uint64_t tile, std::span<const std::int64_t> in, std::span<double> out) {
  constexpr std::int64_t kZero = -2147483646;  // of SUBTRACTIVE_DITHER_2: exactly 0
  Dithering dithering(tile, how.seed);
  for (std::size_t i = 0; i < in.size(); ++i) {
    auto level = static_cast<double>(in[i]);
    if (how.dither != Dither::none) level = level - dithering.next() + 0.5;
    out[i] = level * how.scale + how.zero;
    if (how.dither == Dither::second && in[i] == kZero) out[i] = 0;
    if (how.blank && in[i] == *how.blank) out[i] = std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace resonance::fits
