/// Between which values the data keys of a run lie.
#include "schema/key_ranges.hpp"

#include "catalog/catalog_impl.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace {

std::optional<std::string> units_of(const Json& data_keys, std::string_view key) {
  const auto* spec = data_keys.find(key);
  const auto* units = spec != nullptr ? spec->find("units") : nullptr;
  return units != nullptr && units->is_string() ? std::optional(units->as_string()) : std::nullopt;
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
    for (const auto& [key, range] : *ranges) out.push_back({stream.name, key, range.low, range.high, units_of(stream.data_keys, key)});
  }
  return out;
}

}  // namespace resonance
