// Access to the parts of a JSON value. Text goes through json_parse.cpp and json_write.cpp.
#include "resonance/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

std::string_view kind_of(const Json& value) noexcept {
  constexpr std::array<std::string_view, 9> kKinds = {"null",       "a boolean", "an integer", "an integer", "a number",
                                                      "an integer", "a string",  "an array",   "an object"};
  static_assert(kKinds.size() == std::variant_size_v<Json::Storage>);
  const std::size_t i = value.storage().index();
  return i < kKinds.size() ? kKinds[i] : "nothing";
}

[[noreturn]] void wrong_kind(const Json& value, std::string_view wanted) {
  throw Error(ErrorCode::invalid_argument, fmt::format("JSON: expected {}, found {}", wanted, kind_of(value)));
}

[[noreturn]] void does_not_fit(const Json& value, std::string_view type) {
  throw Error(ErrorCode::invalid_argument, fmt::format("JSON: integer {} does not fit {}", printable(value.dump()), type));
}

template <typename Kind>
const Kind& require(const Json& value, std::string_view wanted) {
  if (const auto* held = std::get_if<Kind>(&value.storage())) return *held;
  wrong_kind(value, wanted);
}

}  // namespace

bool Json::is_integer() const noexcept {
  return std::holds_alternative<std::int64_t>(value_) || std::holds_alternative<std::uint64_t>(value_) ||
         std::holds_alternative<BigInteger>(value_);
}

bool Json::as_bool() const { return require<bool>(*this, "a boolean"); }

std::int64_t Json::as_int64() const {
  if (const auto* held = std::get_if<std::int64_t>(&value_)) return *held;
  if (!is_integer()) wrong_kind(*this, "an integer");
  does_not_fit(*this, "a signed 64-bit integer");
}

std::uint64_t Json::as_uint64() const {
  if (const auto* held = std::get_if<std::uint64_t>(&value_)) return *held;
  if (!is_integer()) wrong_kind(*this, "an integer");
  const auto* held = std::get_if<std::int64_t>(&value_);
  if (held == nullptr || *held < 0) does_not_fit(*this, "an unsigned 64-bit integer");
  return static_cast<std::uint64_t>(*held);
}

double Json::as_double() const {
  if (const auto* held = std::get_if<double>(&value_)) return *held;
  if (const auto* held = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*held);
  if (const auto* held = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*held);
  const auto& big = require<BigInteger>(*this, "a number");
  return parse_double(big.digits).value_or(std::numeric_limits<double>::quiet_NaN());
}

const std::string& Json::as_string() const { return require<std::string>(*this, "a string"); }
const Json::Array& Json::as_array() const { return require<Array>(*this, "an array"); }
Json::Array& Json::as_array() { return const_cast<Array&>(require<Array>(*this, "an array")); }
const Json::Object& Json::as_object() const { return require<Object>(*this, "an object"); }
Json::Object& Json::as_object() { return const_cast<Object&>(require<Object>(*this, "an object")); }

const Json* Json::find(std::string_view key) const noexcept {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  for (auto member = object->rbegin(); member != object->rend(); ++member)
    if (member->first == key) return &member->second;
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  if (const Json* value = find(key)) return *value;
  if (!is_object()) throw Error(ErrorCode::not_found, fmt::format("JSON: no '{}' in {}", printable(key), kind_of(*this)));
  throw Error(ErrorCode::not_found, fmt::format("JSON: the object has no '{}'", printable(key)));
}

void Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object();
  Object& members = as_object();
  const auto found = std::find_if(members.rbegin(), members.rend(), [&](const Member& member) { return member.first == key; });
  if (found != members.rend())
    found->second = std::move(value);
  else
    members.emplace_back(std::move(key), std::move(value));
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array();
  as_array().push_back(std::move(value));
}

std::size_t Json::size() const noexcept {
  if (const auto* items = std::get_if<Array>(&value_)) return items->size();
  if (const auto* members = std::get_if<Object>(&value_)) return members->size();
  return 0;
}

bool operator==(const Json& a, const Json& b) noexcept {
  const auto* x = std::get_if<double>(&a.value_);
  const auto* y = std::get_if<double>(&b.value_);
  if (x != nullptr && y != nullptr) return *x == *y || (std::isnan(*x) && std::isnan(*y));
  return a.value_ == b.value_;
}

}  // namespace resonance
