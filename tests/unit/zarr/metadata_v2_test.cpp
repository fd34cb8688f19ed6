#include "zarr/metadata_v2.hpp"

#include <fmt/format.h>

#include "unit/zarr/zarr_testing.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::zarr {
namespace {

using Shape = std::vector<std::uint64_t>;

// What zarr-python 2 writes for a stack of frames.
constexpr const char* kZarrPython2 = R"({
    "chunks": [1, 8, 6],
    "compressor": {"blocksize": 0, "clevel": 5, "cname": "lz4", "id": "blosc", "shuffle": 1},
    "dtype": "<u2",
    "fill_value": 0,
    "filters": null,
    "order": "C",
    "shape": [4, 8, 6],
    "zarr_format": 2
})";

std::string with(std::string_view key, std::string_view value) {
  auto root = Json::parse(kZarrPython2);
  root.set(std::string(key), Json::parse(value));
  return root.dump();
}

std::string without(std::string_view key) {
  auto root = Json::parse(kZarrPython2);
  std::erase_if(root.as_object(), [&](const auto& member) { return member.first == key; });
  return root.dump();
}

ArrayMetadata array_with(std::string_view key, std::string_view value) { return parse_v2_array_metadata(with(key, value)); }

std::string codecs_with(std::string_view key, std::string_view value) { return array_with(key, value).codecs.to_json().dump(); }

std::string refusal(std::string_view text) {
  return error_of([&] { static_cast<void>(parse_v2_array_metadata(text)); });
}

std::string key_of(const ArrayMetadata& metadata) { return chunk_key(metadata, Shape{3, 0, 2}); }

TEST(ArrayMetadataV2, ReadsTheDefaultOfZarrPython2) {
  const auto metadata = parse_v2_array_metadata(kZarrPython2);
  EXPECT_EQ(metadata.shape, (Shape{4, 8, 6}));
  EXPECT_EQ(metadata.chunk_shape(), (Shape{1, 8, 6}));
  EXPECT_EQ(metadata.dtype, DType::uint16);
  EXPECT_EQ(metadata.fill_value, Bytes(2));
  EXPECT_EQ(key_of(metadata), "3.0.2");
  EXPECT_FALSE(metadata.sharding);
  EXPECT_EQ(metadata.codecs.to_json().dump(), R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"blosc","configuration":)"
                                              R"({"cname":"lz4","clevel":5,"shuffle":"shuffle","typesize":2,"blocksize":0}}])");
}

TEST(ArrayMetadataV2, KnowsEveryDTypeByItsNumPyName) {
  constexpr std::string_view kNames[] = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"};
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    EXPECT_EQ(array_with("dtype", fmt::format("\"{}\"", kNames[i])).dtype, kAllDTypes[i]) << kNames[i];
  EXPECT_EQ(codecs_with("dtype", R"(">i4")").find("\"endian\":\"big\""), 34u) << codecs_with("dtype", R"(">i4")");
}

TEST(ArrayMetadataV2, TakesTheParametersOfNumcodecs) {
  const auto last = [](std::string_view compressor, std::string_view dtype = "\"<u2\"") {
    auto root = Json::parse(with("compressor", compressor));
    root.set("dtype", Json::parse(dtype));
    return parse_v2_array_metadata(root.dump()).codecs.to_json().as_array().back().dump();
  };
  EXPECT_EQ(last("null"), R"({"name":"bytes","configuration":{"endian":"little"}})");
  EXPECT_EQ(last(R"({"id":"zstd","level":3})"), R"({"name":"zstd","configuration":{"level":3,"checksum":false}})");
  EXPECT_EQ(last(R"({"id":"zstd","level":0,"checksum":true})"), R"({"name":"zstd","configuration":{"level":0,"checksum":true}})");
  EXPECT_EQ(last(R"({"id":"gzip","level":9})"), R"({"name":"gzip","configuration":{"level":9}})");
  EXPECT_EQ(last(R"({"id":"gzip","level":-1})"), R"({"name":"gzip","configuration":{"level":6}})");
  EXPECT_EQ(last(R"({"id":"zlib","level":1})"), R"({"name":"numcodecs.zlib","configuration":{"level":1}})");
  EXPECT_EQ(last(R"({"id":"lz4","acceleration":-4})"), R"({"name":"numcodecs.lz4","configuration":{"acceleration":-4}})");
  const auto shuffle = [&](int number, std::string_view dtype) {
    const auto blosc =
        Json::parse(last(fmt::format(R"({{"id":"blosc","cname":"zstd","clevel":1,"shuffle":{},"blocksize":256}})", number), dtype));
    return blosc.at("configuration").at("shuffle").as_string();
  };
  EXPECT_EQ(shuffle(0, "\"<u2\""), "noshuffle");
  EXPECT_EQ(shuffle(1, "\"<u2\""), "shuffle");
  EXPECT_EQ(shuffle(2, "\"<u2\""), "bitshuffle");
  EXPECT_EQ(shuffle(-1, "\"<u2\""), "shuffle");
  EXPECT_EQ(shuffle(-1, "\"|u1\""), "bitshuffle");
}

TEST(ArrayMetadataV2, ReadsOrderFAsATransposition) {
  const auto metadata = array_with("order", R"("F")");
  EXPECT_TRUE(metadata.codecs.to_json().dump().starts_with(R"([{"name":"transpose","configuration":{"order":[2,1,0]}},)"));
  EXPECT_FALSE(metadata.codecs.is_raw());
}

TEST(ArrayMetadataV2, ReadsBothSeparators) {
  EXPECT_EQ(key_of(array_with("dimension_separator", R"(".")")), "3.0.2");
  EXPECT_EQ(key_of(array_with("dimension_separator", R"("/")")), "3/0/2");
}

TEST(ArrayMetadataV2, TakesTheFillValuesThatWritersWrite) {
  const auto fill = [](std::string_view dtype, std::string_view value) {
    auto root = Json::parse(with("dtype", dtype));
    root.set("fill_value", Json::parse(value));
    return parse_v2_array_metadata(root.dump()).fill_value;
  };
  EXPECT_EQ(fill("\"<u2\"", "null"), Bytes(2));
  EXPECT_EQ(fill("\"<u2\"", "513"), bytes_of("\1\2"));
  EXPECT_EQ(fill("\"<u2\"", "513.0"), bytes_of("\1\2"));
  EXPECT_EQ(fill("\"<i2\"", "-1.0"), bytes_of("\xff\xff"));
  EXPECT_EQ(fill("\"|b1\"", "1"), bytes_of("\1"));
  EXPECT_EQ(fill("\"|b1\"", "false"), Bytes(1));
  EXPECT_EQ(fill("\"<f2\"", R"("NaN")"), bytes_of(std::string_view("\0\x7e", 2)));
  EXPECT_EQ(fill("\"<f4\"", R"("-Infinity")"), bytes_of(std::string_view("\0\0\x80\xff", 4)));
  EXPECT_EQ(fill("\">u2\"", "513"), bytes_of("\1\2")) << "native order, whatever the order of the chunks";
  EXPECT_EQ(refusal(with("fill_value", "0.5")), "corrupt: .zarray: fill_value is no uint16");
  EXPECT_EQ(refusal(with("fill_value", "65536.0")), "corrupt: .zarray: fill_value is no uint16");
  EXPECT_EQ(refusal(with("fill_value", "1e300")), "corrupt: .zarray: fill_value is no uint16");
  EXPECT_EQ(refusal(with("fill_value", "NaN")), "corrupt: .zarray: fill_value is no uint16");
  EXPECT_EQ(refusal(with("fill_value", R"("AAA=")")), "corrupt: .zarray: fill_value is no uint16");
}

TEST(ArrayMetadataV2, PassesOverMembersThatItDoesNotKnow) {
  EXPECT_EQ(refusal(with("_ARRAY_DIMENSIONS", R"(["frame","y","x"])")), "");
  EXPECT_EQ(refusal(with("filters", "[]")), "");
  EXPECT_EQ(refusal(without("filters")), "");
}

TEST(ArrayMetadataV2, NamesWhatItDoesNotSupport) {
  for (const auto* dtype : {"<c8", "<M8[ns]", "|O", "|S3", "<U4", "<f16", "=u2", "|u2", "u2", "", "<u2x", "<u3"})
    EXPECT_EQ(refusal(with("dtype", fmt::format("\"{}\"", dtype))), fmt::format("unsupported: .zarray: unknown dtype '{}'", dtype));
  EXPECT_EQ(refusal(with("dtype", R"([["a","<u2"]])")), "unsupported: .zarray: a structured dtype");
  EXPECT_EQ(refusal(with("compressor", R"({"id":"bz2","level":1})")), "unsupported: .zarray: unknown compressor 'bz2'");
  EXPECT_EQ(refusal(with("compressor", R"({"id":"zstd","level":1,"dictionary":"x"})")),
            "unsupported: .zarray: compressor zstd has the unknown member 'dictionary'");
  EXPECT_EQ(refusal(with("compressor", R"({"id":"blosc","cname":"lz5","clevel":1,"shuffle":1})")),
            "unsupported: .zarray: codecs: blosc cname 'lz5' is not one of blosclz, lz4, lz4hc, snappy, zlib, zstd");
  EXPECT_EQ(refusal(with("filters", R"([{"id":"delta","dtype":"<u2"}])")), "unsupported: .zarray: unknown filter 'delta'");
  EXPECT_EQ(refusal(with("zarr_format", "3")), "unsupported: .zarray: zarr_format 3; only 2 is read here");
}

TEST(ArrayMetadataV2, RefusesMissingAndMalformedMembers) {
  for (const auto* key : {"zarr_format", "shape", "chunks", "dtype", "compressor", "fill_value", "order"})
    EXPECT_EQ(refusal(without(key)), fmt::format("corrupt: .zarray: the array has no member '{}'", key));
  EXPECT_EQ(refusal("[]"), "corrupt: .zarray: the text is no object");
  EXPECT_EQ(refusal(with("order", R"("A")")), "corrupt: .zarray: order 'A' is neither C nor F");
  EXPECT_EQ(refusal(with("dtype", "7")), "corrupt: .zarray: dtype is no string");
  EXPECT_EQ(refusal(with("filters", "{}")), "corrupt: .zarray: filters is no list");
  EXPECT_EQ(refusal(with("filters", "[7]")), "corrupt: .zarray: a filter has no member 'id'");
  EXPECT_EQ(refusal(with("compressor", R"("zstd")")), "corrupt: .zarray: compressor is neither null nor an object");
  EXPECT_EQ(refusal(with("compressor", R"({"id":"blosc","cname":"lz4","clevel":1,"shuffle":3})")),
            "corrupt: .zarray: compressor blosc: shuffle is no integer from -1 to 2");
  EXPECT_EQ(refusal(with("chunks", "[1,8]")), "corrupt: .zarray: chunks has 2 dimensions, shape has 3");
  for (const auto* separator : {"", "..", "../", "//", "-", "\\u0000"})
    EXPECT_TRUE(
        refusal(with("dimension_separator", fmt::format("\"{}\"", separator))).starts_with("corrupt: .zarray: dimension_separator '"));
}

TEST(ArrayMetadataV2, NeverTakesAnArrayForOneOfOurs) {
  EXPECT_EQ(parse_v2_attributes(R"({"resonance":{"format":1},"units":"counts"})").dump(), R"({"units":"counts"})");
  EXPECT_ERROR(parse_v2_attributes("[]"), "corrupt", ".zattrs: the text is no object");
}

}  // namespace
}  // namespace resonance::zarr
