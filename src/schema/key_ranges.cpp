#include "schema/key_ranges.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::schema {

std::optional<double> value_in_range(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.as_double();
  return std::isfinite(number) ? std::optional(number + 0.0) : std::nullopt;  // -0.0 is 0.0: they are equal, and only one can be lowest
}

std::size_t KeyNumbers::number_of(std::string_view key) {
  std::size_t number = next_;
  if (number >= keys_.size() || keys_[number] != key) {
    const auto it = number_.find(key);
    number = it == number_.end() ? keys_.size() : it->second;
    if (it == number_.end()) {
      keys_.emplace_back(key);
      try {
        number_.emplace(key, number);
      } catch (...) {  // without memory the key is in both or in none: another one would get its number
        keys_.pop_back();
        throw;
      }
    }
  }
  next_ = number + 1 == keys_.size() ? 0 : number + 1;
  return number;
}

NamedRanges named_ranges(const std::vector<std::string>& keys, const std::vector<Range>& ranges) {
  NamedRanges out;
  for (std::size_t i = 0; i < std::min(keys.size(), ranges.size()); ++i)
    if (!ranges[i].empty()) out.emplace_back(keys[i], ranges[i]);
  return out;
}

std::string dump_ranges(const NamedRanges& ranges) {
  Json::Object out;
  for (const auto& [key, range] : ranges) out.emplace_back(key, Json::array({range.low, range.high}));
  return Json(std::move(out)).dump();
}

NamedRanges parse_ranges(std::string_view text) {
  const auto stored = Json::parse(text);
  if (!stored.is_object()) throw Error(ErrorCode::corrupt, "it is no JSON object");
  NamedRanges out;
  for (const auto& [key, value] : stored.as_object()) {
    const auto* pair = value.is_array() && value.size() == 2 ? &value.as_array() : nullptr;
    const auto low = pair != nullptr ? value_in_range(pair->front()) : std::nullopt;
    const auto high = pair != nullptr ? value_in_range(pair->back()) : std::nullopt;
    if (!low || !high || *low > *high)
      throw Error(ErrorCode::corrupt, fmt::format("what it says of '{}' is no pair of lowest and highest value", printable(key)));
    out.push_back({key, {*low, *high}});
  }
  return out;
}

bool same_ranges(NamedRanges a, NamedRanges b) {
  for (auto* ranges : {&a, &b}) std::ranges::sort(*ranges, {}, [](const auto& one) { return one.first; });
  return a == b;
}

void KeyRanges::add(const Json& data) {
  if (!data.is_object()) return;
  for (const auto& [key, value] : data.as_object()) {
    const auto number = value_in_range(value);
    if (!number) continue;
    const auto i = keys_.number_of(key);
    if (i >= ranges_.size()) ranges_.resize(i + 1);
    ranges_[i].include(*number);
  }
}

}  // namespace resonance::schema
