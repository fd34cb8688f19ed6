/// JSON values that lose nothing: key order, exact integers of any length, NaN and the infinities.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace resonance {

/// One JSON value.
///
/// Numbers keep their kind: text without fraction or exponent is an integer (int64, else uint64, else BigInteger with its
/// digits), everything else a double written in shortest round-trip form and always recognisable as one (`270.0`).
/// NaN, Infinity and -Infinity are written and read as these bare words, as Python's json module does.
/// Objects keep the order of their keys; a repeated key is kept, and look-ups see the last one.
/// Not synchronised: share between threads only while nobody writes.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;
  /// An integer outside the range of int64 and uint64, as its decimal digits with an optional leading '-'.
  struct BigInteger {
    std::string digits;
    bool operator==(const BigInteger&) const = default;
  };

  Json() noexcept = default;  ///< null
  Json(std::nullptr_t) noexcept {}
  Json(bool value) noexcept : value_(value) {}
  Json(int value) noexcept : value_(std::int64_t{value}) {}
  Json(unsigned value) noexcept : value_(std::int64_t{value}) {}
  Json(long value) noexcept : value_(std::int64_t{value}) {}
  Json(long long value) noexcept : value_(std::int64_t{value}) {}
  Json(unsigned long value) noexcept { set_unsigned(value); }
  Json(unsigned long long value) noexcept { set_unsigned(value); }
  Json(double value) noexcept : value_(value) {}
  Json(BigInteger value) : value_(std::move(value)) {}
  Json(std::string value) noexcept : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) noexcept : value_(std::move(value)) {}
  Json(Object value) noexcept : value_(std::move(value)) {}

  /// `Json::object({{"a", 1}, {"b", "text"}})`
  static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
  static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::nullptr_t>(value_); }
  [[nodiscard]] bool is_bool() const noexcept { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_integer() const noexcept;  ///< int64, uint64 or BigInteger
  [[nodiscard]] bool is_double() const noexcept { return std::holds_alternative<double>(value_); }
  [[nodiscard]] bool is_number() const noexcept { return is_integer() || is_double(); }
  [[nodiscard]] bool is_string() const noexcept { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }

  /// The value as the type named. \throws Error(invalid_argument) when it is of another kind or does not fit.
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_int64() const;
  [[nodiscard]] std::uint64_t as_uint64() const;
  [[nodiscard]] double as_double() const;  ///< any number; integers are rounded to the nearest double
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const Array& as_array() const;
  [[nodiscard]] Array& as_array();
  [[nodiscard]] const Object& as_object() const;
  [[nodiscard]] Object& as_object();

  /// The member's value, or nullptr when this is no object or has no such key.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept;
  /// The member's value. \throws Error(not_found)
  [[nodiscard]] const Json& at(std::string_view key) const;
  /// Replace the member's value, or append the member. A null value becomes an object first.
  void set(std::string key, Json value);
  /// Append to an array. A null value becomes an array first.
  void push_back(Json value);
  [[nodiscard]] std::size_t size() const noexcept;  ///< items of an array, members of an object, else 0

  /// Compact text, or indented by `indent` spaces a level. UTF-8 is written as it is; control characters are escaped.
  /// \throws Error(invalid_argument) for text that is not UTF-8 and for digits that are no integer
  [[nodiscard]] std::string dump(int indent = 0) const;
  void dump_to(std::string& out, int indent = 0) const;

  /// Parse one value, with nothing but white space behind it. Accepts RFC 8259 plus NaN, Infinity and -Infinity.
  /// \throws Error(corrupt) with the offset, for anything else, invalid UTF-8 and lone surrogates and nesting over
  ///         `max_depth` included.
  static Json parse(std::string_view text, int max_depth = 128);

  /// Equal kind and value; NaN equals NaN; objects are equal when their members are equal in the same order.
  friend bool operator==(const Json& a, const Json& b) noexcept;

  using Storage = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, BigInteger, std::string, Array, Object>;
  [[nodiscard]] const Storage& storage() const noexcept { return value_; }

 private:
  void set_unsigned(std::uint64_t value) noexcept {
    if (value <= static_cast<std::uint64_t>(INT64_MAX))
      value_ = static_cast<std::int64_t>(value);
    else
      value_ = value;
  }
  Storage value_ = nullptr;
};

}  // namespace resonance
