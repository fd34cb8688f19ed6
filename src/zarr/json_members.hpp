/// Reading the members of a hostile zarr.json or .zarray. Every function throws Error(corrupt) naming `where` unless it says otherwise.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/json.hpp"

namespace resonance::zarr {

/// What zarr.json names: a codec, a grid, a key encoding. As an object, or as the bare name.
struct Named {
  std::string name;
  Json configuration;  ///< an object; empty when absent
};

[[noreturn]] void throw_corrupt(std::string message);
[[noreturn]] void throw_unsupported(std::string message);

[[nodiscard]] const Json& required_member(const Json& object, std::string_view key, std::string_view where);
[[nodiscard]] Named parse_named(const Json& value, std::string_view where);
/// \throws Error(unsupported) naming a member that is not in `keys`: its meaning is unknown, so it cannot be passed over
void require_only(const Json& object, std::initializer_list<std::string_view> keys, std::string_view where);

[[nodiscard]] const std::string& string_value(const Json& value, std::string_view where);
[[nodiscard]] bool bool_value(const Json& value, std::string_view where);
[[nodiscard]] std::int64_t integer_value(const Json& value, std::int64_t low, std::int64_t high, std::string_view where);
/// The value, when it is an integer of that type.
[[nodiscard]] std::optional<std::int64_t> int64_of(const Json& value) noexcept;
[[nodiscard]] std::optional<std::uint64_t> uint64_of(const Json& value) noexcept;
/// A list of at most 32 integers from `lowest`.
[[nodiscard]] std::vector<std::uint64_t> extents_value(const Json& value, std::uint64_t lowest, std::string_view where);
/// Lengths of an array: their product fits 64 bits, counted in bytes.
[[nodiscard]] std::vector<std::uint64_t> array_shape_value(const Json& value, std::string_view where);
/// Lengths of a chunk, none of them 0, of an array of `rank` dimensions.
[[nodiscard]] std::vector<std::uint64_t> chunk_shape_value(const Json& value, std::size_t rank, std::string_view where);
/// The object that a metadata file is. At most 16 MiB of text are looked at.
[[nodiscard]] Json parse_document(std::string_view text);
[[nodiscard]] Json json_of(const std::vector<std::uint64_t>& extents);

}  // namespace resonance::zarr
