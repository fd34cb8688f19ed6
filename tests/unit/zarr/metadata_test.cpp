#include "zarr/metadata.hpp"

#include <fmt/format.h>

#include "unit/zarr/zarr_testing.hpp"

namespace resonance::zarr {
namespace {

using Shape = std::vector<std::uint64_t>;

// What zarr-python 3 writes by default for a stack of frames, in the order of its members.
constexpr const char* kZarrPython = R"({
  "shape": [4, 8, 8],
  "data_type": "uint16",
  "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 8, 8]}},
  "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
  "fill_value": 0,
  "codecs": [
    {"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "zstd", "configuration": {"level": 0, "checksum": false}}
  ],
  "attributes": {},
  "zarr_format": 3,
  "node_type": "array",
  "storage_transformers": []
})";

// The same, sharded, with blosc, a NaN and a dimension without a name.
constexpr const char* kZarrPythonSharded = R"({
  "shape": [4, 8, 8],
  "data_type": "float32",
  "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 8, 8]}},
  "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
  "fill_value": "NaN",
  "codecs": [{"name": "sharding_indexed", "configuration": {
    "chunk_shape": [1, 8, 8],
    "codecs": [
      {"name": "bytes", "configuration": {"endian": "little"}},
      {"name": "blosc", "configuration": {"typesize": 4, "cname": "lz4", "clevel": 5, "shuffle": "bitshuffle", "blocksize": 0}}
    ],
    "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
    "index_location": "end"
  }}],
  "attributes": {"units": "counts"},
  "dimension_names": ["frame", null, "x"],
  "zarr_format": 3,
  "node_type": "array",
  "consolidated_metadata": null
})";

// filters, a checksum codec and version 2 keys.
constexpr const char* kZarrPythonUnusual = R"({
  "shape": [3, 3], "data_type": "uint64",
  "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}},
  "chunk_key_encoding": {"name": "v2", "configuration": {"separator": "."}},
  "fill_value": 18446744073709551615,
  "codecs": [
    {"name": "transpose", "configuration": {"order": [1, 0]}},
    {"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "zstd", "configuration": {"level": 3, "checksum": true}},
    {"name": "crc32c"}
  ],
  "attributes": {}, "zarr_format": 3, "node_type": "array", "storage_transformers": []
})";

/// The default text of zarr-python with one member replaced or added.
std::string with(std::string_view key, std::string_view value) {
  auto root = Json::parse(kZarrPython);
  root.set(std::string(key), Json::parse(value));
  return root.dump();
}

std::string without(std::string_view key) {
  auto root = Json::parse(kZarrPython);
  std::erase_if(root.as_object(), [&](const auto& member) { return member.first == key; });
  return root.dump();
}

std::string with_codecs(std::string_view codecs) { return with("codecs", codecs); }

std::string sharding(std::string_view chunk_shape, std::string_view index_codecs = R"(["bytes"])", std::string_view more = "") {
  return with_codecs(
      fmt::format(R"([{{"name":"sharding_indexed","configuration":{{"chunk_shape":{},"codecs":["bytes"],"index_codecs":{}{}}}}}])",
                  chunk_shape, index_codecs, more));
}

std::string refusal(std::string_view text) {
  return error_of([&] { static_cast<void>(parse_array_metadata(text)); });
}

ArrayMetadata frames_array(Codec codec) {
  ArrayMetadata metadata;
  metadata.shape = {0, 64, 48};
  metadata.dtype = DType::uint16;
  metadata.grid_shape = {200, 64, 48};
  metadata.sharding = Sharding{.chunk_shape = {1, 64, 48}, .index_crc32c = codec == Codec::none};
  metadata.codecs = CodecChain::for_frames(codec, -1, metadata.dtype, metadata.chunk_shape());
  metadata.fill_value = Bytes(2);
  metadata.dimension_names = {"frame", "y", "x"};
  metadata.attributes = Json::object({{"resonance", Json::object({{"version", 1}})}});
  return metadata;
}

TEST(ArrayMetadata, ReadsTheDefaultOfZarrPython) {
  const auto metadata = parse_array_metadata(kZarrPython);
  EXPECT_EQ(metadata.shape, (Shape{4, 8, 8}));
  EXPECT_EQ(metadata.dtype, DType::uint16);
  EXPECT_EQ(metadata.chunk_shape(), (Shape{1, 8, 8}));
  EXPECT_EQ(metadata.chunk_bytes(), 128u);
  EXPECT_EQ(metadata.chunks_per_shard(), 1u);
  EXPECT_EQ(metadata.codecs.name(), "zstd");
  EXPECT_EQ(metadata.fill_value, Bytes(2));
  EXPECT_TRUE(metadata.dimension_names.empty());
  EXPECT_FALSE(metadata.sharding);
}

TEST(ArrayMetadata, ReadsAShardedArrayOfZarrPython) {
  const auto metadata = parse_array_metadata(kZarrPythonSharded);
  ASSERT_TRUE(metadata.sharding);
  EXPECT_TRUE(metadata.sharding->index_crc32c);
  EXPECT_EQ(metadata.sharding->index_location, IndexLocation::end);
  EXPECT_EQ(metadata.grid_shape, (Shape{4, 8, 8}));
  EXPECT_EQ(metadata.chunk_shape(), (Shape{1, 8, 8}));
  EXPECT_EQ(metadata.chunks_per_shard(), 4u);
  EXPECT_EQ(metadata.codecs.name(), "blosc");
  EXPECT_EQ(metadata.fill_value, bytes_of(std::string_view("\0\0\xc0\x7f", 4)));
  EXPECT_EQ(metadata.dimension_names, (std::vector<std::string>{"frame", "", "x"}));
  EXPECT_EQ(metadata.attributes.at("units").as_string(), "counts");
}

TEST(ArrayMetadata, ReadsFiltersAndOldKeys) {
  const auto metadata = parse_array_metadata(kZarrPythonUnusual);
  EXPECT_EQ(metadata.key_encoding, "v2");
  EXPECT_EQ(metadata.key_separator, '.');
  EXPECT_EQ(metadata.fill_value, bytes_of("\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_EQ(metadata.codecs.name(), "zstd");
}

TEST(ArrayMetadata, WritesWhatTheFormatSaysForFrames) {
  const auto text = dump_array_metadata(frames_array(Codec::none));
  EXPECT_EQ(Json::parse(text).dump(),
            R"({"zarr_format":3,"node_type":"array","shape":[0,64,48],"data_type":"uint16",)"
            R"("chunk_grid":{"name":"regular","configuration":{"chunk_shape":[200,64,48]}},)"
            R"("chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"fill_value":0,)"
            R"("codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[1,64,48],)"
            R"("codecs":[{"name":"bytes","configuration":{"endian":"little"}}],)"
            R"("index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}],"index_location":"end"}}],)"
            R"("attributes":{"resonance":{"version":1}},"dimension_names":["frame","y","x"]})");
  EXPECT_TRUE(text.starts_with("{\n  \"zarr_format\": 3,\n"));
  EXPECT_TRUE(text.ends_with("}\n"));
}

TEST(ArrayMetadata, ReadsBackWhatItWrites) {
  std::vector<std::string> texts = {dump_array_metadata(parse_array_metadata(kZarrPython)),
                                    dump_array_metadata(parse_array_metadata(kZarrPythonSharded)),
                                    dump_array_metadata(parse_array_metadata(kZarrPythonUnusual))};
  for (const auto codec : {Codec::none, Codec::blosc, Codec::zstd, Codec::gzip}) texts.push_back(dump_array_metadata(frames_array(codec)));
  for (const auto& text : texts) EXPECT_EQ(dump_array_metadata(parse_array_metadata(text)), text);
}

TEST(ArrayMetadata, ReadsAScalarAndAnEmptyArray) {
  const std::string scalar =
      R"({"zarr_format":3,"node_type":"array","shape":[],"data_type":"float16","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[]}},
    "chunk_key_encoding":"default","fill_value":1.5,"codecs":["bytes"]})";
  const auto metadata = parse_array_metadata(scalar);
  EXPECT_EQ(metadata.chunk_bytes(), 2u);
  EXPECT_EQ(metadata.fill_value, bytes_of(std::string_view("\0\x3e", 2)));
  EXPECT_EQ(parse_array_metadata(with("shape", "[0,8,8]")).shape[0], 0u);
}

TEST(ArrayMetadata, PassesOverOnlyMembersThatNeedNotBeUnderstood) {
  EXPECT_EQ(refusal(with("hint", R"({"must_understand":false,"a":1})")), "");
  EXPECT_EQ(refusal(with("consolidated_metadata", R"({"kind":"inline","must_understand":false,"metadata":{}})")), "");
  EXPECT_EQ(refusal(with("hint", R"({"must_understand":true})")), "unsupported: zarr.json: unknown member 'hint'");
  EXPECT_EQ(refusal(with("hint", "1")), "unsupported: zarr.json: unknown member 'hint'");
  EXPECT_EQ(refusal(with("storage_transformers", R"([{"name":"x"}])")), "unsupported: zarr.json: storage_transformers are not understood");
  EXPECT_EQ(refusal(with("consolidated_metadata", "3")), "corrupt: zarr.json: consolidated_metadata is neither null nor an object");
}

TEST(ArrayMetadata, NamesWhatItDoesNotSupport) {
  EXPECT_EQ(refusal(with("zarr_format", "2")), "unsupported: zarr.json: zarr_format 2; only 3 is read");
  EXPECT_EQ(refusal(with("data_type", R"("complex64")")), "unsupported: zarr.json: unknown data_type 'complex64'");
  EXPECT_EQ(refusal(with("data_type", R"("<u2")")), "unsupported: zarr.json: unknown data_type '<u2'");
  EXPECT_EQ(refusal(with("data_type", R"({"name":"numpy.datetime64","configuration":{"unit":"s"}})")),
            "unsupported: zarr.json: unknown data_type 'numpy.datetime64'");
  EXPECT_EQ(refusal(with("chunk_grid", R"({"name":"rectilinear","configuration":{}})")),
            "unsupported: zarr.json: unknown chunk_grid 'rectilinear'");
  EXPECT_EQ(refusal(with("chunk_key_encoding", R"({"name":"fanout"})")), "unsupported: zarr.json: unknown chunk_key_encoding 'fanout'");
  EXPECT_EQ(refusal(with_codecs(R"(["bytes","numcodecs.lzma"])")), "unsupported: zarr.json: unknown codec 'numcodecs.lzma'");
  EXPECT_EQ(refusal(with_codecs(R"([{"name":"transpose","configuration":{"order":[0,1,2]}},"sharding_indexed"])")),
            "unsupported: zarr.json: sharding_indexed together with other codecs");
  EXPECT_EQ(refusal(sharding("[1,8,8]", R"(["bytes","zstd"])")),
            "unsupported: zarr.json: sharding_indexed: index_codecs other than bytes (little) and crc32c: bytes, zstd");
}

TEST(ArrayMetadata, RefusesMissingAndMalformedMembers) {
  for (const auto* key : {"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"})
    EXPECT_EQ(refusal(without(key)), fmt::format("corrupt: zarr.json: the array has no member '{}'", key));
  EXPECT_EQ(refusal(with("node_type", R"("group")")), "corrupt: zarr.json: node_type is 'group', not 'array'");
  EXPECT_EQ(refusal(with("zarr_format", "3.0")), "corrupt: zarr.json: zarr_format is no integer");
  EXPECT_EQ(refusal("[]"), "corrupt: zarr.json: the text is no object");
  EXPECT_TRUE(refusal("{").starts_with("corrupt: zarr.json: ")) << refusal("{");
  EXPECT_EQ(refusal(with("shape", "[-1,8,8]")), "corrupt: zarr.json: shape has an item that is no integer from 0");
  EXPECT_EQ(refusal(with("shape", "[1.0,8,8]")), "corrupt: zarr.json: shape has an item that is no integer from 0");
  EXPECT_EQ(refusal(with("shape", "[123456789012345678901,8,8]")), "corrupt: zarr.json: shape has an item that is no integer from 0");
  EXPECT_EQ(refusal(with("shape", "8")), "corrupt: zarr.json: shape is no list");
  EXPECT_EQ(refusal(with("shape", "[8,8]")), "corrupt: zarr.json: chunk_grid: chunk_shape has 3 dimensions, shape has 2");
  EXPECT_EQ(refusal(with("attributes", "[]")), "corrupt: zarr.json: attributes is no object");
  EXPECT_EQ(refusal(with("dimension_names", R"(["a"])")), "corrupt: zarr.json: dimension_names is no list of 3 names");
  EXPECT_EQ(refusal(with("chunk_key_encoding", R"({"name":"default","configuration":{"separator":"-"}})")),
            "corrupt: zarr.json: chunk_key_encoding: separator '-' is neither '/' nor '.'");
}

TEST(ArrayMetadata, RefusesSizesThatOverflowOrAreOverItsLimits) {
  EXPECT_EQ(refusal(with("shape", "[0,4294967296,4294967296]")), "corrupt: zarr.json: the product of shape overflows 64 bits");
  const auto grid = [](std::string_view shape) {
    return with("chunk_grid", fmt::format(R"({{"name":"regular","configuration":{{"chunk_shape":{}}}}})", shape));
  };
  EXPECT_EQ(refusal(grid("[1,0,8]")), "corrupt: zarr.json: chunk_grid: chunk_shape has an item that is no integer from 1");
  EXPECT_EQ(refusal(grid("[1,4294967296,4294967296]")), "corrupt: zarr.json: the product of chunk_grid: chunk_shape overflows 64 bits");
  EXPECT_EQ(refusal(grid("[1,65536,65536]")), "unsupported: zarr.json: codecs: a chunk of 8589934592 bytes; at most 4294967296 are read");
  EXPECT_EQ(refusal(with("shape", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]")),
            "unsupported: zarr.json: shape has 33 dimensions; at most 32 are read");
  EXPECT_EQ(refusal(std::string((16u << 20) + 1, ' ')), "corrupt: zarr.json: 16777217 bytes of text; at most 16777216 are read");
}

TEST(ArrayMetadata, RefusesBrokenSharding) {
  EXPECT_EQ(refusal(sharding("[1,4,8]")), "");
  EXPECT_EQ(refusal(sharding("[1,3,8]")), "corrupt: zarr.json: sharding_indexed: chunk length 3 does not divide the shard's 8");
  EXPECT_EQ(refusal(sharding("[1,8]")), "corrupt: zarr.json: sharding_indexed: chunk_shape has 2 dimensions, the shard has 3");
  EXPECT_EQ(refusal(sharding("[0,8,8]")), "corrupt: zarr.json: sharding_indexed: chunk_shape has an item that is no integer from 1");
  EXPECT_EQ(refusal(sharding("[1,8,8]", "[]")), "corrupt: zarr.json: sharding_indexed: index_codecs is empty");
  EXPECT_EQ(refusal(sharding("[1,8,8]", R"(["bytes"])", R"(,"index_location":"middle")")),
            "corrupt: zarr.json: sharding_indexed: index_location 'middle' is neither start nor end");
  EXPECT_EQ(parse_array_metadata(sharding("[1,8,8]", R"(["bytes"])", R"(,"index_location":"start")")).sharding->index_location,
            IndexLocation::start);
  auto many = Json::parse(sharding("[1,1,1]"));
  many.set("chunk_grid", Json::parse(R"({"name":"regular","configuration":{"chunk_shape":[1,2048,2048]}})"));
  EXPECT_EQ(refusal(many.dump()), "unsupported: zarr.json: sharding_indexed: 4194304 chunks in a shard; at most 1048576 are read");
}

struct FillCase {
  DType dtype;
  const char* json;
  const char* element;  ///< little-endian hexadecimal; nullptr: refused
  const char* dumped;   ///< nullptr: as `json`
};

std::string hex_of(std::span<const std::byte> bytes) {
  std::string out;
  for (const auto byte : bytes) out += fmt::format("{:02x}", std::to_integer<int>(byte));
  return out;
}

TEST(FillValue, IsReadAndWrittenExactlyForEveryDType) {
  const FillCase cases[] = {
      {DType::boolean, "true", "01", nullptr},
      {DType::int8, "-128", "80", nullptr},
      {DType::int16, "-2", "feff", nullptr},
      {DType::int32, "2147483647", "ffffff7f", nullptr},
      {DType::int64, "-9223372036854775808", "0000000000000080", nullptr},
      {DType::uint8, "255", "ff", nullptr},
      {DType::uint32, "4294967295", "ffffffff", nullptr},
      {DType::uint64, "9007199254740993", "0100000000002000", nullptr},
      {DType::float16, "65504.0", "ff7b", nullptr},
      {DType::float16, "-0.0", "0080", nullptr},
      {DType::float16, "5.960464477539063e-08", "0100", nullptr},
      {DType::float16, "0.1", "662e", "0.0999755859375"},
      {DType::float16, "2047.5", "0068", "2048.0"},
      {DType::float16, "\"NaN\"", "007e", nullptr},
      {DType::float16, "\"0x7e01\"", "017e", nullptr},
      {DType::float32, "1", "0000803f", "1.0"},
      {DType::float32, "\"Infinity\"", "0000807f", nullptr},
      {DType::float32, "\"-Infinity\"", "000080ff", nullptr},
      {DType::float32, "\"0x7fc00001\"", "0100c07f", nullptr},
      {DType::float32, "NaN", "0000c07f", "\"NaN\""},
      {DType::float64, "\"0x7ff8000000000000\"", "000000000000f87f", "\"NaN\""},
      {DType::float64, "1e-300", "59f3f8c21f6ea501", nullptr},
      {DType::boolean, "1", nullptr, nullptr},
      {DType::int8, "128", nullptr, nullptr},
      {DType::int8, "-129", nullptr, nullptr},
      {DType::uint8, "-1", nullptr, nullptr},
      {DType::uint16, "1.0", nullptr, nullptr},
      {DType::uint64, "18446744073709551616", nullptr, nullptr},
      {DType::uint16, "null", nullptr, nullptr},
      {DType::uint16, "\"0x00\"", nullptr, nullptr},
      {DType::float16, "65520", nullptr, nullptr},
      {DType::float32, "1e39", nullptr, nullptr},
      {DType::float32, "\"0x7fc0\"", nullptr, nullptr},
      {DType::float32, "\"0x7fc0000g\"", nullptr, nullptr},
      {DType::float32, "\"nan\"", nullptr, nullptr},
      {DType::float32, "true", nullptr, nullptr},
  };
  for (const auto& fill : cases) {
    SCOPED_TRACE(fmt::format("{} {}", to_string(fill.dtype), fill.json));
    auto root = Json::parse(with("fill_value", fill.json));
    root.set("data_type", to_string(fill.dtype));
    if (fill.element == nullptr) {
      EXPECT_EQ(refusal(root.dump()), fmt::format("corrupt: zarr.json: fill_value is no {}", to_string(fill.dtype)));
      continue;
    }
    const auto metadata = parse_array_metadata(root.dump());
    EXPECT_EQ(hex_of(metadata.fill_value), fill.element);
    EXPECT_EQ(Json::parse(dump_array_metadata(metadata)).at("fill_value").dump(), fill.dumped != nullptr ? fill.dumped : fill.json);
  }
}

TEST(GroupMetadata, HasOnlyWhatEveryReaderKnows) {
  EXPECT_EQ(Json::parse(dump_group_metadata()).dump(), R"({"zarr_format":3,"node_type":"group","attributes":{}})");
  EXPECT_EQ(Json::parse(dump_group_metadata(Json::object({{"a", 1}}))).at("attributes").dump(), R"({"a":1})");
  EXPECT_TRUE(dump_group_metadata().ends_with("}\n"));
}

}  // namespace
}  // namespace resonance::zarr
