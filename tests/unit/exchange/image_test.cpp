// Pictures and array files of frames. tests/python reads what write_image_file() makes with NumPy and tifffile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "exchange/image/half.hpp"
#include "exchange/image/npy.hpp"
#include "exchange/image/scaling.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/exchange.hpp"
#include "resonance/run_writer.hpp"
#include "support/temporary_folder.hpp"
#include "unit/exchange/image_testing.hpp"

namespace resonance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr ImageScaling kWholeRange{0, 100, false};

TEST(Half, ConvertsZeroSubnormalOrdinaryAndInfiniteValues) {
  EXPECT_EQ(image::to_float({0x0000}), 0.0f);
  EXPECT_TRUE(std::signbit(image::to_float({0x8000})));
  EXPECT_EQ(image::to_float({0x0001}), 0x1p-24f);
  EXPECT_EQ(image::to_float({0x3C00}), 1.0f);
  EXPECT_EQ(image::to_float({0xC100}), -2.5f);
  EXPECT_EQ(image::to_float({0x7BFF}), 65504.0f);
  EXPECT_EQ(image::to_float({0xFC00}), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(image::to_float({0x7E01})));
}

TEST(Half, HoldsEveryWholeNumberThatItPromises) {
  for (int whole = -2048; whole <= 2048; ++whole) ASSERT_EQ(image::to_float(image::half_of_whole(whole)), static_cast<float>(whole));
}

TEST(GreyValues, SpreadEveryDtypeFromBlackToWhite) {
  const auto check = [](const auto& pixels, DType dtype) {
    EXPECT_THAT(image::grey_values(view_of(pixels, dtype), kWholeRange), ElementsAre(0, 128, 255)) << to_string(dtype);
  };
  check(std::vector<std::int8_t>{-128, 0, 127}, DType::int8);
  check(std::vector<std::uint8_t>{0, 128, 255}, DType::uint8);
  check(std::vector<std::int16_t>{-32768, 0, 32767}, DType::int16);
  check(std::vector<std::uint16_t>{0, 32768, 65535}, DType::uint16);
  check(std::vector<std::int32_t>{INT32_MIN, 0, INT32_MAX}, DType::int32);
  check(std::vector<std::uint32_t>{0, 1u << 31, UINT32_MAX}, DType::uint32);
  check(std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX}, DType::int64);
  check(std::vector<std::uint64_t>{0, 1ull << 63, UINT64_MAX}, DType::uint64);
  check(std::vector<std::uint16_t>{0xC000, 0x0000, 0x4000}, DType::float16);  // -2, 0, 2
  check(std::vector<float>{-1, 0, 1}, DType::float32);
  constexpr double largest = std::numeric_limits<double>::max();
  check(std::vector<double>{-largest, 0, largest}, DType::float64);
}

TEST(GreyValues, TellNeighbouringLargeIntegersApart) {  // through double, all three would be the same
  const std::vector<std::uint64_t> pixels{UINT64_MAX - 2, UINT64_MAX - 1, UINT64_MAX};
  EXPECT_THAT(image::grey_values(view_of(pixels, DType::uint64), kWholeRange), ElementsAre(0, 128, 255));
}

TEST(GreyValues, LeaveNanAndInfinitiesOutOfTheRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  EXPECT_THAT(image::grey_values(view_of(std::vector<double>{nan, 1, inf, 3, -inf, 2}, DType::float64), kWholeRange),
              ElementsAre(0, 0, 255, 255, 0, 128));
  EXPECT_THAT(image::grey_values(view_of(std::vector<double>{nan, nan}, DType::float64), kWholeRange), ElementsAre(0, 0));
}

TEST(GreyValues, ShowAConstantFrameInMidGrey) {
  EXPECT_THAT(image::grey_values(view_of(std::vector<std::uint16_t>{7, 7, 7}, DType::uint16), {}), ElementsAre(128, 128, 128));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(image::grey_values(view_of(std::vector<float>{7, nan, 7}, DType::float32), {}), ElementsAre(128, 0, 128));
}

TEST(GreyValues, ShowTheOneBrightPixelOfADarkFrame) {  // both percentiles are 0 there
  std::vector<std::uint16_t> pixels(1000);
  pixels[500] = 9;
  const auto grey = image::grey_values(view_of(pixels, DType::uint16), {});
  EXPECT_EQ(grey[499], 0);
  EXPECT_EQ(grey[500], 255);
}

TEST(GreyValues, ClipAtThePercentilesForNarrowAndWideTypesAlike) {
  std::vector<std::uint16_t> narrow;
  std::vector<double> wide;
  for (int i = 0; i <= 1000; ++i) {
    narrow.push_back(static_cast<std::uint16_t>((i * 8) % 1001));
    wide.push_back((i * 8) % 1001);
  }
  const auto grey = image::grey_values(view_of(narrow, DType::uint16), {10, 90, false});
  EXPECT_EQ(grey, image::grey_values(view_of(wide, DType::float64), {10, 90, false}));
  for (std::size_t i = 0; i < grey.size(); ++i) {
    const int expected = narrow[i] <= 100 ? 0 : narrow[i] >= 900 ? 255 : static_cast<int>((narrow[i] - 100) / 800.0 * 255 + 0.5);
    ASSERT_EQ(grey[i], expected) << narrow[i];
  }
}

TEST(GreyValues, LiftWeakSignalsOnTheLogarithmicScale) {
  const auto grey = image::grey_values(view_of(std::vector<std::uint16_t>{0, 10, 1000}, DType::uint16), {0, 100, true});
  EXPECT_EQ(grey[0], 0);
  EXPECT_NEAR(grey[1], 255.0 * std::log(11.0) / std::log(1001.0), 1);
  EXPECT_EQ(grey[2], 255);
}

TEST(EncodePng, GivesAFileThatLibpngReadsBack) {
  const std::vector<std::uint16_t> pixels{0, 1000, 2000, 3000, 4000, 5000};
  const auto file = encode_png(view_of(pixels, DType::uint16, 2), kWholeRange);
  png_image picture{};
  picture.version = PNG_IMAGE_VERSION;
  ASSERT_NE(png_image_begin_read_from_memory(&picture, file.data(), file.size()), 0) << picture.message;
  EXPECT_EQ(picture.height, 2u);
  EXPECT_EQ(picture.width, 3u);
  EXPECT_EQ(picture.format, static_cast<png_uint_32>(PNG_FORMAT_GRAY));
  std::vector<std::uint8_t> grey(6);
  ASSERT_NE(png_image_finish_read(&picture, nullptr, grey.data(), 0, nullptr), 0) << picture.message;
  EXPECT_THAT(grey, ElementsAre(0, 51, 102, 153, 204, 255));
}

TEST(EncodePng, RefusesBytesThatAreNoFrame) {
  const std::vector<std::uint16_t> pixels{1, 2, 3};
  auto frame = view_of(pixels, DType::uint16);
  frame.height = 2;
  expect_error(ErrorCode::invalid_argument, "a frame of 2 x 3 uint16 cannot have 6 bytes", [&] { (void)encode_png(frame); });
  frame.height = 1ull << 63;
  expect_error(ErrorCode::invalid_argument, "is too large for PNG", [&] { (void)encode_png(frame); });
  expect_error(ErrorCode::invalid_argument, "at least one", [&] { (void)encode_png({}); });
  expect_error(ErrorCode::invalid_argument, "percentiles 90 and 10",
               [&] { (void)encode_png(view_of(pixels, DType::uint16), {90, 10, false}); });
}

TEST(NpyHeader, IsAlignedAndSaysShapeAndType) {
  const auto header = [](std::vector<std::uint64_t> shape, DType dtype) {
    const auto bytes = image::npy_header(shape, dtype);
    EXPECT_EQ(bytes.size() % 64, 0u);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const std::string stack = header({3, 512, 640}, DType::uint16);
  EXPECT_EQ(stack.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(stack.back(), '\n');
  EXPECT_THAT(stack, HasSubstr("{'descr': '<u2', 'fortran_order': False, 'shape': (3, 512, 640), }"));
  EXPECT_THAT(header({1, 2}, DType::boolean), HasSubstr("'|b1'"));
  EXPECT_THAT(header({1, 2}, DType::float16), HasSubstr("'<f2'"));
  EXPECT_THAT(header({5}, DType::int64), HasSubstr("'<i8', 'fortran_order': False, 'shape': (5,), }"));
}

/// A run with three frames of 2 x 3.
class ImageFile : public testing::Test {
 protected:
  ImageFile() {
    RunWriter writer(folder_ / "x.db");
    writer.open_run("test");
    writer.open_stream("primary", Json::object({{"detector_image", image_key("ccd", 2, 3, DType::uint16)}}));
    for (std::uint16_t i = 0; i < 3; ++i) {
      const std::vector<std::uint16_t> pixels{i, 10, 20, 30, 40, 50};
      NewEvent event;
      event.frames.push_back({"detector_image", view_of(pixels, DType::uint16, 2)});
      writer.write_event("primary", event);
    }
    writer.close_run();
  }

  [[nodiscard]] ImageSequence images() const { return Catalog(folder_ / "x.db").run("-1").images(); }
  std::string written(const char* name, std::uint64_t first, std::uint64_t count) const {
    write_image_file(folder_ / name, images(), first, count);
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::size_t files_in_folder() const {
    const auto all = std::filesystem::directory_iterator(folder_.path());
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  test::TemporaryFolder folder_;
};

TEST_F(ImageFile, HoldsOneFrameOrSeveralByItsExtension) {
  EXPECT_THAT(written("one.PNG", 1, 1), HasSubstr("IHDR"));
  const std::string one = written("one.npy", 2, 1), all = written("all.npy", 0, 3);
  EXPECT_THAT(one, HasSubstr("(2, 3)"));
  EXPECT_EQ(one.size(), 128u + 12u);
  EXPECT_EQ(one[128], 2);
  EXPECT_THAT(all, HasSubstr("(3, 2, 3)"));
  EXPECT_EQ(all.size(), 128u + 36u);
  EXPECT_EQ(written("all.tif", 0, 3).substr(0, 4), std::string("II*\0", 4));
}

TEST_F(ImageFile, SaysWhatItCannotWriteAndLeavesNothingBehind) {
  const std::size_t before = files_in_folder();
  expect_error(ErrorCode::invalid_argument, "does not end in .png", [&] { written("x.jpg", 0, 1); });
  expect_error(ErrorCode::invalid_argument, "a .png holds one frame, not 3", [&] { written("x.png", 0, 3); });
  expect_error(ErrorCode::invalid_argument, "no frames to write", [&] { written("x.npy", 0, 0); });
  expect_error(ErrorCode::not_found, "frames 2 to 3 of \"detector_image\" do not exist; there are 3", [&] { written("x.npy", 2, 2); });
  expect_error(ErrorCode::not_found, "do not exist", [&] { written("x.npy", 1, UINT64_MAX); });
  const Progress cancel = [](std::uint64_t done, std::uint64_t) {
    if (done == 2) throw std::runtime_error("cancelled");
  };
  EXPECT_THROW(write_image_file(folder_ / "x.tif", images(), 0, 3, {}, cancel), std::runtime_error);
  EXPECT_EQ(files_in_folder(), before);
}

}  // namespace
}  // namespace resonance
