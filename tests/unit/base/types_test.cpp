#include "resonance/types.hpp"

#include <gtest/gtest.h>

#include "resonance/error.hpp"

namespace resonance {
namespace {

template <typename Call>
void expect_error(ErrorCode code, std::string_view message, Call call) {
  try {
    call();
    ADD_FAILURE() << "nothing thrown, expected " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(std::string_view(error.what()), message);
  }
}

TEST(DTypes, AreFoundByTheirNames) {
  constexpr std::size_t kSizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8};
  for (int i = 0; i <= static_cast<int>(DType::float64); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(parse_dtype(to_string(dtype)), dtype);
    EXPECT_EQ(item_size(dtype), kSizes[i]);
  }
}

TEST(DTypes, AreFoundByNumpysTypestringsWhateverTheByteOrder) {
  EXPECT_EQ(parse_dtype("<u2"), DType::uint16);
  EXPECT_EQ(parse_dtype(">i4"), DType::int32);
  EXPECT_EQ(parse_dtype("|b1"), DType::boolean);
  EXPECT_EQ(parse_dtype("=f8"), DType::float64);
  EXPECT_EQ(parse_dtype("f2"), DType::float16);
}

TEST(DTypes, OthersAreUnsupported) {
  for (const std::string_view name : {"", "<", "complex64", "<c8", "<uint16", "<<u2", "u3", "object", "|V4"})
    EXPECT_THROW((void)parse_dtype(name), Error) << name;
  expect_error(ErrorCode::unsupported,
               "frames cannot hold elements of dtype 'complex64': the dtypes are bool, int8, int16, int32, int64, uint8, uint16, uint32, "
               "uint64, float16, float32, float64",
               [] { (void)parse_dtype("complex64"); });
}

TEST(EnumerationNames, RoundTrip) {
  for (const auto codec : {Codec::none, Codec::blosc, Codec::zstd, Codec::gzip}) EXPECT_EQ(parse_codec(to_string(codec)), codec);
  for (const auto level : {Durability::strict, Durability::commit, Durability::group}) EXPECT_EQ(parse_durability(to_string(level)), level);
  for (const auto status : {ExitStatus::success, ExitStatus::aborted, ExitStatus::failed})
    EXPECT_EQ(parse_exit_status(to_string(status)), status);
}

TEST(EnumerationNames, ThatDoNotExistAreAnsweredWithThoseThatDo) {
  const auto kind = ErrorCode::invalid_argument;
  expect_error(kind, "unknown codec 'lz4': use one of none, blosc, zstd, gzip", [] { (void)parse_codec("lz4"); });
  expect_error(kind, "unknown durability level '': use one of strict, commit, group", [] { (void)parse_durability(""); });
  expect_error(kind, "unknown exit status 'abort': use one of success, aborted, failed", [] { (void)parse_exit_status("abort"); });
}

TEST(ErrorContext, ReadFromTheOutermostActionInwards) {
  try {
    try {
      throw Error(ErrorCode::corrupt, "zstd: bad magic", {.os_errno = 0, .file = "x.zarr", .offset = 4, .database = false});
    } catch (Error& error) {
      error.add_context("decoding chunk 17");
      error.add_context("reading frame 17");
      throw;
    }
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "reading frame 17: decoding chunk 17: zstd: bad magic");
    EXPECT_EQ(error.code(), ErrorCode::corrupt);
    EXPECT_EQ(error.detail().file, "x.zarr");
    EXPECT_EQ(error.detail().offset, 4u);
  }
}

}  // namespace
}  // namespace resonance
