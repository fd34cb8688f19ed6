// zarr.json and .zarray as nobody should write them: the right error, and memory by what they are, not by what they say.
#include <fmt/format.h>

#include "unit/zarr/zarr_testing.hpp"
#include "zarr/metadata.hpp"
#include "zarr/metadata_v2.hpp"

namespace resonance::zarr {
namespace {

constexpr const char* kVersion3 = R"({"zarr_format":3,"node_type":"array","shape":[4,8,8],"data_type":"uint16",
  "chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2,8,8]}},
  "chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"fill_value":0,
  "codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[1,8,8],"index_location":"end",
    "codecs":[{"name":"transpose","configuration":{"order":[2,0,1]}},"bytes",{"name":"zstd","configuration":{"level":1}}],
    "index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},"crc32c"]}}],
  "attributes":{"a":[1]},"dimension_names":["f",null,"x"],"storage_transformers":[]})";
constexpr const char* kVersion2 = R"({"zarr_format":2,"shape":[4,8,8],"chunks":[1,8,8],"dtype":"<u2","fill_value":0,"order":"C",
  "filters":[],"dimension_separator":"/","compressor":{"id":"blosc","cname":"lz4","clevel":1,"shuffle":1,"blocksize":0}})";

std::string said(int version, std::string_view text) {
  return error_of([&] { static_cast<void>(version == 2 ? parse_v2_array_metadata(text) : parse_array_metadata(text)); });
}

struct Place {
  int version;
  const char* text;
  const char* shape;   // as it stands in the text
  const char* chunks;  // the same
};
constexpr Place kPlaces[] = {{3, kVersion3, "\"shape\":[4,8,8]", "\"chunk_shape\":[2,8,8]"},
                             {2, kVersion2, "\"shape\":[4,8,8]", "\"chunks\":[1,8,8]"}};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

std::string extents(std::string_view member, std::string_view list) {
  return fmt::format("{}:{}", member.substr(0, member.find(':')), list);
}

/// `call` with every value inside `value`, itself included, in turn replaced by `by`.
template <class Call>
void with_each_replaced(Json& value, const Json& root, const Json& by, Call&& call) {
  const Json kept = value;
  value = by;
  call(root.dump());
  value = kept;
  if (value.is_array())
    for (auto& item : value.as_array()) with_each_replaced(item, root, by, call);
  if (value.is_object())
    for (auto& member : value.as_object()) with_each_replaced(member.second, root, by, call);
}

TEST(HostileMetadata, TheTextsThatTheOtherTestsDamageAreGood) {
  for (const auto& place : kPlaces) EXPECT_EQ(said(place.version, place.text), "");
}

TEST(HostileMetadata, AnyValueOfAnotherKindIsRefusedOrHarmless) {
  const Json kinds[] = {nullptr,
                        true,
                        -1,
                        0,
                        1e300,
                        -0.5,
                        std::uint64_t{1} << 63,
                        "",
                        "../../x",
                        std::string(1 << 16, 'x'),
                        Json::array(),
                        Json::array({Json::array({Json()})}),
                        Json::object(),
                        Json::object({{"name", Json()}}),
                        Json::object({{"name", "zstd"}})};
  for (const auto& place : kPlaces) {
    int refused = 0, read = 0;
    for (const auto& kind : kinds) {
      Json root = Json::parse(place.text);
      with_each_replaced(root, root, kind, [&](const std::string& text) {
        const auto error = said(place.version, text);
        EXPECT_TRUE(error.empty() || error.starts_with("corrupt: ") || error.starts_with("unsupported: ")) << error << "\n" << text;
        EXPECT_LT(error.size(), 600u) << "an error message repeats the file";
        error.empty() ? ++read : ++refused;
      });
    }
    EXPECT_GT(refused, 10 * std::max(read, 1) / 2) << read;
  }
}

TEST(HostileMetadata, ShapesThatOverflowAreRefused) {
  for (const auto& place : kPlaces) {
    for (const auto* list :
         {"[9223372036854775808,1,1]", "[4,4294967296,4294967296]", "[18446744073709551615,1,1]", "[0,9223372036854775808,8]"})
      EXPECT_TRUE(said(place.version, replaced(place.text, place.shape, extents(place.shape, list)))
                      .find("the product of shape overflows 64 bits") != std::string::npos)
          << list;
    for (const auto* list :
         {"[18446744073709551616,1,1]", "[-1,8,8]", "[4.0,8,8]", "[\"4\",8,8]", "[null,8,8]", "[1e3,8,8]", "[NaN,8,8]"}) {
      const auto error = said(place.version, replaced(place.text, place.shape, extents(place.shape, list)));
      EXPECT_TRUE(error.starts_with("corrupt: ") && error.find("shape has an item that is no integer from 0") != std::string::npos)
          << error;
    }
  }
}

TEST(HostileMetadata, ChunksOfNoLengthOrTooMuchAreRefused) {
  for (const auto& place : kPlaces) {
    for (const auto* list : {"[0,8,8]", "[-1,8,8]", "[1.5,8,8]", "[1,8,NaN]"}) {
      const auto error = said(place.version, replaced(place.text, place.chunks, extents(place.chunks, list)));
      EXPECT_TRUE(error.starts_with("corrupt: ") && error.find("has an item that is no integer from 1") != std::string::npos) << error;
    }
    const auto overflow = said(place.version, replaced(place.text, place.chunks, extents(place.chunks, "[1,4294967296,4294967296]")));
    EXPECT_TRUE(overflow.starts_with("corrupt: ") && overflow.find("overflows 64 bits") != std::string::npos) << overflow;
  }
  EXPECT_EQ(said(2, replaced(kVersion2, "\"chunks\":[1,8,8]", "\"chunks\":[1,65536,65536]")),
            "unsupported: .zarray: codecs: a chunk of 8589934592 bytes; at most 4294967296 are read");
}

TEST(HostileMetadata, AMemberThatIsThereTwiceIsRefused) {
  EXPECT_EQ(said(3, replaced(kVersion3, "\"fill_value\":0", "\"fill_value\":0,\"shape\":[4,8,8]")),
            "corrupt: zarr.json: the member 'shape' is there twice");
  EXPECT_EQ(said(3, replaced(kVersion3, "\"order\":", "\"order\":[0,1,2],\"order\":")),
            "corrupt: zarr.json: the member 'order' is there twice");
  EXPECT_EQ(said(2, replaced(kVersion2, "\"clevel\":1", "\"clevel\":1,\"clevel\":2")),
            "corrupt: .zarray: the member 'clevel' is there twice");
}

TEST(HostileMetadata, DeepAndLongTextIsRefusedBeforeItCosts) {
  const std::string deep(2'000'000, '['), long_text((16u << 20) + 1, ' ');
  for (const auto& place : kPlaces) {
    const auto nested = replaced(place.text, place.shape, "\"x\":" + deep + "," + std::string(place.shape));
    EXPECT_NE(said(place.version, nested).find("nested too deeply"), std::string::npos);
    EXPECT_NE(said(place.version, long_text).find("16777217 bytes of text; at most 16777216 are read"), std::string::npos);
    for (std::size_t length = 0; length + 1 < std::string_view(place.text).size(); length += 7)
      EXPECT_TRUE(said(place.version, std::string_view(place.text).substr(0, length)).starts_with("corrupt: "));
  }
}

TEST(HostileMetadata, NestedShardingAndForeignIndexCodecsAreNamed) {
  EXPECT_EQ(said(3, replaced(kVersion3, "\"bytes\",", R"({"name":"sharding_indexed","configuration":{"codecs":["bytes"]}},)")),
            "unsupported: zarr.json: sharding_indexed inside sharding_indexed");
  EXPECT_EQ(said(3, replaced(kVersion3, "\"crc32c\"]", R"("crc32c",{"name":"gzip","configuration":{"level":1}}])")),
            "unsupported: zarr.json: sharding_indexed: index_codecs other than bytes (little) and crc32c: bytes, crc32c, gzip");
  EXPECT_EQ(said(3, replaced(kVersion3, "\"endian\":\"little\"", "\"endian\":\"big\"")),
            "unsupported: zarr.json: sharding_indexed: index_codecs other than bytes (little) and crc32c: bytes (big), crc32c");
}

}  // namespace
}  // namespace resonance::zarr
