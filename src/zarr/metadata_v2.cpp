#include "zarr/metadata_v2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "resonance/error.hpp"
#include "zarr/fill_value.hpp"
#include "zarr/json_members.hpp"

namespace resonance::zarr {
namespace {

constexpr int kDeflateDefault = 6;  // what zlib and numcodecs mean by level -1

void require_v2_array(const Json& root) {
  const auto& format = required_member(root, "zarr_format", "the array");
  if (!format.is_integer()) throw_corrupt("zarr_format is no integer");
  if (format != Json(2)) throw_unsupported(fmt::format("zarr_format {}; only 2 is read here", printable(format.dump())));
  const auto* filters = root.find("filters");
  if (filters == nullptr || filters->is_null()) return;
  if (!filters->is_array()) throw_corrupt("filters is no list");
  if (filters->size() == 0) return;
  const auto& first = filters->as_array().front();
  throw_unsupported(fmt::format("unknown filter '{}'", printable(string_value(required_member(first, "id", "a filter"), "a filter's id"))));
}

struct ElementType {
  DType dtype = DType::uint8;
  bool big_endian = false;
};

/// NumPy's names: byte order, kind, bytes.
ElementType parse_dtype(const Json& value) {
  if (value.is_array()) throw_unsupported("a structured dtype");
  const auto& text = string_value(value, "dtype");
  static constexpr std::pair<std::string_view, DType> kTypes[] = {{"b1", DType::boolean}, {"i1", DType::int8},    {"i2", DType::int16},
                                                                  {"i4", DType::int32},   {"i8", DType::int64},   {"u1", DType::uint8},
                                                                  {"u2", DType::uint16},  {"u4", DType::uint32},  {"u8", DType::uint64},
                                                                  {"f2", DType::float16}, {"f4", DType::float32}, {"f8", DType::float64}};
  const char order = text.empty() ? ' ' : text[0];
  for (const auto& [name, dtype] : kTypes)
    if (text.size() == 3 && text.substr(1) == name && (order == '<' || order == '>' || (order == '|' && item_size(dtype) == 1)))
      return {dtype, order == '>'};
  throw_unsupported(fmt::format("unknown dtype '{}'", printable(text)));
}

/// A compressor's parameter; `missing` where it may be left out.
int parameter(const Json& compressor, const std::string& id, std::string_view key, int low, int high, int missing) {
  const auto* value = compressor.find(key);
  if (value == nullptr) return missing;
  return static_cast<int>(integer_value(*value, low, high, fmt::format("compressor {}: {}", id, key)));
}

int deflate_level(const Json& compressor, const std::string& id) {
  require_only(compressor, {"id", "level"}, "compressor " + id);
  const int level = parameter(compressor, id, "level", -1, 9, 1);
  return level == -1 ? kDeflateDefault : level;
}

BloscCodec parse_blosc(const Json& compressor, DType dtype) {
  require_only(compressor, {"id", "cname", "clevel", "shuffle", "blocksize", "typesize"}, "compressor blosc");
  const auto* cname = compressor.find("cname");
  const int shuffle = parameter(compressor, "blosc", "shuffle", -1, 2, 1);  // -1: bits for single bytes, else bytes
  const bool bits = shuffle == 2 || (shuffle == -1 && item_size(dtype) == 1);
  return {.cname = cname == nullptr ? "lz4" : string_value(*cname, "compressor blosc: cname"),
          .clevel = parameter(compressor, "blosc", "clevel", 0, 9, 5),
          .shuffle = bits           ? "bitshuffle"
                     : shuffle == 0 ? "noshuffle"
                                    : "shuffle",
          .typesize = item_size(dtype),
          .blocksize = static_cast<std::size_t>(parameter(compressor, "blosc", "blocksize", 0, INT_MAX, 0))};
}

ZstdCodec parse_zstd(const Json& compressor) {
  require_only(compressor, {"id", "level", "checksum"}, "compressor zstd");
  const auto* checksum = compressor.find("checksum");
  return {.level = parameter(compressor, "zstd", "level", -131072, 22, 0),
          .checksum = checksum != nullptr && bool_value(*checksum, "compressor zstd: checksum")};
}

std::optional<CodecSpec> parse_compressor(const Json& value, DType dtype) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) throw_corrupt("compressor is neither null nor an object");
  const auto& id = string_value(required_member(value, "id", "the compressor"), "the compressor's id");
  if (id == "blosc") return parse_blosc(value, dtype);
  if (id == "zstd") return parse_zstd(value);
  if (id == "gzip") return GzipCodec{.level = deflate_level(value, id)};
  if (id == "zlib") return ZlibCodec{.level = deflate_level(value, id)};
  if (id == "lz4") {
    require_only(value, {"id", "acceleration"}, "compressor lz4");
    return Lz4Codec{.acceleration = parameter(value, id, "acceleration", INT_MIN, INT_MAX, 1)};
  }
  throw_unsupported(fmt::format("unknown compressor '{}'", printable(id)));
}

CodecChain parse_codecs(const Json& root, const ElementType& type, const ArrayMetadata& array) {
  std::vector<CodecSpec> specs;
  const auto& order = string_value(required_member(root, "order", "the array"), "order");
  if (order != "C" && order != "F") throw_corrupt(fmt::format("order '{}' is neither C nor F", printable(order)));
  if (order == "F") {
    TransposeCodec reversed{std::vector<std::uint64_t>(array.shape.size())};
    std::iota(reversed.order.rbegin(), reversed.order.rend(), 0);
    specs.emplace_back(std::move(reversed));
  }
  specs.emplace_back(BytesCodec{.big_endian = type.big_endian});
  if (auto compressor = parse_compressor(required_member(root, "compressor", "the array"), type.dtype))
    specs.push_back(std::move(*compressor));
  return {std::move(specs), type.dtype, array.grid_shape};
}

/// Writers of version 2 are free with numbers: 0 for false, 0.0 for an integer. null: undefined, so 0.
std::vector<std::byte> parse_v2_fill_value(const Json& value, DType dtype) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (value.is_null()) return std::vector<std::byte>(item_size(dtype));
  if (dtype == DType::boolean && (value == Json(0) || value == Json(1))) return parse_fill_value(value == Json(1), dtype);
  const bool to_integer = dtype != DType::float16 && dtype != DType::float32 && dtype != DType::float64;
  if (to_integer && value.is_double()) {
    const double number = value.as_double();
    if (std::trunc(number) == number && std::fabs(number) <= kExact) return parse_fill_value(static_cast<std::int64_t>(number), dtype);
  }
  return parse_fill_value(value, dtype);
}

char parse_separator(const Json* value) {
  if (value == nullptr) return '.';
  const auto& text = string_value(*value, "dimension_separator");
  if (text != "." && text != "/") throw_corrupt(fmt::format("dimension_separator '{}' is neither '.' nor '/'", printable(text)));
  return text[0];
}

ArrayMetadata parse_root(const Json& root) {
  require_v2_array(root);
  ArrayMetadata out;
  out.shape = array_shape_value(required_member(root, "shape", "the array"), "shape");
  const auto type = parse_dtype(required_member(root, "dtype", "the array"));
  out.dtype = type.dtype;
  out.grid_shape = chunk_shape_value(required_member(root, "chunks", "the array"), out.shape.size(), "chunks");
  out.key_encoding = "v2";
  out.key_separator = parse_separator(root.find("dimension_separator"));
  out.fill_value = parse_v2_fill_value(required_member(root, "fill_value", "the array"), out.dtype);
  out.codecs = parse_codecs(root, type, out);
  return out;
}

}  // namespace

ArrayMetadata parse_v2_array_metadata(std::string_view text) {
  try {
    return parse_root(parse_document(text));
  } catch (Error& error) {
    error.add_context(".zarray");
    throw;
  }
}

Json parse_v2_attributes(std::string_view text) {
  try {
    Json attributes = parse_document(text);
    std::erase_if(attributes.as_object(), [](const auto& member) { return member.first == "resonance"; });
    return attributes;
  } catch (Error& error) {
    error.add_context(".zattrs");
    throw;
  }
}

}  // namespace resonance::zarr
