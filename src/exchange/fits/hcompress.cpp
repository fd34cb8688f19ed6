/// HCOMPRESS through cfitsio, which trusts what it reads: so its input is looked at before, and ends in zeros enough.
#include <fitsio.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>

#include "exchange/fits/big_endian.hpp"
#include "exchange/fits/tile_codecs.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

constexpr std::size_t kHeader = 25;  // magic, extents, scale, sum, bit planes
constexpr std::uint64_t kMostPixels = 1u << 26;
constexpr unsigned kMostPlanes = 60;

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};
using ZeroedBytes = std::unique_ptr<unsigned char[], Free>;

ZeroedBytes zeroed(std::size_t bytes) {
  ZeroedBytes out(static_cast<unsigned char*>(std::calloc(bytes, 1)));
  if (!out) throw std::bad_alloc();
  return out;
}

struct Header {
  std::uint64_t rows, columns;
  unsigned planes;  // most of the three
};

/// \throws Error when it does not promise exactly `pixels`
Header read_header(std::span<const std::byte> in, std::uint64_t pixels) {
  if (in.size() < kHeader || in[0] != std::byte{0xDD} || in[1] != std::byte{0x99})
    throw Error(ErrorCode::corrupt, "an HCOMPRESS_1 tile without its header");
  const auto rows = load<std::int32_t>(in.data() + 2), columns = load<std::int32_t>(in.data() + 6);
  const auto planes = std::to_integer<unsigned>(*std::max_element(in.begin() + 22, in.begin() + 25));
  if (rows < 1 || columns < 1 || static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns) != pixels || planes > kMostPlanes)
    throw Error(ErrorCode::corrupt, fmt::format("an HCOMPRESS_1 tile of {} x {} pixels in {} planes of bits instead of {} pixels", rows,
                                                columns, planes, pixels));
  if (rows < 2 || columns < 2 || pixels > kMostPixels)
    throw Error(ErrorCode::unsupported, fmt::format("an HCOMPRESS_1 tile of {} x {} pixels", rows, columns));
  return {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), planes};
}

/// What the decoder reads at most, whatever the bits are: in each plane of each quadrant, codes of up to 6 bits for groups of four
/// pixels, groups of groups and so on, which are fewer than twice the groups; then a sign for each pixel.
std::size_t most_read(const Header& header) {
  const auto groups = (header.rows / 4 + 2) * (header.columns / 4 + 2);
  return kHeader + 4 * header.planes * (2 * groups + 64) + header.rows * header.columns / 8 + 64;
}

}  // namespace

void decode_hcompress(std::span<const std::byte> in, bool smooth, std::span<std::int64_t> out) {
  static std::mutex one_at_a_time;  // the decoder keeps its place in variables of the program
  // Without this its own lock is none that a thread may take twice, as it does for the message of an error: it would wait for ever.
  static const int prepared = fits_init_cfitsio();
  if (prepared != 0) throw Error(ErrorCode::internal, fmt::format("cfitsio cannot be prepared ({})", prepared));
  const auto header = read_header(in, out.size());
  const auto input = zeroed(in.size() + most_read(header));
  std::memcpy(input.get(), in.data(), in.size());
  const auto pixels = zeroed(out.size() * sizeof(LONGLONG));
  int rows = 0, columns = 0, scale = 0, status = 0;
  {
    const std::lock_guard lock(one_at_a_time);
    fits_hdecompress64(input.get(), smooth ? 1 : 0, reinterpret_cast<LONGLONG*>(pixels.get()), &rows, &columns, &scale, &status);
    fits_clear_errmsg();
  }
  if (status != 0) throw Error(ErrorCode::corrupt, fmt::format("an HCOMPRESS_1 tile is damaged (cfitsio {})", status));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = load<std::int32_t>(reinterpret_cast<const std::byte*>(pixels.get()) + 4 * i, false);
}

}  // namespace resonance::fits
