/// Between which values the data keys of a run lie.
#include "schema/key_ranges.hpp"

#include <unordered_map>

#include "catalog/catalog_impl.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace {

/// Units of the data keys that have any.
std::unordered_map<std::string_view, std::string_view> units_in(const Json& data_keys) {
  std::unordered_map<std::string_view, std::string_view> out;
  if (!data_keys.is_object()) return out;
  for (const auto& [key, spec] : data_keys.as_object())
    if (const auto* units = spec.find("units"); units != nullptr && units->is_string()) out[key] = units->as_string();
  return out;
}

/// What is stored; nothing when that makes no sense, which `resonance verify` tells: it all follows from the events.
std::optional<schema::NamedRanges> parsed(const std::optional<std::string>& stored) {
  if (!stored) return std::nullopt;
  try {
    return schema::parse_ranges(*stored);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<DataKeyRange> Run::data_key_ranges() const {
  std::vector<DataKeyRange> out;
  for (const auto& [stream, stored] : impl_->catalog().with([&](catalog::Queries& queries) { return queries.stream_ranges(uid()); })) {
    auto ranges = parsed(stored);
    if (!ranges) {
      schema::KeyRanges found;
      for_each_event(stream.name, [&](const Event& event) {
        found.add(event.data);
        return true;
      });
      ranges = found.ranges();
    }
    const auto units = units_in(stream.data_keys);
    for (const auto& [key, range] : *ranges) {
      const auto found_units = units.find(key);
      out.push_back({stream.name, key, range.low, range.high,
                     found_units == units.end() ? std::nullopt : std::optional<std::string>(found_units->second)});
    }
  }
  return out;
}

}  // namespace resonance
