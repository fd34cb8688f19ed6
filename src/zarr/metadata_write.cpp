// The text of zarr.json, and the sizes that follow from it.
#include "base/checked.hpp"
#include "zarr/fill_value.hpp"
#include "zarr/json_members.hpp"
#include "zarr/metadata.hpp"

namespace resonance::zarr {
namespace {

Json named(std::string_view name, Json configuration) {
  return Json::object({{"name", name}, {"configuration", std::move(configuration)}});
}

Json sharding_json(const Sharding& sharding, Json codecs) {
  Json index_codecs = Json::array({named("bytes", Json::object({{"endian", "little"}}))});
  if (sharding.index_crc32c) index_codecs.push_back(Json::object({{"name", "crc32c"}}));
  // index_location is written although "end" is the default: some readers have assumed either.
  return named("sharding_indexed", Json::object({{"chunk_shape", json_of(sharding.chunk_shape)},
                                                 {"codecs", std::move(codecs)},
                                                 {"index_codecs", std::move(index_codecs)},
                                                 {"index_location", sharding.index_location == IndexLocation::end ? "end" : "start"}}));
}

Json names_json(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const auto& name : names) list.push_back(name.empty() ? Json() : Json(name));
  return list;
}

}  // namespace

std::uint64_t ArrayMetadata::chunk_bytes() const noexcept { return checked_product(chunk_shape()).value_or(0) * item_size(dtype); }

std::uint64_t ArrayMetadata::chunks_per_shard() const noexcept {
  if (!sharding) return 1;
  std::uint64_t count = 1;
  for (std::size_t axis = 0; axis < grid_shape.size(); ++axis) count *= grid_shape[axis] / sharding->chunk_shape[axis];
  return count;
}

std::string dump_array_metadata(const ArrayMetadata& metadata) {
  Json codecs = metadata.codecs.to_json();
  if (metadata.sharding) codecs = Json::array({sharding_json(*metadata.sharding, std::move(codecs))});
  Json root = Json::object({
      {"zarr_format", 3},
      {"node_type", "array"},
      {"shape", json_of(metadata.shape)},
      {"data_type", to_string(metadata.dtype)},
      {"chunk_grid", named("regular", Json::object({{"chunk_shape", json_of(metadata.grid_shape)}}))},
      {"chunk_key_encoding", named(metadata.key_encoding, Json::object({{"separator", std::string(1, metadata.key_separator)}}))},
      {"fill_value", dump_fill_value(metadata.fill_value, metadata.dtype)},
      {"codecs", std::move(codecs)},
      {"attributes", metadata.attributes},
  });
  if (!metadata.dimension_names.empty()) root.set("dimension_names", names_json(metadata.dimension_names));
  return root.dump(2) + '\n';
}

std::string dump_group_metadata(const Json& attributes) {
  return Json::object({{"zarr_format", 3}, {"node_type", "group"}, {"attributes", attributes}}).dump(2) + '\n';
}

}  // namespace resonance::zarr
