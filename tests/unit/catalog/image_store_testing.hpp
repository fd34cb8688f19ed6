/// A run with frames, and checksums as a writer would have recorded them.
#pragma once

#include "support/raw_database.hpp"
#include "unit/record/record_testing.hpp"
#include "zarr/checksum.hpp"

namespace resonance::record_test {

/// Frames like make_frame(height, width, dtype, number) in one field "ccd" of one closed run.
class ImageStore {
 public:
  ImageStore(std::uint64_t frames, std::uint64_t height, std::uint64_t width, Codec codec, std::uint64_t shard_bytes = 1 << 20)
      : height_(height), width_(width) {
    RunWriterOptions options;
    options.frames.codec = codec;
    options.frames.shard_bytes = shard_bytes;
    RunWriter writer(database, options);
    uid = writer.open_run("count");
    writer.open_stream("primary", Json::object({{"ccd", image_key("camera", height, width, DType::uint16)}}));
    for (unsigned i = 0; i < frames; ++i) {
      const auto frame = this->frame(i);
      writer.write_event("primary", event_with(Json::object(), {{"ccd", &frame}}));
    }
    writer.close_run();
  }

  [[nodiscard]] Frame frame(unsigned i) const {
    auto out = make_frame(height_, width_, DType::uint16, i);
    for (auto& byte : out.bytes) byte |= std::byte{1};  // no page of zeros
    return out;
  }
  [[nodiscard]] std::uint64_t frame_bytes() const { return height_ * width_ * 2; }
  [[nodiscard]] ImageSequence images(unsigned threads = 0) const { return Catalog(database, {threads}).run("-1").images("ccd"); }
  [[nodiscard]] fs::path shard(unsigned number = 0) const {
    return folder / "x.zarr" / "runs" / uid / "ccd/c" / std::to_string(number) / "0/0";
  }

  /// What is in the table of checksums from now on: those of frame(i), or none.
  void set_checksums(std::uint64_t frames) const {
    test::RawDatabase db(database);
    db.query("DELETE FROM frame_checksums");
    for (unsigned i = 0; i < frames; ++i)
      db.query("INSERT INTO frame_checksums SELECT id, " + std::to_string(zarr::crc32c(frame(i).bytes)) +
               " FROM image_refs WHERE index_in_stack = " + std::to_string(i));
  }
  /// Bytes of a shard, written over.
  void overwrite(std::uint64_t offset, const std::string& bytes, unsigned number = 0) const {
    std::fstream file(shard(number), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  TemporaryFolder folder;
  fs::path database = folder / "x.db";
  std::string uid;

 private:
  std::uint64_t height_, width_;
};

}  // namespace resonance::record_test
