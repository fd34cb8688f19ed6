/// TIFF and BigTIFF through libtiff: one grey page per frame, uncompressed and exact.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "io/file_system.hpp"
#include "resonance/types.hpp"

struct tiff;  // libtiff's TIFF

namespace resonance::image {

struct TiffClient;

/// Append pages one after the other.
///
/// Integers keep width and sign, bool becomes 8 bits, float16 is widened to float32. Bytes are in native order, as the file's
/// first two letters say.
class TiffWriter {
 public:
  /// `file` is empty and outlives the writer. `big`: BigTIFF, needed as soon as the file is over 4 GiB.
  TiffWriter(io::AtomicFile& file, bool big);
  ~TiffWriter();
  TiffWriter(const TiffWriter&) = delete;
  TiffWriter& operator=(const TiffWriter&) = delete;

  /// \throws Error(invalid_argument) byte count, extents over 2^32 - 1, or a classic file that would grow over 4 GiB; whatever
  ///         the file throws
  void add_page(const FrameView& frame);

  /// No page follows. Needed before the file is committed, as a destructor could not report what fails here.
  void close();

  /// Upper bound of a page's bytes, for the choice of `big`.
  [[nodiscard]] static std::uint64_t page_bytes_bound(std::uint64_t height, std::uint64_t width, DType dtype) noexcept;

 private:
  struct Closer {
    void operator()(tiff* handle) const noexcept;
  };

  void set_tags(const FrameView& frame);
  void write_strip(std::span<const std::byte> pixels);
  /// Throw what the file threw inside of libtiff, or else libtiff's own message.
  [[noreturn]] void fail(std::string_view doing) const;

  std::unique_ptr<TiffClient> client_;
  std::unique_ptr<tiff, Closer> handle_;  // after client_, which it uses when it closes
  bool big_;
};

}  // namespace resonance::image
