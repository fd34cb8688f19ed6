/// Data keys: the rules of the Bluesky event-model, and values held against them.
/// Source: bluesky/event-model, event_descriptor schema, version 1.24.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frames/layout.hpp"
#include "resonance/json.hpp"
#include "resonance/types.hpp"

namespace resonance::record {

/// Refuse what nests deeper than Json::parse() reads again. \throws Error(invalid_argument)
void require_depth(const Json& value, std::string_view what);

class DataKeys {
 public:
  DataKeys() = default;
  /// With `lenient` any object of objects is taken, and nothing is checked later.
  /// \throws Error(invalid_argument) naming the key and the rule
  DataKeys(const Json& data_keys, bool lenient);

  /// \throws Error(invalid_argument) undeclared key, or a value of another dtype or shape. Null is a missing value.
  void require_event(const Json& data, const Json& timestamps) const;
  /// \throws Error(invalid_argument) undeclared field, or a frame of another geometry than declared
  void require_frame(std::string_view field, const frames::Geometry& geometry) const;

 private:
  enum class Kind { string, number, integer, boolean, array };
  struct Rule {
    Kind kind = Kind::number;
    std::vector<std::optional<std::int64_t>> shape;
    std::optional<DType> dtype;
    bool external = false;
  };
  static Rule parse_rule(const std::string& key, const Json& spec);
  const Rule& rule_for(std::string_view key, std::string_view what, std::size_t hint) const;
  static void require_value(std::string_view key, const Rule& rule, const Json& value);

  bool lenient_ = false;
  std::vector<std::pair<std::string, Rule>> rules_;           // in the order of declaration
  std::map<std::string, std::size_t, std::less<>> position_;  // in rules_
};

}  // namespace resonance::record
