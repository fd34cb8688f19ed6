#include "index/flatten.hpp"

#include <algorithm>
#include <cmath>

#include "base/fold_case.hpp"

namespace resonance::index {

namespace {

class Flattener {
 public:
  explicit Flattener(RunRecord& record) : record_(record) {}

  void object(const Json& json, const std::string& prefix) {
    quantity(json, prefix);
    for (const auto& [key, value] : json.as_object())
      any(value, prefix.empty() ? key : prefix.size() > kLongestPath ? prefix : prefix + "." + key);
  }

 private:
  void any(const Json& value, const std::string& path) {
    if (value.is_object()) return object(value, path);
    if (value.is_array()) return list(value.as_array(), path);
    scalar(value, path);
  }

  /// {"value": 300, "units": "K"}, as many programs write what they measured.
  void quantity(const Json& json, const std::string& path) {
    const auto* value = json.find("value");
    const auto* unit = json.find("units") != nullptr ? json.find("units") : json.find("unit");
    if (path.empty() || value == nullptr || !value->is_number() || unit == nullptr || !unit->is_string()) return;
    number(value->as_double(), value->as_double(), path, unit->as_string());
  }

  void list(const Json::Array& items, const std::string& path) {
    const bool numbers = std::all_of(items.begin(), items.end(), [](const Json& item) { return item.is_number(); });
    if (numbers && items.size() > kLongestList) return range(items, path);
    for (std::size_t i = 0; i < std::min(items.size(), kLongestList); ++i) any(items[i], path);
  }

  void range(const Json::Array& items, const std::string& path) {
    double low = INFINITY;
    double high = -INFINITY;
    for (const auto& item : items) {
      const double value = item.as_double();
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    if (low <= high) number(low, high, path, {});
  }

  void scalar(const Json& value, const std::string& path) {
    if (value.is_number()) return number(value.as_double(), value.as_double(), path, {});
    if (value.is_bool()) return add({kMetadata, path, value.as_bool() ? "true" : "false", {}, {}});
    if (!value.is_string()) return;  // null is no value
    const auto& text = value.as_string();
    add_text(record_.words, text);
    auto folded = text.size() <= kLongestValue ? fold_case(text) : std::string();
    if (text.size() <= kLongestValue)
      add({kMetadata, path, std::move(folded), {}, {}});
    else
      add({kMetadata, path, std::monostate(), {}, {}});
  }

  void number(double low, double high, const std::string& path, std::optional<std::string> unit) {
    if (std::isfinite(low) && std::isfinite(high))
      add({kMetadata, path, low, high, std::move(unit)});
    else
      add({kMetadata, path, std::monostate(), {}, std::move(unit)});
  }

  void add(Value value) {
    if (record_.values.size() < kMostValues && value.path.size() <= kLongestPath) record_.values.push_back(std::move(value));
  }

  RunRecord& record_;
};

}  // namespace

void add_text(std::string& texts, std::string_view text) {
  if (text.empty() || texts.size() + text.size() + kBetweenTexts.size() > kMostWordBytes) return;
  if (!texts.empty()) texts += kBetweenTexts;
  texts += text;
}

void add_metadata(RunRecord& record, const Json& metadata) { Flattener(record).object(metadata, {}); }

}  // namespace resonance::index
