#include "io/proc_file.hpp"

#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance::io {

std::string read_proc(const std::filesystem::path& path) {
  constexpr std::size_t kPiece = 64 << 10, kMost = 64 << 20;
  std::string out;
  try {
    const auto file = posix_file_system()->open(path, OpenMode::read);
    for (std::size_t got = kPiece; got == kPiece && out.size() < kMost;) {
      const auto before = out.size();
      out.resize(before + kPiece);
      got = file->read_at(before, std::as_writable_bytes(std::span(out).subspan(before)));
      out.resize(before + got);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
  }
  return out;
}

}  // namespace resonance::io
