#include "record/data_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/names.hpp"
#include "base/text.hpp"
#include "resonance/error.hpp"
#include "schema/frame_declaration.hpp"

namespace resonance::record {

namespace {

[[noreturn]] void reject(std::string_view key, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, fmt::format("data key '{}': {}", printable(key), why));
}

constexpr int kMaxDepth = 128;  // what Json::parse() takes

bool nests_deeper(const Json& value, int levels) {
  if (value.is_array())
    return levels == 0 ||
           std::any_of(value.as_array().begin(), value.as_array().end(), [&](const Json& item) { return nests_deeper(item, levels - 1); });
  if (value.is_object())
    return levels == 0 || std::any_of(value.as_object().begin(), value.as_object().end(),
                                      [&](const Json::Member& member) { return nests_deeper(member.second, levels - 1); });
  return false;
}

bool is_string_or_null(const Json& value) { return value.is_string() || value.is_null(); }
bool is_integer_or_null(const Json& value) { return value.is_integer() || value.is_null(); }
bool is_text_list(const Json& value) {
  return value.is_array() &&
         std::all_of(value.as_array().begin(), value.as_array().end(), [](const Json& item) { return item.is_string(); });
}

/// `[|<>][tbiufcmMOSUV][0-9]+`, or a list of [name, dtype] pairs for structured types
bool is_numpy_dtype(const Json& value) {
  if (value.is_array())
    return std::all_of(value.as_array().begin(), value.as_array().end(),
                       [](const Json& pair) { return pair.is_array() && pair.size() == 2 && pair.as_array()[0].is_string(); });
  if (!value.is_string()) return false;
  const auto& text = value.as_string();
  return text.size() >= 3 && std::string_view("|<>").find(text[0]) != std::string_view::npos &&
         std::string_view("tbiufcmMOSUV").find(text[1]) != std::string_view::npos &&
         std::all_of(text.begin() + 2, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_external(const Json& value) {
  if (!value.is_string() || value.as_string().empty()) return false;
  const auto name = std::string_view(value.as_string()).substr(0, value.as_string().find(':'));
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

struct OptionalMember {
  const char* name;
  bool (*is_right)(const Json&);
  const char* rule;
};

constexpr std::array kOptionalMembers = {
    OptionalMember{"units", is_string_or_null, "units must be text or null"},
    OptionalMember{"precision", is_integer_or_null, "precision must be an integer or null"},
    OptionalMember{"dims", is_text_list, "dims must be a list of texts"},
    OptionalMember{"choices", is_text_list, "choices must be a list of texts"},
    OptionalMember{"object_name", [](const Json& value) { return value.is_string(); }, "object_name must be text"},
    OptionalMember{"external", is_external, "external must begin with capital letters, as in 'STREAM:'"},
    OptionalMember{"limits", [](const Json& value) { return value.is_object(); }, "limits must be an object"},
    OptionalMember{"dtype_numpy", is_numpy_dtype, "dtype_numpy must be a NumPy type string such as '<u2'"},
};

std::vector<std::optional<std::int64_t>> parse_shape(std::string_view key, const Json* shape) {
  if (shape == nullptr) reject(key, "shape is missing; give [] for single values, [height, width] for frames");
  if (!shape->is_array()) reject(key, "shape must be a list");
  std::vector<std::optional<std::int64_t>> out;
  for (const auto& extent : shape->as_array()) {
    if (extent.is_null())
      out.push_back(std::nullopt);
    else if (!extent.is_integer() || extent.as_double() < 0)
      reject(key, fmt::format("shape must hold integers from 0 on or null, not {}", extent.dump()));
    else
      out.push_back(extent.as_int64());
  }
  return out;
}

/// Whether nested lists have the extents declared, and numbers, texts or booleans (or null) at the bottom.
bool has_shape(const Json& value, const std::vector<std::optional<std::int64_t>>& shape, std::size_t depth = 0) {
  if (depth == shape.size()) return shape.empty() || !value.is_object();
  if (!value.is_array()) return false;
  if (shape[depth] && *shape[depth] != static_cast<std::int64_t>(value.size())) return false;
  return std::all_of(value.as_array().begin(), value.as_array().end(), [&](const Json& item) { return has_shape(item, shape, depth + 1); });
}

}  // namespace

DataKeys::Rule DataKeys::parse_rule(const std::string& key, const Json& spec) {
  static const std::map<std::string, Kind, std::less<>> kinds = {
      {"string", Kind::string}, {"number", Kind::number}, {"integer", Kind::integer}, {"boolean", Kind::boolean}, {"array", Kind::array}};
  const auto* dtype = spec.find("dtype");
  if (dtype == nullptr) reject(key, "dtype is missing; it is one of string, number, integer, boolean, array");
  const auto kind = dtype->is_string() ? kinds.find(dtype->as_string()) : kinds.end();
  if (kind == kinds.end())
    reject(key, fmt::format("dtype is {}; it must be one of string, number, integer, boolean, array", dtype->dump()));
  const auto* source = spec.find("source");
  if (source == nullptr || !source->is_string()) reject(key, "source is missing; say where the value comes from, as text");
  for (const auto& member : kOptionalMembers)
    if (const auto* value = spec.find(member.name); value != nullptr && !member.is_right(*value))
      reject(key, fmt::format("{}, not {}", member.rule, value->dump()));
  Rule out;
  out.kind = kind->second;
  out.shape = parse_shape(key, spec.find("shape"));
  out.dtype = schema::declared_dtype(spec);
  out.external = spec.find("external") != nullptr;
  return out;
}

void require_depth(const Json& value, std::string_view what) {
  if (nests_deeper(value, kMaxDepth))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} nests deeper than {} levels, so it could not be read again", what, kMaxDepth));
}

DataKeys::DataKeys(const Json& data_keys, bool lenient) : lenient_(lenient) {
  if (!data_keys.is_object())
    throw Error(ErrorCode::invalid_argument, fmt::format("data_keys must be an object, not {}", printable(data_keys.dump())));
  require_depth(data_keys, "data_keys");
  for (const auto& [key, spec] : data_keys.as_object()) {
    require_label(key, "data key");
    if (!lenient && !spec.is_object()) reject(key, "its description must be an object");
    if (!position_.emplace(key, rules_.size()).second) reject(key, "is declared twice");
    rules_.emplace_back(key, lenient ? Rule{} : parse_rule(key, spec));
  }
}

const DataKeys::Rule& DataKeys::rule_for(std::string_view key, std::string_view what, std::size_t hint) const {
  if (hint < rules_.size() && rules_[hint].first == key) return rules_[hint].second;  // events list their keys in one order
  if (const auto it = position_.find(key); it != position_.end()) return rules_[it->second].second;
  std::string known;
  for (const auto& [name, rule] : rules_) known += (known.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} '{}' was not declared by open_stream; declared are: {}", what, printable(key), printable(known, 400)));
}

void DataKeys::require_value(std::string_view key, const Rule& rule, const Json& value) {
  if (value.is_null()) return;
  const auto wrong = [&](std::string_view wanted) {
    reject(key, fmt::format("is declared as {}, but the value is {}", wanted, printable(value.dump())));
  };
  if (rule.external) reject(key, "its values are frames (external); give them as frames, not in data");
  switch (rule.kind) {
    case Kind::string:
      return value.is_string() ? void() : wrong("string");
    case Kind::number:
      return value.is_number() ? void() : wrong("number");
    case Kind::integer:
      return value.is_integer() ? void() : wrong("integer");
    case Kind::boolean:
      return value.is_bool() ? void() : wrong("boolean");
    case Kind::array:
      break;
  }
  if (!value.is_array() || !has_shape(value, rule.shape)) wrong("array of another shape");
}

void DataKeys::require_event(const Json& data, const Json& timestamps) const {
  if (!data.is_object())
    throw Error(ErrorCode::invalid_argument, fmt::format("an event's data must be an object, not {}", printable(data.dump())));
  if (!timestamps.is_object())
    throw Error(ErrorCode::invalid_argument, fmt::format("an event's timestamps must be an object, not {}", printable(timestamps.dump())));
  require_depth(data, "an event's data");
  std::size_t hint = 0;
  for (const auto& [key, value] : data.as_object()) {
    if (lenient_)
      require_label(key, "data key");
    else
      require_value(key, rule_for(key, "data key", hint++), value);
  }
  hint = 0;
  for (const auto& [key, time] : timestamps.as_object()) {
    if (!time.is_number() && !(lenient_ && time.is_null()))
      reject(key, fmt::format("its timestamp must be a number of seconds, not {}", printable(time.dump())));
    if (!lenient_) (void)rule_for(key, "timestamp of data key", hint++);
  }
}

void DataKeys::require_frame(std::string_view field, const frames::Geometry& geometry) const {
  if (lenient_) return require_label(field, "frame field");
  require_node_name(field, "frame field");
  const auto& rule = rule_for(field, "frame field", rules_.size());
  if (rule.kind != Kind::array) reject(field, "is declared as a single value; frames need dtype array");
  const schema::FrameDeclaration declared(rule.shape, rule.dtype);
  if (!declared.fits(geometry.height, geometry.width, resonance::to_string(geometry.dtype)))
    reject(field, fmt::format("is declared as {}, but the frame is {}", declared.words(), frames::to_string(geometry)));
}

}  // namespace resonance::record
