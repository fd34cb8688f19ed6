/// The least that storing frames can cost: writing the bytes and nothing else, or the codec and nothing else.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <vector>

#include "stopwatch.hpp"
#include "workers.hpp"
#include "zarr/codec.hpp"

namespace resonance::bench {

using Frames = std::vector<std::vector<std::byte>>;

/// A file of full size whose blocks are allocated, written front to back. The kernel is asked to write early, as we do.
/// \return seconds until the last byte is written, or `durable`: on stable storage
inline double plain_pwrite(const std::filesystem::path& path, const Frames& frames, std::uint64_t count, bool durable) {
  const auto frame_bytes = frames[0].size();
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0 || ::posix_fallocate(file, 0, static_cast<off_t>(count * frame_bytes)) != 0 || ::fsync(file) != 0)
    throw std::runtime_error("cannot make " + path.string());
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto& frame = frames[i % frames.size()];
    const auto offset = static_cast<off_t>(i * frame_bytes);
    if (::pwrite(file, frame.data(), frame_bytes, offset) != static_cast<ssize_t>(frame_bytes)) throw std::runtime_error("cannot write");
    ::sync_file_range(file, offset, static_cast<off_t>(frame_bytes), SYNC_FILE_RANGE_WRITE);
  }
  if (durable) ::fdatasync(file);
  const auto seconds = watch.seconds();
  ::fdatasync(file);
  ::close(file);
  std::filesystem::remove(path);
  return seconds;
}

/// Encode chunks on every worker, each into memory of its own.
class EncodeFloor {
 public:
  EncodeFloor(const zarr::CodecChain& chain, unsigned cores)
      : chain_(chain), workers_(cores), out_(workers_.size(), std::vector<std::byte>(chain.max_encoded_bytes())) {}

  /// `count` chunks; number i is chunks[i % chunks.size()].
  void run(const Frames& chunks, std::uint64_t count) {
    workers_.run(count, [&](std::uint64_t i, unsigned worker) { (void)chain_.encode(chunks[i % chunks.size()], out_[worker]); });
  }
  [[nodiscard]] std::size_t encoded_bytes(const std::vector<std::byte>& chunk) { return chain_.encode(chunk, out_[0]); }

 private:
  const zarr::CodecChain& chain_;
  Workers workers_;
  Frames out_;
};

[[nodiscard]] inline Frames encode_all(const zarr::CodecChain& chain, const Frames& frames) {
  Frames out;
  for (const auto& frame : frames) {
    auto& bytes = out.emplace_back(chain.max_encoded_bytes());
    bytes.resize(chain.encode(frame, bytes));
    bytes.shrink_to_fit();
  }
  return out;
}

}  // namespace resonance::bench
