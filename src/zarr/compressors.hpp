/// The compressing codecs of a chunk, each over the library that defines its format. Contexts are kept per thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "zarr/codec.hpp"

namespace resonance::zarr {

inline constexpr std::size_t kMaxLz4Bytes = 0x7e000000;  ///< in one LZ4 block

/// Longest result for `bytes` bytes.
[[nodiscard]] std::size_t bound(const BloscCodec& codec, std::size_t bytes) noexcept;
[[nodiscard]] std::size_t bound(const ZstdCodec& codec, std::size_t bytes) noexcept;
[[nodiscard]] std::size_t bound(const GzipCodec& codec, std::size_t bytes) noexcept;
[[nodiscard]] std::size_t bound(const ZlibCodec& codec, std::size_t bytes) noexcept;
[[nodiscard]] std::size_t bound(const Lz4Codec& codec, std::size_t bytes) noexcept;

/// `out` holds at least bound() bytes. \return bytes written
std::size_t compress(const BloscCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t compress(const ZstdCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t compress(const GzipCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t compress(const ZlibCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t compress(const Lz4Codec& codec, std::span<const std::byte> in, std::span<std::byte> out);

/// Never writes past `out`, whatever the header of `in` says. \return bytes written \throws Error(corrupt)
std::size_t decompress(const BloscCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t decompress(const ZstdCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t decompress(const GzipCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t decompress(const ZlibCodec& codec, std::span<const std::byte> in, std::span<std::byte> out);
std::size_t decompress(const Lz4Codec& codec, std::span<const std::byte> in, std::span<std::byte> out);

/// How many bytes the encoded chunk takes that `in` begins with, as it says itself; nothing when none begins there.
/// \param decoded_bytes what the chunk must decode to
[[nodiscard]] std::optional<std::size_t> encoded_length(const BloscCodec& codec, std::span<const std::byte> in, std::size_t decoded_bytes);
[[nodiscard]] std::optional<std::size_t> encoded_length(const ZstdCodec& codec, std::span<const std::byte> in, std::size_t decoded_bytes);
[[nodiscard]] std::optional<std::size_t> encoded_length(const GzipCodec& codec, std::span<const std::byte> in, std::size_t decoded_bytes);

}  // namespace resonance::zarr
