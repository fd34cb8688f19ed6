#include "zarr/codec.hpp"

#include <blosc.h>
#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "resonance/error.hpp"
#include "zarr/byte_order.hpp"
#include "zarr/checksum.hpp"
#include "zarr/compressors.hpp"
#include "zarr/transpose.hpp"

namespace resonance::zarr {
namespace {

constexpr std::size_t kMaxCodecs = 8;
constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{1} << 32;
constexpr std::size_t kChecksumBytes = 4;

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

/// Bytes that are written before they are read: not cleared first.
struct Buffer {
  Buffer() = default;
  explicit Buffer(std::size_t size) : bytes(std::make_unique_for_overwrite<std::byte[]>(size)), length(size) {}
  [[nodiscard]] std::span<std::byte> span() const noexcept { return {bytes.get(), length}; }
  std::unique_ptr<std::byte[]> bytes;
  std::size_t length = 0;
};

[[noreturn]] void throw_unsupported(std::string message) { throw Error(ErrorCode::unsupported, std::move(message)); }
[[noreturn]] void throw_corrupt(std::string message) { throw Error(ErrorCode::corrupt, std::move(message)); }

bool is_array_codec(const CodecSpec& spec) noexcept { return std::holds_alternative<TransposeCodec>(spec); }
bool is_bytes(const CodecSpec& spec) noexcept { return std::holds_alternative<BytesCodec>(spec); }
bool is_checksum(const CodecSpec& spec) noexcept { return std::holds_alternative<Crc32cCodec>(spec); }

/// array → array*, one array → bytes, bytes → bytes*. \return the position of `bytes`
std::size_t require_order(const std::vector<CodecSpec>& specs) {
  if (specs.size() > kMaxCodecs) throw_unsupported(fmt::format("codecs: {} in a chain; at most {} are read", specs.size(), kMaxCodecs));
  const auto bytes = std::find_if(specs.begin(), specs.end(), is_bytes);
  if (bytes == specs.end()) throw_corrupt("codecs: the chain has no 'bytes' codec");
  if (!std::all_of(specs.begin(), bytes, is_array_codec)) throw_corrupt("codecs: a bytes -> bytes codec stands before 'bytes'");
  if (std::any_of(bytes + 1, specs.end(), is_bytes)) throw_corrupt("codecs: the chain has more than one 'bytes' codec");
  if (std::any_of(bytes + 1, specs.end(), is_array_codec)) throw_corrupt("codecs: 'transpose' stands behind 'bytes'");
  return static_cast<std::size_t>(bytes - specs.begin());
}

void require_range(std::string_view what, int value, int low, int high) {
  if (value < low || value > high) throw_corrupt(fmt::format("codecs: {} is {}, not from {} to {}", what, value, low, high));
}

void require_one_of(std::string_view what, const std::string& value, std::initializer_list<std::string_view> names) {
  if (std::find(names.begin(), names.end(), value) == names.end())
    throw_unsupported(fmt::format("codecs: {} '{}' is not one of {}", what, value.substr(0, 40), fmt::join(names, ", ")));
}

void require_blosc(const BloscCodec& codec) {
  require_one_of("blosc cname", codec.cname, {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"});
  require_one_of("blosc shuffle", codec.shuffle, {"noshuffle", "shuffle", "bitshuffle"});
  require_range("blosc clevel", codec.clevel, 0, 9);
  if (codec.typesize == 0) throw_corrupt("codecs: blosc typesize is 0");
  if (codec.blocksize > BLOSC_MAX_BLOCKSIZE)
    throw_corrupt(fmt::format("codecs: blosc blocksize {} is over the limit of the format", codec.blocksize));
}

void require_parameters(const CodecSpec& spec, std::size_t rank) {
  std::visit(Overloaded{
                 [](const BytesCodec&) {},
                 [&](const TransposeCodec& codec) {
                   if (!is_permutation_of_axes(codec.order, rank))
                     throw_corrupt(fmt::format("codecs: transpose order is no permutation of {} axes", rank));
                 },
                 [](const BloscCodec& codec) { require_blosc(codec); },
                 [](const ZstdCodec& codec) { require_range("zstd level", codec.level, ZSTD_minCLevel(), 22); },
                 [](const GzipCodec& codec) { require_range("gzip level", codec.level, 0, 9); },
                 [](const Crc32cCodec&) {},
                 [](const ZlibCodec& codec) { require_range("zlib level", codec.level, 0, 9); },
                 [](const Lz4Codec&) {},
             },
             spec);
}

std::size_t checked_chunk_bytes(const Extents& shape, DType dtype) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) throw_corrupt("codecs: a chunk of length 0");
  const auto elements = checked_product(shape);
  const auto bytes = elements ? checked_multiply(*elements, item_size(dtype)) : std::nullopt;
  if (!bytes) throw_corrupt("codecs: the size of a chunk overflows 64 bits");
  if (*bytes > kMaxChunkBytes) throw_unsupported(fmt::format("codecs: a chunk of {} bytes; at most {} are read", *bytes, kMaxChunkBytes));
  return *bytes;
}

std::size_t stage_bound(const CodecSpec& spec, std::size_t bytes) {
  return std::visit(
      Overloaded{
          [&](const BloscCodec& codec) {
            if (bytes > BLOSC_MAX_BUFFERSIZE)
              throw_unsupported(fmt::format("codecs: blosc holds less than 2 GiB, a chunk has {} bytes", bytes));
            return bound(codec, bytes);
          },
          [&](const Lz4Codec& codec) {
            if (bytes > kMaxLz4Bytes)
              throw_unsupported(fmt::format("codecs: an LZ4 block holds at most {} bytes, a chunk has {}", kMaxLz4Bytes, bytes));
            return bound(codec, bytes);
          },
          [&](const Crc32cCodec&) { return bytes + kChecksumBytes; },
          [&](const BytesCodec&) { return bytes; },
          [&](const TransposeCodec&) { return bytes; },
          [&](const auto& codec) { return bound(codec, bytes); },
      },
      spec);
}

std::size_t append_checksum(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.data() != out.data()) std::memcpy(out.data(), in.data(), in.size());
  store_little(out.data() + in.size(), crc32c(in));
  return in.size() + kChecksumBytes;
}

std::size_t encode_stage(const CodecSpec& spec, std::span<const std::byte> in, std::span<std::byte> out) {
  return std::visit(Overloaded{
                        [&](const Crc32cCodec&) { return append_checksum(in, out); },
                        [&](const BytesCodec&) { return std::size_t{0}; },
                        [&](const TransposeCodec&) { return std::size_t{0}; },
                        [&](const auto& codec) { return compress(codec, in, out); },
                    },
                    spec);
}

std::span<const std::byte> without_checksum(std::span<const std::byte> in) {
  if (in.size() < kChecksumBytes) throw_corrupt(fmt::format("crc32c: {} bytes cannot hold a checksum", in.size()));
  const auto body = in.first(in.size() - kChecksumBytes);
  const auto stored = load_little<std::uint32_t>(in.data() + body.size());
  const auto computed = crc32c(body);
  if (stored != computed) throw_corrupt(fmt::format("crc32c: the chunk says {:08x}, its bytes give {:08x}", stored, computed));
  return body;
}

std::size_t decode_stage(const CodecSpec& spec, std::span<const std::byte> in, std::span<std::byte> out) {
  return std::visit(Overloaded{
                        [](const Crc32cCodec&) { return std::size_t{0}; },
                        [](const BytesCodec&) { return std::size_t{0}; },
                        [](const TransposeCodec&) { return std::size_t{0}; },
                        [&](const auto& codec) { return decompress(codec, in, out); },
                    },
                    spec);
}

const char* shuffle_name(Shuffle shuffle) noexcept {
  return shuffle == Shuffle::bits ? "bitshuffle" : shuffle == Shuffle::bytes ? "shuffle" : "noshuffle";
}

void require_size(std::string_view what, std::size_t actual, std::size_t expected) {
  if (actual != expected) throw Error(ErrorCode::invalid_argument, fmt::format("{} has {} bytes, not {}", what, actual, expected));
}

}  // namespace

CodecChain::CodecChain(std::vector<CodecSpec> specs, DType dtype, std::vector<std::uint64_t> chunk_shape)
    : specs_(std::move(specs)),
      dtype_(dtype),
      chunk_shape_(std::move(chunk_shape)),
      decoded_bytes_(checked_chunk_bytes(chunk_shape_, dtype)) {
  const auto bytes_at = require_order(specs_);
  first_stage_ = bytes_at + 1;
  swaps_ = item_size(dtype) > 1 && std::get<BytesCodec>(specs_[bytes_at]).big_endian != (std::endian::native == std::endian::big);
  for (const auto& spec : specs_) {
    require_parameters(spec, chunk_shape_.size());
    if (const auto* codec = std::get_if<TransposeCodec>(&spec)) order_ = composed(order_, codec->order);
  }
  if (std::is_sorted(order_.begin(), order_.end())) order_.clear();
  auto bytes = decoded_bytes_;
  for (std::size_t i = first_stage_; i < specs_.size(); ++i) bounds_.push_back(bytes = stage_bound(specs_[i], bytes));
}

CodecChain CodecChain::for_frames(Codec codec, int level, DType dtype, std::vector<std::uint64_t> chunk_shape, const BloscOptions& blosc) {
  const int lowest = codec == Codec::zstd ? ZSTD_minCLevel() : 0, highest = codec == Codec::zstd ? 22 : 9;
  if (codec != Codec::none && level != -1 && (level < lowest || level > highest))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("compression level {} of {} is not from {} to {}", level, to_string(codec), lowest, highest));
  const int chosen = level == -1 ? 1 : level;
  std::vector<CodecSpec> specs{BytesCodec{}};
  if (codec == Codec::blosc && blosc_compname_to_compcode(blosc.compressor.c_str()) < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("c-blosc has no compressor '{}' on this machine; it has {}",
                                                         printable(blosc.compressor), blosc_list_compressors()));
  if (codec == Codec::blosc)
    specs.emplace_back(
        BloscCodec{.cname = blosc.compressor, .clevel = chosen, .shuffle = shuffle_name(blosc.shuffle), .typesize = item_size(dtype)});
  if (codec == Codec::zstd) specs.emplace_back(ZstdCodec{.level = chosen});
  if (codec == Codec::gzip) specs.emplace_back(GzipCodec{.level = chosen});
  return {std::move(specs), dtype, std::move(chunk_shape)};
}

std::size_t CodecChain::max_encoded_bytes() const noexcept { return bounds_.empty() ? decoded_bytes_ : bounds_.back(); }

bool CodecChain::is_raw() const noexcept { return bounds_.empty() && order_.empty() && !swaps_ && !specs_.empty(); }

std::size_t CodecChain::encode(std::span<const std::byte> chunk, std::span<std::byte> out) const {
  require_size("a chunk to encode", chunk.size(), decoded_bytes_);
  if (out.size() < max_encoded_bytes()) require_size("the buffer for an encoded chunk", out.size(), max_encoded_bytes());

  auto current = chunk;
  Buffer held;  // what `current` points into, when it is neither `chunk` nor `out`
  if (!order_.empty() || swaps_) {
    held = Buffer(decoded_bytes_);
    if (order_.empty())
      std::memcpy(held.bytes.get(), chunk.data(), chunk.size());
    else
      transpose(chunk, chunk_shape_, order_, item_size(dtype_), held.span());
    if (swaps_) swap_elements(held.span(), item_size(dtype_));
    current = held.span();
  }
  // The last compressor writes to `out`; checksums behind it are appended in place.
  auto last = bounds_.size();
  while (last > 0 && is_checksum(specs_[first_stage_ + last - 1])) --last;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    const bool to_out = i + 1 >= last;
    Buffer next = to_out ? Buffer() : Buffer(bounds_[i]);
    const auto target = to_out ? out.first(bounds_[i]) : next.span();
    current = target.first(encode_stage(specs_[first_stage_ + i], current, target));
    if (!to_out) std::swap(held, next);
  }
  if (bounds_.empty()) std::memcpy(out.data(), current.data(), current.size());
  return current.size();
}

std::optional<std::size_t> CodecChain::encoded_length(std::span<const std::byte> in) const {
  if (bounds_.size() != 1 || !order_.empty() || swaps_) return std::nullopt;
  const auto& spec = specs_[first_stage_];
  if (const auto* codec = std::get_if<BloscCodec>(&spec)) return zarr::encoded_length(*codec, in, decoded_bytes_);
  if (const auto* codec = std::get_if<ZstdCodec>(&spec)) return zarr::encoded_length(*codec, in, decoded_bytes_);
  if (const auto* codec = std::get_if<GzipCodec>(&spec)) return zarr::encoded_length(*codec, in, decoded_bytes_);
  return std::nullopt;
}

void CodecChain::decode(std::span<const std::byte> encoded, std::span<std::byte> out) const {
  require_size("the buffer for a decoded chunk", out.size(), decoded_bytes_);

  auto current = encoded;
  Buffer held;  // what `current` points into, when it is neither `encoded` nor `out`
  for (std::size_t i = bounds_.size(); i-- > 0;) {
    const auto& spec = specs_[first_stage_ + i];
    if (is_checksum(spec)) {
      current = without_checksum(current);
      continue;
    }
    const bool to_out = i == 0 && order_.empty();
    Buffer next = to_out ? Buffer() : Buffer(i == 0 ? decoded_bytes_ : bounds_[i - 1]);
    const auto target = to_out ? out : next.span();
    current = target.first(decode_stage(spec, current, target));
    if (!to_out) std::swap(held, next);
  }
  if (current.size() != decoded_bytes_)
    throw_corrupt(fmt::format("{}: the chunk decodes to {} bytes instead of {}", name(), current.size(), decoded_bytes_));
  if (!order_.empty())
    transpose(current, permuted(chunk_shape_, order_), inverse(order_), item_size(dtype_), out);
  else if (current.data() != out.data())
    std::memcpy(out.data(), current.data(), current.size());
  if (swaps_) swap_elements(out, item_size(dtype_));
}

}  // namespace resonance::zarr
