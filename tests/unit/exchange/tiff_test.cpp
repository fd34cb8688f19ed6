// TIFF files as libtiff reads them back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>

#include <cmath>
#include <limits>
#include <list>
#include <memory>

#include "exchange/image/tiff.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "support/temporary_folder.hpp"
#include "unit/exchange/image_testing.hpp"

namespace resonance {
namespace {

using testing::HasSubstr;

/// One page as libtiff reads it.
struct Page {
  std::uint32_t height = 0, width = 0;
  std::uint16_t bits = 0, sample_format = 0, compression = 0, samples = 0, photometric = 0;
  std::uint32_t strips = 0;
  std::vector<std::byte> pixels;
};

Page read_page(TIFF* file) {
  Page page;
  TIFFGetField(file, TIFFTAG_IMAGELENGTH, &page.height);
  TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &page.width);
  TIFFGetField(file, TIFFTAG_BITSPERSAMPLE, &page.bits);
  TIFFGetField(file, TIFFTAG_SAMPLEFORMAT, &page.sample_format);
  TIFFGetField(file, TIFFTAG_COMPRESSION, &page.compression);
  TIFFGetField(file, TIFFTAG_SAMPLESPERPIXEL, &page.samples);
  TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &page.photometric);
  page.strips = TIFFNumberOfStrips(file);
  page.pixels.resize(static_cast<std::size_t>(TIFFStripSize(file)));
  const auto size = static_cast<tmsize_t>(page.pixels.size());
  EXPECT_EQ(TIFFReadEncodedStrip(file, 0, page.pixels.data(), size), size);
  return page;
}

std::vector<Page> read_tiff(const std::filesystem::path& path, bool big) {
  const std::unique_ptr<TIFF, decltype(&TIFFClose)> file(TIFFOpen(path.c_str(), "r"), TIFFClose);
  std::vector<Page> pages;
  if (!file) {
    ADD_FAILURE() << "libtiff does not open " << path;
    return pages;
  }
  EXPECT_EQ(TIFFIsBigTIFF(file.get()) != 0, big);
  do pages.push_back(read_page(file.get()));
  while (TIFFReadDirectory(file.get()) == 1);
  return pages;
}

/// All of `frames` as pages of one file, read back.
std::vector<Page> tiff_of(const std::vector<FrameView>& frames, bool big) {
  const test::TemporaryFolder folder;
  io::AtomicFile file(folder / "x.tif");
  image::TiffWriter writer(file, big);
  for (const auto& frame : frames) writer.add_page(frame);
  writer.close();
  file.commit();
  return read_tiff(folder / "x.tif", big);
}

class TiffPages : public testing::TestWithParam<bool> {
 protected:
  /// Extremes of the type and some values between.
  template <class T>
  void add(DType dtype, int sample_format) {
    const std::vector<T> pixels{std::numeric_limits<T>::lowest(), T{0}, T{1}, T{2}, T{100}, std::numeric_limits<T>::max()};
    add(pixels, pixels, dtype, sample_format);
  }
  template <class T, class U>
  void add(const std::vector<T>& pixels, const std::vector<U>& expected, DType dtype, int sample_format) {
    const auto copy = [](const auto& values) {
      const auto bytes = std::as_bytes(std::span(values));
      return std::vector<std::byte>(bytes.begin(), bytes.end());
    };
    given_.push_back(copy(pixels));
    frames_.push_back({given_.back(), 2, pixels.size() / 2, dtype});
    expected_.push_back(copy(expected));
    formats_.push_back(sample_format);
  }

  std::list<std::vector<std::byte>> given_;
  std::vector<FrameView> frames_;
  std::vector<std::vector<std::byte>> expected_;
  std::vector<int> formats_;
};

TEST_P(TiffPages, KeepEveryValueOfEveryDtype) {
  add<std::uint8_t>(DType::uint8, SAMPLEFORMAT_UINT);
  add<std::uint16_t>(DType::uint16, SAMPLEFORMAT_UINT);
  add<std::uint32_t>(DType::uint32, SAMPLEFORMAT_UINT);
  add<std::uint64_t>(DType::uint64, SAMPLEFORMAT_UINT);
  add<std::int8_t>(DType::int8, SAMPLEFORMAT_INT);
  add<std::int16_t>(DType::int16, SAMPLEFORMAT_INT);
  add<std::int32_t>(DType::int32, SAMPLEFORMAT_INT);
  add<std::int64_t>(DType::int64, SAMPLEFORMAT_INT);
  add<float>(DType::float32, SAMPLEFORMAT_IEEEFP);
  add<double>(DType::float64, SAMPLEFORMAT_IEEEFP);
  const std::vector<std::uint8_t> flags{1, 0, 0, 1, 1, 0};
  add(flags, flags, DType::boolean, SAMPLEFORMAT_UINT);
  add(std::vector<std::uint16_t>{0x0001, 0xC100, 0x7BFF, 0xFC00}, std::vector<float>{0x1p-24f, -2.5f, 65504.0f, -INFINITY}, DType::float16,
      SAMPLEFORMAT_IEEEFP);
  const auto pages = tiff_of(frames_, GetParam());
  ASSERT_EQ(pages.size(), frames_.size());
  for (std::size_t i = 0; i < pages.size(); ++i) {
    SCOPED_TRACE(to_string(frames_[i].dtype));
    EXPECT_EQ(pages[i].height, 2u);
    EXPECT_EQ(pages[i].width, frames_[i].width);
    EXPECT_EQ(pages[i].pixels, expected_[i]);
    EXPECT_EQ(pages[i].bits, expected_[i].size() / (2 * frames_[i].width) * 8);
    EXPECT_EQ(pages[i].sample_format, formats_[i]);
    EXPECT_EQ(pages[i].compression, COMPRESSION_NONE);
    EXPECT_EQ(pages[i].photometric, PHOTOMETRIC_MINISBLACK);
    EXPECT_EQ(pages[i].samples, 1);
    EXPECT_EQ(pages[i].strips, 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(ClassicAndBig, TiffPages, testing::Bool());

TEST(TiffWriter, RefusesAClassicFileOver4GiBInsteadOfWrappingOffsets) {
  const test::TemporaryFolder folder;
  io::AtomicFile file(folder / "x.tif");
  const std::vector<std::uint16_t> none;
  image::TiffWriter writer(file, false);
  const FrameView huge{{reinterpret_cast<const std::byte*>(&none), std::size_t{1} << 33}, 1u << 16, 1u << 16, DType::uint16};
  expect_error(ErrorCode::invalid_argument, "a classic TIFF file ends at 4 GiB", [&] { writer.add_page(huge); });
  EXPECT_GT(image::TiffWriter::page_bytes_bound(1u << 16, 1u << 16, DType::uint16), std::uint64_t{1} << 33);
  EXPECT_EQ(image::TiffWriter::page_bytes_bound(1ull << 40, 1ull << 40, DType::uint16), UINT64_MAX);
}

/// A disk that is full after some writes, and says so as the real file system does.
class FullDisk final : public io::FileSystem {
 public:
  explicit FullDisk(int writes) : writes_(writes) {}
  std::unique_ptr<io::File> open(const std::filesystem::path& path, io::OpenMode mode) override {
    return std::make_unique<Full>(real_->open(path, mode), writes_);
  }
  bool exists(const std::filesystem::path& path) override { return real_->exists(path); }
  void make_directory(const std::filesystem::path& path) override { real_->make_directory(path); }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override { real_->rename(from, to); }
  void remove(const std::filesystem::path& path) override { real_->remove(path); }
  void sync_directory(const std::filesystem::path& path) override { real_->sync_directory(path); }

 private:
  class Full final : public io::File {
   public:
    Full(std::unique_ptr<io::File> real, int writes) : real_(std::move(real)), left_(writes) {}
    std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override { return real_->read_at(offset, out); }
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
      if (left_-- <= 0) throw Error(ErrorCode::no_space, "the disk is full");
      real_->write_at(offset, bytes);
    }
    std::uint64_t size() override { return real_->size(); }
    void resize(std::uint64_t bytes) override { real_->resize(bytes); }
    void sync() override { real_->sync(); }
    void start_writeback(std::uint64_t offset, std::uint64_t bytes) override { real_->start_writeback(offset, bytes); }
    void allocate(std::uint64_t, std::uint64_t) override {}
    const std::filesystem::path& path() const noexcept override { return real_->path(); }

   private:
    std::unique_ptr<io::File> real_;
    int left_;
  };

  std::shared_ptr<io::FileSystem> real_ = io::posix_file_system();
  int writes_;
};

TEST(TiffWriter, ThrowsTheErrorOfTheFileWhereverItHappensAndPrintsNothing) {
  const test::TemporaryFolder folder;
  const std::vector<std::uint16_t> pixels{1, 2, 3};
  const auto write = [&](int writes) {
    io::AtomicFile file(folder / "x.tif", std::make_shared<FullDisk>(writes));
    image::TiffWriter writer(file, true);
    for (int i = 0; i < 3; ++i) writer.add_page(view_of(pixels, DType::uint16));
    writer.close();
  };
  testing::internal::CaptureStderr();
  for (int writes = 0; writes < 7; ++writes)  // header, and at least pixels and directory of each page
    expect_error(ErrorCode::no_space, "the disk is full", [&] { write(writes); });
  write(100);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(TiffWriter, TakesNoPageOnceItIsClosed) {
  const test::TemporaryFolder folder;
  io::AtomicFile file(folder / "x.tif");
  image::TiffWriter writer(file, false);
  writer.close();
  expect_error(ErrorCode::invalid_state, "the TIFF file is closed",
               [&] { writer.add_page(view_of(std::vector<std::uint8_t>{1}, DType::uint8)); });
}

}  // namespace
}  // namespace resonance
