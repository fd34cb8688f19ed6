/// errno → Error.
#pragma once

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace resonance::io {

/// "writing 4096 bytes at 8192: No space left on device" with path, offset and errno in the detail.
[[noreturn]] void throw_errno(int error, std::string_view doing, const std::filesystem::path& path,
                              std::optional<std::uint64_t> offset = {});

/// A system call that gives something negative when it fails, made again when a signal came between.
template <class Call>
[[nodiscard]] auto retried(Call&& call) {
  auto out = call();
  while (out < 0 && errno == EINTR) out = call();
  return out;
}

}  // namespace resonance::io
