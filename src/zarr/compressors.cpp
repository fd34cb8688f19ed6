#include "zarr/compressors.hpp"

#include <blosc.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <lz4.h>
#include <zstd.h>

#include <array>
#include <climits>
#include <memory>
#include <new>

#include "resonance/error.hpp"
#include "zarr/blosc_frame.hpp"
#include "zarr/byte_order.hpp"

namespace resonance::zarr {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

template <class Owner>
auto* required(const Owner& owner) {
  if (!owner) throw std::bad_alloc();
  return owner.get();
}

constexpr std::size_t kLz4PrefixBytes = 4;

[[noreturn]] void throw_corrupt(std::string message) { throw Error(ErrorCode::corrupt, std::move(message)); }

int blosc_shuffle(const std::string& name) noexcept {
  return name == "bitshuffle" ? BLOSC_BITSHUFFLE : name == "shuffle" ? BLOSC_SHUFFLE : BLOSC_NOSHUFFLE;
}

// The contexts of zstd and libdeflate are hundreds of kilobytes: one of each kind a thread, made at first use.

ZSTD_CCtx* zstd_compressor() {
  thread_local const Handle<ZSTD_CCtx, ZSTD_freeCCtx> context(ZSTD_createCCtx());
  return required(context);
}

ZSTD_DCtx* zstd_decompressor() {
  thread_local const Handle<ZSTD_DCtx, ZSTD_freeDCtx> context(ZSTD_createDCtx());
  return required(context);
}

libdeflate_compressor* deflate_compressor(int level) {
  thread_local std::array<Handle<libdeflate_compressor, libdeflate_free_compressor>, 10> compressors;
  auto& compressor = compressors.at(static_cast<std::size_t>(level));
  if (!compressor) compressor.reset(libdeflate_alloc_compressor(level));
  return required(compressor);
}

libdeflate_decompressor* deflate_decompressor() {
  thread_local const Handle<libdeflate_decompressor, libdeflate_free_decompressor> decompressor(libdeflate_alloc_decompressor());
  return required(decompressor);
}

/// Length of the zstd frame that `in` begins with, after looking at its header.
std::size_t zstd_frame_bytes(std::span<const std::byte> in, std::size_t room) {
  // libzstd also decodes its pre-standard formats; Zarr has none of those, and their decoders are old.
  const auto magic = in.size() < 4 ? 0 : load_little<std::uint32_t>(in.data());
  if (magic != ZSTD_MAGICNUMBER && (magic & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START)
    throw_corrupt(fmt::format("zstd: {} bytes that are no zstd frame", in.size()));
  const auto frame = ZSTD_findFrameCompressedSize(in.data(), in.size());
  if (ZSTD_isError(frame)) throw_corrupt(fmt::format("zstd: {}", ZSTD_getErrorName(frame)));
  const auto content = ZSTD_getFrameContentSize(in.data(), in.size());
  if (content == ZSTD_CONTENTSIZE_ERROR) throw_corrupt("zstd: the frame header is damaged");
  if (content != ZSTD_CONTENTSIZE_UNKNOWN && content > room)
    throw_corrupt(fmt::format("zstd: the frame says it holds {} bytes, there is room for {}", content, room));
  return frame;
}

}  // namespace

std::size_t bound(const BloscCodec&, std::size_t bytes) noexcept { return bytes + BLOSC_MAX_OVERHEAD; }
std::size_t bound(const ZstdCodec&, std::size_t bytes) noexcept { return ZSTD_compressBound(bytes); }
std::size_t bound(const GzipCodec&, std::size_t bytes) noexcept { return libdeflate_gzip_compress_bound(nullptr, bytes); }
std::size_t bound(const ZlibCodec&, std::size_t bytes) noexcept { return libdeflate_zlib_compress_bound(nullptr, bytes); }
std::size_t bound(const Lz4Codec&, std::size_t bytes) noexcept {
  return kLz4PrefixBytes + static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(bytes)));
}

std::size_t compress(const BloscCodec& codec, std::span<const std::byte> in, std::span<std::byte> out) {
  const int written = blosc_compress_ctx(codec.clevel, blosc_shuffle(codec.shuffle), codec.typesize, in.size(), in.data(), out.data(),
                                         out.size(), codec.cname.c_str(), codec.blocksize, 1);
  if (written <= 0)
    throw Error(ErrorCode::unsupported,
                fmt::format("blosc: this build of c-blosc cannot compress with {} (code {})", codec.cname, written));
  return static_cast<std::size_t>(written);
}

std::size_t compress(const ZstdCodec& codec, std::span<const std::byte> in, std::span<std::byte> out) {
  auto* context = zstd_compressor();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, codec.level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, codec.checksum ? 1 : 0);
  const auto written = ZSTD_compress2(context, out.data(), out.size(), in.data(), in.size());
  if (ZSTD_isError(written)) throw Error(ErrorCode::internal, fmt::format("zstd: {}", ZSTD_getErrorName(written)));
  return written;
}

std::size_t compress(const GzipCodec& codec, std::span<const std::byte> in, std::span<std::byte> out) {
  const auto written = libdeflate_gzip_compress(deflate_compressor(codec.level), in.data(), in.size(), out.data(), out.size());
  if (written == 0) throw Error(ErrorCode::internal, fmt::format("gzip: {} bytes do not fit into {}", in.size(), out.size()));
  return written;
}

std::size_t compress(const ZlibCodec& codec, std::span<const std::byte> in, std::span<std::byte> out) {
  const auto written = libdeflate_zlib_compress(deflate_compressor(codec.level), in.data(), in.size(), out.data(), out.size());
  if (written == 0) throw Error(ErrorCode::internal, fmt::format("zlib: {} bytes do not fit into {}", in.size(), out.size()));
  return written;
}

std::size_t compress(const Lz4Codec& codec, std::span<const std::byte> in, std::span<std::byte> out) {
  store_little(out.data(), static_cast<std::uint32_t>(in.size()));
  const auto room = out.subspan(kLz4PrefixBytes);
  const int written = LZ4_compress_fast(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(room.data()),
                                        static_cast<int>(in.size()), static_cast<int>(room.size()), codec.acceleration);
  if (written <= 0) throw Error(ErrorCode::internal, fmt::format("lz4: {} bytes do not fit into {}", in.size(), room.size()));
  return kLz4PrefixBytes + static_cast<std::size_t>(written);
}

std::size_t decompress(const BloscCodec&, std::span<const std::byte> in, std::span<std::byte> out) {
  // c-blosc is not told how long the input is: it trusts the length in the header, which this compares.
  std::size_t content = 0;
  if (blosc_cbuffer_validate(in.data(), in.size(), &content) != 0)
    throw_corrupt(fmt::format("blosc: the header does not fit {} bytes of input", in.size()));
  if (content > out.size())
    throw_corrupt(fmt::format("blosc: the header says it holds {} bytes, there is room for {}", content, out.size()));
  require_sound_blosc(in);
  const int written = blosc_decompress_ctx(in.data(), out.data(), out.size(), 1);
  if (written < 0 || static_cast<std::size_t>(written) != content)
    throw_corrupt(fmt::format("blosc: the data are damaged (code {})", written));
  return content;
}

std::size_t decompress(const ZstdCodec&, std::span<const std::byte> in, std::span<std::byte> out) {
  // Whole frames at once: libzstd then needs no window of its own, so no header can make it allocate one.
  auto* context = zstd_decompressor();
  std::size_t total = 0;
  while (!in.empty()) {
    const auto room = out.subspan(total);
    const auto frame = zstd_frame_bytes(in, room.size());
    const auto written = ZSTD_decompressDCtx(context, room.data(), room.size(), in.data(), frame);
    if (ZSTD_isError(written)) throw_corrupt(fmt::format("zstd: {}", ZSTD_getErrorName(written)));
    total += written;
    in = in.subspan(frame);
  }
  return total;
}

std::size_t decompress(const GzipCodec&, std::span<const std::byte> in, std::span<std::byte> out) {
  auto* context = deflate_decompressor();
  std::size_t total = 0;
  while (!in.empty()) {  // one or more gzip members
    const auto room = out.subspan(total);
    std::size_t consumed = 0, written = 0;
    const auto result = libdeflate_gzip_decompress_ex(context, in.data(), in.size(), room.data(), room.size(), &consumed, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) throw_corrupt(fmt::format("gzip: the data hold more than {} bytes", out.size()));
    if (result != LIBDEFLATE_SUCCESS)
      throw_corrupt(total == 0 ? "gzip: the data are damaged" : "gzip: damaged data or garbage after the first member");
    total += written;
    in = in.subspan(consumed);
  }
  return total;
}

std::size_t decompress(const ZlibCodec&, std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t consumed = 0, written = 0;
  const auto result =
      libdeflate_zlib_decompress_ex(deflate_decompressor(), in.data(), in.size(), out.data(), out.size(), &consumed, &written);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) throw_corrupt(fmt::format("zlib: the data hold more than {} bytes", out.size()));
  if (result != LIBDEFLATE_SUCCESS) throw_corrupt("zlib: the data are damaged");
  if (consumed != in.size()) throw_corrupt(fmt::format("zlib: {} bytes of garbage behind the data", in.size() - consumed));
  return written;
}

std::size_t decompress(const Lz4Codec&, std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.size() <= kLz4PrefixBytes || in.size() > INT_MAX) throw_corrupt(fmt::format("lz4: {} bytes are no LZ4 block", in.size()));
  const auto content = load_little<std::uint32_t>(in.data());
  if (content > out.size()) throw_corrupt(fmt::format("lz4: the data say they hold {} bytes, there is room for {}", content, out.size()));
  const auto block = in.subspan(kLz4PrefixBytes);
  const int written = LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
                                          static_cast<int>(block.size()), static_cast<int>(content));
  if (written < 0 || static_cast<std::uint32_t>(written) != content) throw_corrupt("lz4: the data are damaged");
  return content;
}

std::optional<std::size_t> encoded_length(const BloscCodec&, std::span<const std::byte> in, std::size_t decoded_bytes) {
  constexpr std::size_t kDecodedAt = 4, kEncodedAt = 12;
  if (in.size() < BLOSC_MIN_HEADER_LENGTH || in[0] != std::byte{BLOSC_VERSION_FORMAT}) return std::nullopt;
  const std::size_t length = load_little<std::uint32_t>(in.data() + kEncodedAt);
  if (load_little<std::uint32_t>(in.data() + kDecodedAt) != decoded_bytes || length < BLOSC_MIN_HEADER_LENGTH || length > in.size())
    return std::nullopt;
  return length;
}

std::optional<std::size_t> encoded_length(const ZstdCodec&, std::span<const std::byte> in, std::size_t decoded_bytes) {
  try {
    const auto length = zstd_frame_bytes(in, decoded_bytes);
    return ZSTD_getFrameContentSize(in.data(), in.size()) == decoded_bytes ? std::optional(length) : std::nullopt;
  } catch (const Error&) {  // no frame
    return std::nullopt;
  }
}

std::optional<std::size_t> encoded_length(const GzipCodec&, std::span<const std::byte> in, std::size_t decoded_bytes) {
  std::vector<std::byte> decoded(decoded_bytes);
  std::size_t consumed = 0, written = 0;
  const auto result =
      libdeflate_gzip_decompress_ex(deflate_decompressor(), in.data(), in.size(), decoded.data(), decoded.size(), &consumed, &written);
  return result == LIBDEFLATE_SUCCESS && written == decoded_bytes ? std::optional(consumed) : std::nullopt;
}

}  // namespace resonance::zarr
