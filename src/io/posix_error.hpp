/// errno → Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace resonance::io {

/// "writing 4096 bytes at 8192: No space left on device" with path, offset and errno in the detail.
[[noreturn]] void throw_errno(int error, std::string_view doing, const std::filesystem::path& path,
                              std::optional<std::uint64_t> offset = {});

}  // namespace resonance::io
