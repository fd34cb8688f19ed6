#include "zarr/metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "resonance/error.hpp"
#include "zarr/fill_value.hpp"
#include "zarr/json_members.hpp"

namespace resonance::zarr {
namespace {

using Extents = std::vector<std::uint64_t>;

constexpr std::uint64_t kMaxChunksPerShard = std::uint64_t{1} << 20;

/// Members that every array may have. What else there is must say that it need not be understood.
constexpr std::array<std::string_view, 12> kMembers = {
    "zarr_format", "node_type", "shape",      "data_type",       "chunk_grid",           "chunk_key_encoding",
    "fill_value",  "codecs",    "attributes", "dimension_names", "storage_transformers", "consolidated_metadata"};

void require_known_members(const Json& root) {
  for (const auto& [key, value] : root.as_object()) {
    if (std::find(kMembers.begin(), kMembers.end(), key) != kMembers.end()) continue;
    const auto* must = value.find("must_understand");
    if (must == nullptr || *must != Json(false)) throw_unsupported(fmt::format("unknown member '{}'", printable(key)));
  }
  const auto* transformers = root.find("storage_transformers");
  if (transformers != nullptr && *transformers != Json::array()) throw_unsupported("storage_transformers are not understood");
  const auto* consolidated = root.find("consolidated_metadata");
  if (consolidated != nullptr && !consolidated->is_null() && !consolidated->is_object())
    throw_corrupt("consolidated_metadata is neither null nor an object");
}

void require_v3_array(const Json& root) {
  const auto& format = required_member(root, "zarr_format", "the array");
  if (!format.is_integer()) throw_corrupt("zarr_format is no integer");
  if (format != Json(3)) throw_unsupported(fmt::format("zarr_format {}; only 3 is read", printable(format.dump())));
  const auto& type = string_value(required_member(root, "node_type", "the array"), "node_type");
  if (type != "array") throw_corrupt(fmt::format("node_type is '{}', not 'array'", printable(type)));
}

DType parse_data_type(const Json& value) {
  const auto named = parse_named(value, "data_type");
  if (named.configuration.size() == 0)
    for (auto dtype = DType::boolean; dtype <= DType::float64; dtype = static_cast<DType>(static_cast<int>(dtype) + 1))
      if (named.name == to_string(dtype)) return dtype;
  throw_unsupported(fmt::format("unknown data_type '{}'", printable(named.name)));
}

Extents parse_grid(const Json& value, std::size_t rank) {
  const auto grid = parse_named(value, "chunk_grid");
  if (grid.name != "regular") throw_unsupported(fmt::format("unknown chunk_grid '{}'", printable(grid.name)));
  require_only(grid.configuration, {"chunk_shape"}, "chunk_grid");
  return chunk_shape_value(required_member(grid.configuration, "chunk_shape", "chunk_grid"), rank, "chunk_grid: chunk_shape");
}

void parse_key_encoding(const Json& value, ArrayMetadata& out) {
  const auto encoding = parse_named(value, "chunk_key_encoding");
  if (encoding.name != "default" && encoding.name != "v2")
    throw_unsupported(fmt::format("unknown chunk_key_encoding '{}'", printable(encoding.name)));
  require_only(encoding.configuration, {"separator"}, "chunk_key_encoding");
  out.key_encoding = encoding.name;
  out.key_separator = encoding.name == "v2" ? '.' : '/';
  const auto* separator = encoding.configuration.find("separator");
  if (separator == nullptr) return;
  const auto& text = string_value(*separator, "chunk_key_encoding: separator");
  if (text != "/" && text != ".") throw_corrupt(fmt::format("chunk_key_encoding: separator '{}' is neither '/' nor '.'", printable(text)));
  out.key_separator = text[0];
}

std::string index_codec_names(const Json::Array& list) {
  std::vector<std::string> names;
  for (const auto& item : list) {
    const auto codec = parse_named(item, "index_codecs");
    const auto* endian = codec.configuration.find("endian");
    names.push_back(printable(codec.name) + (endian != nullptr && *endian == Json("big") ? " (big)" : ""));
    if (names.size() == 8) break;
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// \return whether the index ends in a crc32c
bool parse_index_codecs(const Json& value) {
  if (!value.is_array()) throw_corrupt("sharding_indexed: index_codecs is no list");
  const auto& list = value.as_array();
  if (list.empty()) throw_corrupt("sharding_indexed: index_codecs is empty");
  const auto bytes = parse_named(list[0], "index_codecs");
  if (bytes.name == "bytes") require_only(bytes.configuration, {"endian"}, "index_codecs: bytes");
  const auto second = list.size() == 2 ? parse_named(list[1], "index_codecs") : Named{};
  const bool crc32c = second.name == "crc32c";
  if (crc32c) require_only(second.configuration, {}, "index_codecs: crc32c");
  const auto* endian = bytes.configuration.find("endian");
  const bool little = bytes.name == "bytes" && (endian == nullptr || *endian == Json("little"));
  if (!little || (list.size() > 1 && !crc32c))
    throw_unsupported(fmt::format("sharding_indexed: index_codecs other than bytes (little) and crc32c: {}", index_codec_names(list)));
  return crc32c;
}

void require_division(const Extents& shard, const Extents& chunk) {
  if (chunk.size() != shard.size())
    throw_corrupt(fmt::format("sharding_indexed: chunk_shape has {} dimensions, the shard has {}", chunk.size(), shard.size()));
  std::uint64_t count = 1;  // cannot overflow: no more than the product of the shard's shape
  for (std::size_t axis = 0; axis < shard.size(); ++axis) {
    if (shard[axis] % chunk[axis] != 0)
      throw_corrupt(fmt::format("sharding_indexed: chunk length {} does not divide the shard's {}", chunk[axis], shard[axis]));
    count *= shard[axis] / chunk[axis];
  }
  if (count > kMaxChunksPerShard)
    throw_unsupported(fmt::format("sharding_indexed: {} chunks in a shard; at most {} are read", count, kMaxChunksPerShard));
}

const Json& inner_codecs(const Json& configuration) {
  const auto& codecs = required_member(configuration, "codecs", "codec sharding_indexed");
  if (codecs.is_array())
    for (const auto& item : codecs.as_array())
      if (parse_named(item, "codec").name == "sharding_indexed") throw_unsupported("sharding_indexed inside sharding_indexed");
  return codecs;
}

void parse_sharding(const Named& codec, ArrayMetadata& out) {
  const auto& configuration = codec.configuration;
  require_only(configuration, {"chunk_shape", "codecs", "index_codecs", "index_location"}, "codec sharding_indexed");
  Sharding sharding;
  sharding.chunk_shape =
      extents_value(required_member(configuration, "chunk_shape", "codec sharding_indexed"), 1, "sharding_indexed: chunk_shape");
  require_division(out.grid_shape, sharding.chunk_shape);
  sharding.index_crc32c = parse_index_codecs(required_member(configuration, "index_codecs", "codec sharding_indexed"));
  if (const auto* location = configuration.find("index_location")) {
    const auto& text = string_value(*location, "sharding_indexed: index_location");
    if (text != "start" && text != "end")
      throw_corrupt(fmt::format("sharding_indexed: index_location '{}' is neither start nor end", printable(text)));
    sharding.index_location = text == "start" ? IndexLocation::start : IndexLocation::end;
  }
  out.codecs = CodecChain::from_json(inner_codecs(configuration), out.dtype, sharding.chunk_shape);
  out.sharding = std::move(sharding);
}

void parse_codecs(const Json& codecs, ArrayMetadata& out) {
  if (!codecs.is_array()) throw_corrupt("codecs is no list");
  for (const auto& item : codecs.as_array()) {
    const auto codec = parse_named(item, "codec");
    if (codec.name != "sharding_indexed") continue;
    if (codecs.size() != 1) throw_unsupported("sharding_indexed together with other codecs");
    return parse_sharding(codec, out);
  }
  out.codecs = CodecChain::from_json(codecs, out.dtype, out.grid_shape);
}

std::vector<std::string> parse_dimension_names(const Json* value, std::size_t rank) {
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_array() || value->size() != rank) throw_corrupt(fmt::format("dimension_names is no list of {} names", rank));
  std::vector<std::string> names;
  for (const auto& name : value->as_array()) names.push_back(name.is_null() ? "" : string_value(name, "dimension_names"));
  return names;
}

ArrayMetadata parse_root(const Json& root) {
  require_v3_array(root);
  require_known_members(root);
  const auto member = [&](std::string_view key) -> const Json& { return required_member(root, key, "the array"); };

  ArrayMetadata out;
  out.shape = array_shape_value(member("shape"), "shape");
  out.dtype = parse_data_type(member("data_type"));
  out.grid_shape = parse_grid(member("chunk_grid"), out.shape.size());
  parse_key_encoding(member("chunk_key_encoding"), out);
  out.fill_value = parse_fill_value(member("fill_value"), out.dtype);
  parse_codecs(member("codecs"), out);
  out.dimension_names = parse_dimension_names(root.find("dimension_names"), out.shape.size());
  if (const auto* attributes = root.find("attributes")) {
    if (!attributes->is_object()) throw_corrupt("attributes is no object");
    out.attributes = *attributes;
  }
  return out;
}

}  // namespace

ArrayMetadata parse_array_metadata(std::string_view text) {
  try {
    return parse_root(parse_document(text));
  } catch (Error& error) {
    error.add_context("zarr.json");
    throw;
  }
}

}  // namespace resonance::zarr
