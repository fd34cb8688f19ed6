/// What the tests of this layer share: a store in a temporary folder, frames that are known by their number.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <random>

#include "frames/frame_array_reader.hpp"
#include "frames/frame_array_writer.hpp"
#include "support/fails.hpp"
#include "support/temporary_folder.hpp"
#include "support/watched_files.hpp"
#include "zarr/byte_order.hpp"

namespace resonance::frames {

using Bytes = std::vector<std::byte>;

inline constexpr const char* kGroup = "runs/0190b5a0/ccd";
inline constexpr std::uint64_t kMiB = 1 << 20;
inline constexpr Codec kAllCodecs[] = {Codec::none, Codec::blosc, Codec::zstd, Codec::gzip};
inline constexpr Codec kCompressing[] = {Codec::blosc, Codec::zstd, Codec::gzip};

/// Frame `number` of a series: no two are alike, and each compresses to another length.
inline Bytes frame_of(const Geometry& geometry, std::uint64_t number, unsigned series = 0) {
  Bytes out(geometry.frame_bytes());
  std::mt19937_64 random(number * 7919 + series);
  const auto noisy = out.size() / 4 + (number * 37 + series * 11) % 16 * (out.size() / 32);
  for (std::size_t i = 0; i + 8 <= noisy && i + 8 <= out.size(); i += 8) {
    const auto value = random();
    std::memcpy(out.data() + i, &value, 8);
  }
  out.back() = static_cast<std::byte>(number + 1);
  return out;
}

inline FrameOptions with(Codec codec, std::uint64_t shard_bytes = kMiB) {
  return {.codec = codec, .level = -1, .blosc = {}, .shard_bytes = shard_bytes, .frames_per_chunk = 0};
}

struct WritingMeans {
  WorkerPool pool{2};
  FrameMemory memory{64 << 20};
};

/// An array writer with threads and memory of its own, whose frames are in the page cache when append() returns.
class ArrayWriter final : private WritingMeans, public FrameArrayWriter {
 public:
  ArrayWriter(std::shared_ptr<io::FileSystem> files, const std::filesystem::path& store, const std::string& group, Layout layout)
      : FrameArrayWriter(std::move(files), store, group, std::move(layout), Means{pool, memory}) {}
  std::uint64_t append(std::span<const std::byte> frame) {
    const auto number = FrameArrayWriter::append({frame, Lifetime::now, nullptr});
    settle(number + 1);
    return number;
  }
  void commit() noexcept { FrameArrayWriter::commit(appended()); }
};

inline Bytes read_frame(const FrameArrayReader& reader, std::uint64_t number) {
  Bytes out(reader.geometry().frame_bytes(), std::byte{0xAA});
  reader.read(number, out);
  return out;
}

inline Bytes content(const std::filesystem::path& path) { return io::read_bytes(path, std::uint64_t{1} << 32); }

inline void write_content(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

class FrameArray : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path store() const { return folder_ / "x.zarr"; }
  [[nodiscard]] std::filesystem::path array() const { return store() / kGroup; }
  [[nodiscard]] std::filesystem::path shard(std::uint64_t number) const { return array() / "c" / std::to_string(number) / "0" / "0"; }

  [[nodiscard]] std::unique_ptr<ArrayWriter> writer(const Geometry& geometry, const FrameOptions& options) const {
    return std::make_unique<ArrayWriter>(files_, store(), kGroup, make_layout(geometry, options));
  }
  [[nodiscard]] FrameArrayReader reader() const { return {store(), kGroup}; }

  /// Write a closed array of `frames` frames.
  void record(const Geometry& geometry, const FrameOptions& options, std::uint64_t frames) const {
    const auto out = writer(geometry, options);
    for (std::uint64_t i = 0; i < frames; ++i) out->append(frame_of(geometry, i));
    out->commit();
    out->finish();
  }

  /// What a stock reader takes for the number of frames.
  [[nodiscard]] std::uint64_t published() const { return zarr::parse_array_metadata(io::read_text(array() / "zarr.json", kMiB)).shape[0]; }

  /// Names of files that are not what they will be called.
  [[nodiscard]] std::size_t partial_files() const {
    std::size_t out = 0;
    for (const auto& file : io::list_files(store(), 10)) out += file.extension() == ".partial" ? 1 : 0;
    return out;
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<test::WatchedFiles> files_ = std::make_shared<test::WatchedFiles>();  // shared with the writers
};

}  // namespace resonance::frames
