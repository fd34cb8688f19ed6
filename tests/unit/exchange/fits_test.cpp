#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "exchange/fits/fits_frame.hpp"
#include "exchange/fits/header_survey.hpp"
#include "unit/exchange/import_support.hpp"

namespace resonance {
namespace {

using fits::FitsParts;

fits::FitsFrame read(const std::string& bytes, FitsParts parts = FitsParts::everything) {
  return fits::read_fits(std::as_bytes(std::span(bytes)), parts);
}

const fits::FitsCard& card(const fits::FitsFrame& frame, std::string_view name, std::string_view hdu = "PRIMARY") {
  const auto at = std::ranges::find_if(frame.cards, [&](const auto& entry) { return entry.name == name && entry.hdu == hdu; });
  if (at == frame.cards.end()) throw Error(ErrorCode::not_found, std::string(name));
  return *at;
}

std::vector<std::uint16_t> pixels_of(const Frame& image) {
  std::vector<std::uint16_t> pixels(image.bytes.size() / 2);
  std::memcpy(pixels.data(), image.bytes.data(), image.bytes.size());
  return pixels;
}

/// An image alone, as primary HDU.
std::string image(int bitpix, std::string_view extra, std::string_view data) {
  return test::fits_header({"SIMPLE  =                    T", "BITPIX  = " + std::to_string(bitpix), "NAXIS   =                    2",
                            "NAXIS1  =                    2", "NAXIS2  =                    1", std::string(extra)}) +
         test::padded(std::string(data), 2880, '\0');
}

TEST(FitsFrame, ReadsUnsignedPixelsRowByRowAndCardsOfAllHdus) {
  const std::vector<std::uint16_t> pixels{0, 1, 32767, 32768, 65535, 839};
  const auto frame = read(test::fits_file(
      {"DATE    = '2023-03-14T19:43:33' / Date", "HIERARCH Beamline Energy = 282.499216289145 / [eV] Motor", "COMMENT = 'a.fits' / a.fits",
       "COMMENT   second line", "FLAG    =                    T / yes", "WORDS   = 'it''s long &'", "CONTINUE  'and goes on' / still"},
      2, 3, pixels));
  EXPECT_EQ(frame.image.height, 2u);
  EXPECT_EQ(frame.image.width, 3u);
  EXPECT_EQ(frame.image.dtype, DType::uint16);
  EXPECT_EQ(pixels_of(frame.image), pixels);
  EXPECT_EQ(card(frame, "DATE").value, Json("2023-03-14T19:43:33"));
  EXPECT_EQ(card(frame, "Beamline Energy"), (fits::FitsCard{"PRIMARY", "Beamline Energy", 282.499216289145, "eV", "Motor"}));
  EXPECT_EQ(card(frame, "COMMENT").value, Json("= 'a.fits' / a.fits\nsecond line"));
  EXPECT_EQ(card(frame, "FLAG").value, Json(true));
  EXPECT_EQ(card(frame, "WORDS").value, Json("it's long and goes on"));
  EXPECT_EQ(card(frame, "BZERO", "Images").value, Json(32768));
}

TEST(FitsFrame, GivesEveryPixelTypeItsDtype) {
  EXPECT_EQ(read(image(8, "", "ab")).image.dtype, DType::uint8);
  EXPECT_EQ(read(image(8, "BZERO   = -128", "ab")).image.dtype, DType::int8);
  EXPECT_EQ(read(image(16, "", "abcd")).image.dtype, DType::int16);
  EXPECT_EQ(read(image(32, "", "abcdefgh")).image.dtype, DType::int32);
  EXPECT_EQ(read(image(32, "BZERO   = 2147483648", "abcdefgh")).image.dtype, DType::uint32);
  EXPECT_EQ(read(image(64, "", "abcdefghabcdefgh")).image.dtype, DType::int64);
  const auto large =
      read(image(64, "BZERO   = 9223372036854775808", std::string_view("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x80\0\0\0\0\0\0\5", 16)));
  EXPECT_EQ(large.image.dtype, DType::uint64);
  std::uint64_t numbers[2];
  std::memcpy(numbers, large.image.bytes.data(), sizeof numbers);
  EXPECT_EQ(numbers[0], UINT64_MAX);
  EXPECT_EQ(numbers[1], 5u);
  EXPECT_EQ(read(image(-64, "", "abcdefghabcdefgh")).image.dtype, DType::float64);
  const auto floats = read(image(-32, "", std::string_view("\x3F\x80\0\0\xC0\0\0\0", 8)));  // 1, -2 big-endian
  EXPECT_EQ(floats.image.dtype, DType::float32);
  float values[2];
  std::memcpy(values, floats.image.bytes.data(), sizeof values);
  EXPECT_EQ(values[0], 1.0F);
  EXPECT_EQ(values[1], -2.0F);
}

TEST(FitsFrame, NamesEveryCut) {
  const auto whole = test::fits_file({"DATE    = '2023-03-14T19:43:33'"}, 40, 50, std::vector<std::uint16_t>(2000, 7));
  ASSERT_NO_THROW(read(whole));
  for (const std::size_t size :
       {std::size_t{20}, std::size_t{2000}, std::size_t{4000}, std::size_t{5760}, std::size_t{7000}, whole.size() - 2880}) {
    for (const auto parts : {FitsParts::header, FitsParts::everything}) {
      const auto error = test::error_of([&] { read(whole.substr(0, size), parts); });
      EXPECT_EQ(error.code(), ErrorCode::corrupt) << size << ": " << error.what();
    }
  }
  const auto headless = test::error_of([&] { read(whole.substr(0, 2880)); });
  EXPECT_EQ(headless.code(), ErrorCode::unsupported);
  EXPECT_MESSAGE(headless, "there is no image in it");
  EXPECT_MESSAGE(test::error_of([&] { read("<html>not found</html>"); }), "not a FITS file");
}

TEST(FitsFrame, DoesNotBelieveAHeaderThatPromisesMoreThanTheFileHas) {
  auto file = test::fits_file({}, 2, 3, {1, 2, 3, 4, 5, 6});
  const auto at = file.find("NAXIS2  = 2");
  for (const auto* lie : {"NAXIS2  = 2000000000          ", "NAXIS2  = 9223372036854775807", "NAXIS2  = -5                  ",
                          "NAXIS2  = 'x'                 "}) {
    file.replace(at, 29, std::string(lie).substr(0, 29));
    const auto code = test::error_of([&] { read(file); }).code();
    EXPECT_TRUE(code == ErrorCode::corrupt || code == ErrorCode::unsupported) << lie;
  }
}

TEST(HeaderSurvey, SaysOnceWhatIsConstantAndMakesDataKeysOfWhatVaries) {
  const auto first = read(test::fits_file({"HIERARCH Beam Energy = 280. / [eV] Motor", "HIERARCH Sample X = 21. / [mm] Motor"}, 1, 1, {1}));
  const auto second = read(test::fits_file(
      {"HIERARCH Beam Energy = 281. / [eV] Motor", "HIERARCH Sample X = 21. / [mm] Motor", "EXTRA   = 'seldom'"}, 1, 1, {1}));
  fits::HeaderSurvey survey;
  survey.add(first.cards);
  survey.add(second.cards);
  const auto metadata = survey.metadata();
  EXPECT_EQ(metadata.at("PRIMARY").at("Sample X").dump(), R"({"value":21.0,"units":"mm","comment":"Motor"})");
  EXPECT_EQ(metadata.at("PRIMARY").at("Beam Energy").dump(), R"({"data_key":"fits:Beam Energy","units":"eV","comment":"Motor"})");
  Json keys = Json::object();
  survey.add_data_keys(keys);
  EXPECT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys.at("fits:Beam Energy").at("units"), Json("eV"));
  Json::Object data;
  survey.add_values(second.cards, data);
  EXPECT_EQ(Json(data).dump(), R"({"fits:Beam Energy":281.0,"fits:EXTRA":"seldom"})");
  EXPECT_EQ(survey.units_of("Beam Energy"), "eV");
}

TEST(FitsFrame, ReadsTheFramesOfTheBeamline) {
  RESONANCE_DATA_OR_SKIP(file, "als-rsoxs-znpc-80276/CCD/ZnPc_P100_E180276-00001.fits");
  const auto frame = read(test::bytes_of(file));
  const auto pixels = pixels_of(frame.image);
  EXPECT_EQ(frame.image.height, 500u);
  EXPECT_EQ(frame.image.width, 500u);
  EXPECT_EQ((std::vector<std::uint16_t>(pixels.begin(), pixels.begin() + 8)),
            (std::vector<std::uint16_t>{839, 834, 847, 839, 842, 822, 835, 849}));
  EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0}), 209460071u);
  EXPECT_EQ(std::ranges::max_element(pixels) - pixels.begin(), 201 * 500 + 466);
  ASSERT_TRUE(frame.izeros.has_value());
  EXPECT_EQ(frame.izeros->size(), 31u);
  EXPECT_NEAR(std::accumulate(frame.izeros->begin(), frame.izeros->end(), 0.0), -4.219847798347473, 1e-12);
  EXPECT_EQ(std::ranges::count(frame.cards, "PRIMARY", &fits::FitsCard::hdu), 111);  // 112, two of them lines of COMMENT
}

}  // namespace
}  // namespace resonance
