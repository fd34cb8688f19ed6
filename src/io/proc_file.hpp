/// Tables that the kernel shows as files.
#pragma once

#include <filesystem>
#include <string>

namespace resonance::io {

/// All of a file below /proc, whose length nobody knows before. Empty where there is none, and behind 64 MiB. \throws Error(io)
[[nodiscard]] std::string read_proc(const std::filesystem::path& path);

}  // namespace resonance::io
