#include "exchange/fits/gunzip.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>

#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

constexpr std::uint64_t kBestRatio = 1032;  // that deflate can reach
constexpr std::uint64_t kLeastRoom = 4096;

using Decompressor = std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>;

/// Append the member that `in` begins with. \return its bytes in `in`
std::size_t append_member(libdeflate_decompressor* context, std::span<const std::byte> in, std::uint64_t most,
                          std::vector<std::byte>& out) {
  const auto before = out.size();
  const auto limit = std::min(most - before, std::max(kLeastRoom, in.size() * kBestRatio));
  for (auto room = std::min<std::uint64_t>(limit, std::max<std::uint64_t>(kLeastRoom, in.size() * 4));; room = std::min(limit, room * 4)) {
    out.resize(before + room);
    std::size_t consumed = 0, written = 0;
    const auto result = libdeflate_gzip_decompress_ex(context, in.data(), in.size(), out.data() + before, room, &consumed, &written);
    if (result == LIBDEFLATE_SUCCESS) {
      out.resize(before + written);
      return consumed;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) throw Error(ErrorCode::corrupt, "its gzip data are damaged or cut off");
    if (room == limit) throw Error(ErrorCode::unsupported, fmt::format("unpacked it has more than {} bytes", most));
  }
}

bool only_zeros(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, std::uint64_t most) {
  thread_local const Decompressor context(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (!context) throw std::bad_alloc();
  std::vector<std::byte> out;
  do {
    bytes = bytes.subspan(append_member(context.get(), bytes, most, out));
  } while (!bytes.empty() && !only_zeros(bytes));
  return out;
}

}  // namespace resonance::fits
