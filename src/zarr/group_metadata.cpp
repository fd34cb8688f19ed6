#include "zarr/group_metadata.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "resonance/error.hpp"
#include "zarr/json_members.hpp"

namespace resonance::zarr {
namespace {

void require_known_members(const Json& root) {
  for (const auto& [key, value] : root.as_object()) {
    if (key == "zarr_format" || key == "node_type" || key == "attributes" || key == "consolidated_metadata") continue;
    const auto* must = value.find("must_understand");
    if (must == nullptr || *must != Json(false)) throw_unsupported(fmt::format("unknown member '{}'", printable(key)));
  }
}

Json parse_root(const Json& root) {
  const auto& format = required_member(root, "zarr_format", "the group");
  if (!format.is_integer()) throw_corrupt("zarr_format is no integer");
  if (format != Json(3)) throw_unsupported(fmt::format("zarr_format {}; only 3 is read", printable(format.dump())));
  const auto& type = string_value(required_member(root, "node_type", "the group"), "node_type");
  if (type != "group") throw_corrupt(fmt::format("node_type is '{}', not 'group'", printable(type)));
  require_known_members(root);
  const auto* consolidated = root.find("consolidated_metadata");
  if (consolidated != nullptr && !consolidated->is_null() && !consolidated->is_object())
    throw_corrupt("consolidated_metadata is neither null nor an object");
  const auto* attributes = root.find("attributes");
  if (attributes == nullptr) return Json::object();
  if (!attributes->is_object()) throw_corrupt("attributes is no object");
  return *attributes;
}

}  // namespace

Json parse_group_metadata(std::string_view text) {
  try {
    return parse_root(parse_document(text));
  } catch (Error& error) {
    error.add_context("zarr.json");
    throw;
  }
}

}  // namespace resonance::zarr
