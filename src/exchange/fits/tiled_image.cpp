#include "exchange/fits/tiled_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <variant>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "exchange/fits/big_endian.hpp"
#include "exchange/fits/fits_table.hpp"
#include "exchange/fits/gunzip.hpp"
#include "exchange/fits/tile_codecs.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

constexpr std::int64_t kMaxAxes = 999;
constexpr std::uint64_t kMaxTilePixels = 1u << 26;  // which are 64-bit numbers while a tile is decoded

using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Pixels = std::variant<Integers, Reals>;

/// Big-endian numbers whose size tells their type.
template <class Number, class Out>
Pixels numbers_of(std::span<const std::byte> bytes) {
  Out out;
  out.reserve(bytes.size() / sizeof(Number));
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Number)) out.push_back(load<Number>(bytes.data() + at));
  return out;
}

Pixels plain_numbers(std::span<const std::byte> bytes, std::uint64_t pixels, bool reals) {
  switch (bytes.size() % pixels == 0 ? bytes.size() / pixels : 0) {
    case 1:
      return numbers_of<std::uint8_t, Integers>(bytes);
    case 2:
      return numbers_of<std::int16_t, Integers>(bytes);
    case 4:
      return reals ? numbers_of<float, Reals>(bytes) : numbers_of<std::int32_t, Integers>(bytes);
    case 8:
      return reals ? numbers_of<double, Reals>(bytes) : numbers_of<std::int64_t, Integers>(bytes);
    default:
      throw Error(ErrorCode::corrupt, fmt::format("a tile of {} pixels has {} bytes", pixels, bytes.size()));
  }
}

/// First bytes of all numbers, then second ones and so on → numbers.
std::vector<std::byte> unshuffled(const std::vector<std::byte>& bytes, std::uint64_t pixels) {
  const auto item = bytes.size() / pixels;
  if (bytes.size() % pixels != 0) return bytes;  // plain_numbers() refuses it
  std::vector<std::byte> out(bytes.size());
  for (std::size_t byte = 0; byte < item; ++byte)
    for (std::size_t i = 0; i < pixels; ++i) out[i * item + byte] = bytes[byte * pixels + i];
  return out;
}

std::int64_t whole(double number) {
  return std::fabs(number) < 0x1p62 ? static_cast<std::int64_t>(number) : std::numeric_limits<std::int64_t>::min();
}

/// Where a tile is in the image.
struct Place {
  std::vector<std::uint64_t> start, extent;
};

/// Of extents that are no larger than those of the image, which the caller has bounded.
std::uint64_t product_of(const std::vector<std::uint64_t>& extents) noexcept {
  std::uint64_t out = 1;
  for (const auto each : extents) out *= each;
  return out;
}

class TileReader {
 public:
  TileReader(const Hdu& hdu, const std::vector<FitsCard>& cards) : cards_(cards), table_(hdu, cards), shape_(tiled_shape(cards)) {
    codec_ = text_of(cards, "ZCMPTYPE");
    for (std::size_t i = 0; i < shape_.axes.size(); ++i) {
      const auto tile = integer_of(cards, fmt::format("ZTILE{}", i + 1)).value_or(i == 0 ? static_cast<std::int64_t>(shape_.axes[0]) : 1);
      if (tile < 1) throw Error(ErrorCode::corrupt, fmt::format("tiles of {} pixels", tile));
      tile_.push_back(std::min(static_cast<std::uint64_t>(tile), shape_.axes[i]));
      tiles_.push_back((shape_.axes[i] - 1) / tile_.back() + 1);
      count_ *= tiles_.back();
    }
    if (product_of(tile_) > kMaxTilePixels)
      throw Error(ErrorCode::unsupported, fmt::format("tiles of more than {} pixels", kMaxTilePixels));
    if (count_ > table_.rows())
      throw Error(ErrorCode::corrupt, fmt::format("an image of {} tiles in a table of {}", count_, table_.rows()));
    data_ = table_.find("COMPRESSED_DATA");
    if (data_ == nullptr) throw Error(ErrorCode::corrupt, "a compressed image without a column COMPRESSED_DATA");
    block_ = std::max<std::int64_t>(0, setting("BLOCKSIZE", 32));
    bytes_per_pixel_ = std::clamp<std::int64_t>(setting("BYTEPIX", 4), 0, 8);
    smooth_ = setting("SMOOTH", 0) != 0;
    read_quantization();
  }

  std::vector<std::byte> read() {
    out_.resize(product_of(shape_.axes) * shape_.item());
    for (std::uint64_t tile = 0; tile < count_; ++tile) {
      const auto place = place_of(tile);
      std::visit([&](const auto& numbers) { put(place, numbers); }, decode(tile, place));
    }
    return std::move(out_);
  }

 private:
  void read_quantization() {
    if (shape_.bitpix > 0) return;
    scale_ = table_.find("ZSCALE");
    zero_ = table_.find("ZZERO");
    blank_ = table_.find("ZBLANK");
    const auto scale = number_of(cards_, "ZSCALE");
    quantized_ = scale_ != nullptr || scale;
    how_.scale = scale.value_or(1);
    how_.zero = number_of(cards_, "ZZERO").value_or(0);
    how_.blank = integer_of(cards_, "ZBLANK");
    if (!how_.blank) how_.blank = integer_of(cards_, "BLANK");
    how_.seed = integer_of(cards_, "ZDITHER0").value_or(1);
    const auto method = text_of(cards_, "ZQUANTIZ");
    if (method == "SUBTRACTIVE_DITHER_1") how_.dither = Dither::first;
    if (method == "SUBTRACTIVE_DITHER_2") how_.dither = Dither::second;
    if (how_.dither == Dither::none && !method.empty() && method != "NO_DITHER" && method != "NONE")
      throw Error(ErrorCode::unsupported, fmt::format("the quantization {}", printable(method)));
  }

  [[nodiscard]] Place place_of(std::uint64_t tile) const {
    Place out;
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
      out.start.push_back(tile % tiles_[i] * tile_[i]);
      out.extent.push_back(std::min(tile_[i], shape_.axes[i] - out.start.back()));
      tile /= tiles_[i];
    }
    return out;
  }

  [[nodiscard]] Pixels decode(std::uint64_t tile, const Place& place) const {
    const auto pixels = product_of(place.extent);
    const auto packed = table_.array(tile, *data_);
    if (packed.empty()) return decode_otherwise(tile, pixels);
    auto numbers = unpack(packed, pixels);
    if (!quantized_) return numbers;
    const auto* levels = std::get_if<Integers>(&numbers);
    if (levels == nullptr) throw Error(ErrorCode::corrupt, "a tile of levels that are no integers");
    auto how = how_;
    if (scale_ != nullptr) how.scale = table_.number(tile, *scale_).value_or(1);
    if (zero_ != nullptr) how.zero = table_.number(tile, *zero_).value_or(0);
    if (blank_ != nullptr)
      if (const auto blank = table_.number(tile, *blank_)) how.blank = whole(*blank);
    Reals reals(levels->size());
    dequantize(how, tile, *levels, reals);
    return reals;
  }

  /// Of a tile that did not become smaller.
  [[nodiscard]] Pixels decode_otherwise(std::uint64_t tile, std::uint64_t pixels) const {
    const bool reals = shape_.bitpix < 0;
    const auto* zipped = table_.find("GZIP_COMPRESSED_DATA");
    if (zipped != nullptr)
      if (const auto packed = table_.array(tile, *zipped); !packed.empty()) return plain_numbers(gunzip(packed, 8 * pixels), pixels, reals);
    const auto* plain = table_.find("UNCOMPRESSED_DATA");
    if (plain == nullptr) throw Error(ErrorCode::corrupt, fmt::format("tile {} of a compressed image has no data", tile + 1));
    return plain_numbers(table_.array(tile, *plain), pixels, reals);
  }

  [[nodiscard]] Pixels unpack(std::span<const std::byte> packed, std::uint64_t pixels) const {
    const bool reals = shape_.bitpix < 0 && !quantized_;
    if (codec_ == "GZIP_1") return plain_numbers(gunzip(packed, 8 * pixels), pixels, reals);
    if (codec_ == "GZIP_2") return plain_numbers(unshuffled(gunzip(packed, 8 * pixels), pixels), pixels, reals);
    if (codec_ == "NOCOMPRESS") return plain_numbers(packed, pixels, reals);
    Integers out(pixels);
    if (codec_ == "RICE_1" || codec_ == "RICE_ONE")
      decode_rice(packed, static_cast<std::uint64_t>(block_), static_cast<int>(bytes_per_pixel_), out);
    else if (codec_ == "PLIO_1")
      decode_plio(packed, out);
    else if (codec_ == "HCOMPRESS_1")
      decode_hcompress(packed, smooth_, out);
    else
      throw Error(ErrorCode::unsupported, fmt::format("images that are compressed with {}", printable(codec_)));
    return out;
  }

  /// A parameter of the codec: ZVALn of the ZNAMEn of that name.
  [[nodiscard]] std::int64_t setting(std::string_view name, std::int64_t otherwise) const {
    for (int i = 1; i <= kMaxAxes; ++i) {
      const auto found = text_of(cards_, fmt::format("ZNAME{}", i));
      if (found.empty()) return otherwise;
      if (found == name) return whole(number_of(cards_, fmt::format("ZVAL{}", i)).value_or(static_cast<double>(otherwise)));
    }
    return otherwise;
  }

  /// The lines of a tile to their places in the image.
  template <class Number>
  void put(const Place& place, const std::vector<Number>& numbers) {
    const auto line = place.extent[0];
    for (std::uint64_t at = 0; at < numbers.size(); at += line) {
      std::uint64_t rest = at / line, to = place.start[0], step = shape_.axes[0];
      for (std::size_t i = 1; i < place.extent.size(); ++i) {
        to += (place.start[i] + rest % place.extent[i]) * step;
        rest /= place.extent[i];
        step *= shape_.axes[i];
      }
      store(std::span(numbers).subspan(at, line), out_.data() + to * shape_.item());
    }
  }

  template <class Number>
  void store(std::span<const Number> numbers, std::byte* to) const {
    switch (shape_.bitpix) {
      case 8:
        return store_as<std::uint8_t>(numbers, to);
      case 16:
        return store_as<std::int16_t>(numbers, to);
      case 32:
        return store_as<std::int32_t>(numbers, to);
      case 64:
        return store_as<std::int64_t>(numbers, to);
      case -32:
        return store_as<float>(numbers, to);
      default:
        return store_as<double>(numbers, to);
    }
  }

  template <class Stored, class Number>
  static void store_as(std::span<const Number> numbers, std::byte* to) {
    for (const auto number : numbers) {
      const auto stored = static_cast<Stored>(number);
      std::memcpy(to, &stored, sizeof stored);
      to += sizeof stored;
    }
  }

  const std::vector<FitsCard>& cards_;
  BinaryTable table_;
  TiledShape shape_;
  std::string codec_;
  std::vector<std::uint64_t> tile_, tiles_;  // extents of a tile, numbers of tiles, along the axes
  std::uint64_t count_ = 1;
  const TableColumn *data_ = nullptr, *scale_ = nullptr, *zero_ = nullptr, *blank_ = nullptr;
  std::int64_t block_ = 32, bytes_per_pixel_ = 4;
  bool smooth_ = false, quantized_ = false;
  Quantization how_;
  std::vector<std::byte> out_;
};

}  // namespace

bool is_tiled(const Hdu& hdu, const std::vector<FitsCard>& cards) {
  const auto* mark = find_card(cards, "ZIMAGE");
  return hdu.kind == HduKind::binary_table && mark != nullptr && mark->value == Json(true);
}

TiledShape tiled_shape(const std::vector<FitsCard>& cards) {
  TiledShape out;
  out.bitpix = static_cast<int>(std::clamp<std::int64_t>(integer_of(cards, "ZBITPIX").value_or(0), -65, 65));
  const auto axes = integer_of(cards, "ZNAXIS").value_or(-1);
  for (std::int64_t i = 1; i <= std::min(axes, kMaxAxes); ++i) {
    const auto extent = integer_of(cards, fmt::format("ZNAXIS{}", i)).value_or(-1);
    if (extent < 0) throw Error(ErrorCode::corrupt, fmt::format("a compressed image whose ZNAXIS{} is {}", i, extent));
    out.axes.push_back(static_cast<std::uint64_t>(extent));
  }
  constexpr int kTypes[] = {8, 16, 32, 64, -32, -64};
  if (axes < 0 || axes > kMaxAxes || std::ranges::find(kTypes, out.bitpix) == std::end(kTypes))
    throw Error(ErrorCode::corrupt, fmt::format("a compressed image with ZBITPIX {} and ZNAXIS {}", out.bitpix, axes));
  return out;
}

std::vector<std::byte> read_tiles(const Hdu& hdu, const std::vector<FitsCard>& cards) { return TileReader(hdu, cards).read(); }

}  // namespace resonance::fits
