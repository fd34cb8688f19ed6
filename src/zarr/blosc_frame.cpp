#include "zarr/blosc_frame.hpp"

#include <blosc.h>
#include <fmt/format.h>
#include <zstd.h>

#include <cstdint>

#include "resonance/error.hpp"
#include "zarr/byte_order.hpp"

namespace resonance::zarr {
namespace {

// The Blosc 1 format: a header of 16 bytes, where each block begins (4 bytes each), the blocks. A block is one stream, or one
// for each byte of an element; in front of each stream is its length (4 bytes).
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kNumberBytes = 4;
constexpr unsigned kCopied = 0x02, kReserved = 0x08, kNotSplit = 0x10;
constexpr unsigned kFormatShift = 5, kBlosclz = 0, kZstd = 4;
constexpr std::uint32_t kMaxStreams = 16, kSmallestStream = 128;
/// A BloscLZ match adds 255 to an int for each byte ff. No block is long enough for a match of that many.
constexpr std::size_t kLongestRun = std::size_t{1} << 23;

[[noreturn]] void throw_corrupt(std::string message) { throw Error(ErrorCode::corrupt, "blosc: " + std::move(message)); }

struct Header {
  unsigned flags = 0;
  std::uint32_t typesize = 0, content = 0, blocksize = 0;
  [[nodiscard]] unsigned format() const noexcept { return flags >> kFormatShift; }
  [[nodiscard]] bool is_split() const noexcept {
    return (flags & kNotSplit) == 0 && typesize <= kMaxStreams && blocksize / typesize >= kSmallestStream;
  }
};

Header parse_header(std::span<const std::byte> in) {
  if (in.size() < kHeaderBytes) throw_corrupt(fmt::format("{} bytes hold no header", in.size()));
  Header header;
  header.flags = std::to_integer<unsigned>(in[2]);
  header.typesize = std::to_integer<std::uint32_t>(in[3]);
  header.content = load_little<std::uint32_t>(in.data() + 4);
  header.blocksize = load_little<std::uint32_t>(in.data() + 8);
  if (load_little<std::uint32_t>(in.data() + 12) != in.size()) throw_corrupt(fmt::format("the header does not fit {} bytes", in.size()));
  if (std::to_integer<unsigned>(in[0]) != BLOSC_VERSION_FORMAT || (header.flags & kReserved) != 0)
    throw_corrupt(fmt::format("the header is not of format {}", BLOSC_VERSION_FORMAT));
  const bool empty = header.content == 0;
  if (!empty && (header.typesize == 0 || header.blocksize == 0 || header.blocksize > BLOSC_MAX_BLOCKSIZE))
    throw_corrupt(fmt::format("the header says typesize {}, blocksize {}", header.typesize, header.blocksize));
  return header;
}

void require_sound_blosclz(std::span<const std::byte> stream) {
  if (stream.size() < kLongestRun) return;
  std::size_t run = 0;
  for (const auto byte : stream) {
    run = byte == std::byte{0xff} ? run + 1 : 0;
    if (run == kLongestRun) throw_corrupt("a match longer than any block");
  }
}

void require_sound_zstd(std::span<const std::byte> stream) {
  if (stream.size() < kNumberBytes || load_little<std::uint32_t>(stream.data()) != ZSTD_MAGICNUMBER)
    throw_corrupt("a stream that is no zstd frame");
}

/// The streams of one block, from byte `at` on.
void require_sound_block(const Header& header, std::span<const std::byte> in, std::uint64_t at, std::uint32_t bytes,
                         std::uint32_t streams) {
  const std::uint32_t decoded = bytes / streams;
  if (bytes % streams != 0) throw_corrupt(fmt::format("a block of {} bytes in {} streams", bytes, streams));
  for (std::uint32_t i = 0; i < streams; ++i) {
    if (at + kNumberBytes > in.size()) throw_corrupt(fmt::format("a stream begins at byte {} of {}", at, in.size()));
    const auto length = load_little<std::uint32_t>(in.data() + at);
    at += kNumberBytes;
    if (length > in.size() - at) throw_corrupt(fmt::format("a stream of {} bytes at byte {} of {}", length, at, in.size()));
    const auto stream = in.subspan(at, length);
    at += length;
    if (length == decoded) continue;  // stored as it is
    if (header.format() == kBlosclz) require_sound_blosclz(stream);
    if (header.format() == kZstd) require_sound_zstd(stream);
  }
}

}  // namespace

void require_sound_blosc(std::span<const std::byte> in) {
  const auto header = parse_header(in);
  if (header.content == 0) return;
  if ((header.flags & kCopied) != 0) {
    if (in.size() - kHeaderBytes != header.content) throw_corrupt(fmt::format("{} bytes stored in {}", header.content, in.size()));
    return;
  }
  const std::uint64_t blocks = (std::uint64_t{header.content} + header.blocksize - 1) / header.blocksize;
  if (blocks > (in.size() - kHeaderBytes) / kNumberBytes) throw_corrupt(fmt::format("{} blocks in {} bytes", blocks, in.size()));
  for (std::uint64_t block = 0; block < blocks; ++block) {
    const auto at = load_little<std::uint32_t>(in.data() + kHeaderBytes + block * kNumberBytes);
    if (at < kHeaderBytes + blocks * kNumberBytes) throw_corrupt(fmt::format("block {} begins at byte {}, in the header", block, at));
    const auto left = header.content - block * header.blocksize;
    const bool whole = left >= header.blocksize;
    require_sound_block(header, in, at, whole ? header.blocksize : static_cast<std::uint32_t>(left),
                        whole && header.is_split() ? header.typesize : 1);
  }
}

}  // namespace resonance::zarr
