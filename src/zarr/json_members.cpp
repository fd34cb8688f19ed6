#include "zarr/json_members.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::zarr {
namespace {

constexpr std::size_t kMaxDimensions = 32;
constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

const Json& object_value(const Json& value, std::string_view where) {
  if (!value.is_object()) throw_corrupt(fmt::format("{} is no object", where));
  return value;
}

/// Readers disagree about which of two members of one name counts.
void require_unique_keys(const Json& value) {
  if (value.is_array())
    for (const auto& item : value.as_array()) require_unique_keys(item);
  if (!value.is_object()) return;
  std::vector<std::string_view> keys;
  for (const auto& [key, member] : value.as_object()) {
    keys.push_back(key);
    require_unique_keys(member);
  }
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice != keys.end()) throw_corrupt(fmt::format("the member '{}' is there twice", printable(*twice)));
}

}  // namespace

void throw_corrupt(std::string message) { throw Error(ErrorCode::corrupt, std::move(message)); }
void throw_unsupported(std::string message) { throw Error(ErrorCode::unsupported, std::move(message)); }

const Json& required_member(const Json& object, std::string_view key, std::string_view where) {
  const auto* value = object.find(key);
  if (value == nullptr) throw_corrupt(fmt::format("{} has no member '{}'", where, key));
  return *value;
}

Named parse_named(const Json& value, std::string_view where) {
  if (value.is_string()) return {value.as_string(), Json::object()};
  object_value(value, where);
  require_only(value, {"name", "configuration", "must_understand"}, where);
  Named named{string_value(required_member(value, "name", where), fmt::format("{}.name", where)), Json::object()};
  if (const auto* configuration = value.find("configuration"))
    named.configuration = object_value(*configuration, fmt::format("{}.configuration", where));
  return named;
}

void require_only(const Json& object, std::initializer_list<std::string_view> keys, std::string_view where) {
  for (const auto& [key, value] : object.as_object())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw_unsupported(fmt::format("{} has the unknown member '{}'", where, printable(key)));
}

const std::string& string_value(const Json& value, std::string_view where) {
  if (!value.is_string()) throw_corrupt(fmt::format("{} is no string", where));
  return value.as_string();
}

bool bool_value(const Json& value, std::string_view where) {
  if (!value.is_bool()) throw_corrupt(fmt::format("{} is neither true nor false", where));
  return value.as_bool();
}

std::int64_t integer_value(const Json& value, std::int64_t low, std::int64_t high, std::string_view where) {
  const auto number = int64_of(value);
  if (!number || *number < low || *number > high) throw_corrupt(fmt::format("{} is no integer from {} to {}", where, low, high));
  return *number;
}

std::optional<std::int64_t> int64_of(const Json& value) noexcept {
  const auto* number = std::get_if<std::int64_t>(&value.storage());
  return number != nullptr ? std::optional(*number) : std::nullopt;
}

std::optional<std::uint64_t> uint64_of(const Json& value) noexcept {
  if (const auto* number = std::get_if<std::uint64_t>(&value.storage())) return *number;
  const auto number = int64_of(value);
  return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

std::vector<std::uint64_t> extents_value(const Json& value, std::uint64_t lowest, std::string_view where) {
  if (!value.is_array()) throw_corrupt(fmt::format("{} is no list", where));
  if (value.size() > kMaxDimensions)
    throw_unsupported(fmt::format("{} has {} dimensions; at most {} are read", where, value.size(), kMaxDimensions));
  std::vector<std::uint64_t> extents;
  for (const auto& item : value.as_array()) {
    const auto extent = uint64_of(item);
    if (!extent || *extent < lowest) throw_corrupt(fmt::format("{} has an item that is no integer from {}", where, lowest));
    extents.push_back(*extent);
  }
  return extents;
}

std::vector<std::uint64_t> array_shape_value(const Json& value, std::string_view where) {
  auto shape = extents_value(value, 0, where);
  auto filled = shape;  // an empty array must not hide what its other lengths multiply to
  for (auto& extent : filled) extent = std::max<std::uint64_t>(extent, 1);
  const auto elements = checked_product(filled);
  if (!elements || !checked_multiply(*elements, 8)) throw_corrupt(fmt::format("the product of {} overflows 64 bits", where));
  return shape;
}

std::vector<std::uint64_t> chunk_shape_value(const Json& value, std::size_t rank, std::string_view where) {
  auto shape = extents_value(value, 1, where);
  if (shape.size() != rank) throw_corrupt(fmt::format("{} has {} dimensions, shape has {}", where, shape.size(), rank));
  const auto elements = checked_product(shape);
  if (!elements || !checked_multiply(*elements, 8)) throw_corrupt(fmt::format("the product of {} overflows 64 bits", where));
  return shape;
}

Json parse_document(std::string_view text) {
  if (text.size() > kMaxTextBytes) throw_corrupt(fmt::format("{} bytes of text; at most {} are read", text.size(), kMaxTextBytes));
  Json root = Json::parse(text);
  if (!root.is_object()) throw_corrupt("the text is no object");
  require_unique_keys(root);
  return root;
}

Json json_of(const std::vector<std::uint64_t>& extents) { return Json(Json::Array(extents.begin(), extents.end())); }

}  // namespace resonance::zarr
