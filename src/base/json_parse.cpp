// JSON values from text that anybody may have written. One pass, by recursive descent; RFC 8259 and the three words for
// what is not finite.
#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  Parser(std::string_view text, int max_depth) noexcept : text_(text), depth_left_(max_depth) {}

  Json document() {
    Json value = parse_value();
    skip_blanks();
    if (at_ < text_.size()) fail("there is more behind the value");
    return value;
  }

 private:
  [[noreturn]] [[gnu::cold]] void fail_at(std::size_t offset, std::string_view what) const {
    throw Error(ErrorCode::corrupt, fmt::format("JSON: {} at byte {}", what, offset),
                {.os_errno = 0, .file = {}, .offset = offset, .database = false});
  }
  [[noreturn]] [[gnu::cold]] void fail(std::string_view what) const { fail_at(at_, what); }
  [[noreturn]] [[gnu::cold]] void fail_unexpected(std::string_view wanted) const {
    if (at_ >= text_.size()) fail(fmt::format("the text ends where {} should be", wanted));
    fail(fmt::format("'{}' where {} should be", printable(text_.substr(at_, 1)), wanted));
  }

  // '\0' past the end; as nothing below accepts this character, it need not be told from a real one.
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blanks() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
  }

  bool take(char c) noexcept {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) noexcept {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Json parse_value() {
    skip_blanks();
    switch (peek()) {
      case '{':
        return parse_object();
      case '[':
        return parse_array();
      case '"':
        return Json(parse_string());
      case 't':
        return parse_word("true", true);
      case 'f':
        return parse_word("false", false);
      case 'n':
        return parse_word("null", nullptr);
      case 'N':
        return parse_word("NaN", std::numeric_limits<double>::quiet_NaN());
      case 'I':
        return parse_word("Infinity", std::numeric_limits<double>::infinity());
      default:
        return parse_number();
    }
  }

  Json parse_word(std::string_view word, Json value) {
    if (!take_word(word)) fail_unexpected("a value");
    return value;
  }

  void enter() {
    if (depth_left_-- <= 0) fail("values are nested too deeply");
    ++at_;
    skip_blanks();
  }
  void leave() noexcept { ++depth_left_; }

  Json parse_array() {
    enter();
    Json::Array items;
    if (!take(']')) {
      do {
        items.push_back(parse_value());
        skip_blanks();
      } while (take(','));
      if (!take(']')) fail_unexpected("',' or ']'");
    }
    leave();
    return Json(std::move(items));
  }

  Json parse_object() {
    enter();
    Json::Object members;
    if (!take('}')) {
      members.reserve(8);
      do {
        members.push_back(parse_member());
        skip_blanks();
      } while (take(','));
      if (!take('}')) fail_unexpected("',' or '}'");
    }
    leave();
    return Json(std::move(members));
  }

  Json::Member parse_member() {
    skip_blanks();
    if (peek() != '"') fail_unexpected("a key in '\"'");
    std::string key = parse_string();
    skip_blanks();
    if (!take(':')) fail_unexpected("':'");
    return {std::move(key), parse_value()};
  }

  std::string parse_string() {
    const std::size_t quote = at_++;
    std::string out;
    for (std::size_t run = at_;;) {
      if (at_ >= text_.size()) fail_at(quote, "a string has no end");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"' || c == '\\') {
        out.append(text_, run, at_++ - run);
        if (c == '"') return out;
        parse_escape(out);
        run = at_;
      } else if (c >= 0x80) {
        const std::size_t length = utf8::sequence_length(text_, at_);
        if (length == 0) fail("text is not valid UTF-8");
        at_ += length;
      } else if (c < 0x20) {
        fail("a string contains a bare control character");
      } else {
        ++at_;
      }
    }
  }

  void parse_escape(std::string& out) {
    switch (const char c = peek(); c) {
      case '"':
      case '\\':
      case '/':
        out += c;
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u':
        ++at_;
        return append_utf8(out, parse_code_point());
      default:
        fail_unexpected("an escape");
    }
    ++at_;
  }

  std::uint32_t parse_code_point() {
    const std::size_t start = at_ - 2;
    const std::uint32_t first = parse_hex4();
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first > 0xDBFF || !take_word("\\u")) fail_at(start, "a lone surrogate");
    const std::uint32_t second = parse_hex4();
    if (second < 0xDC00 || second > 0xDFFF) fail_at(start, "a lone surrogate");
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  std::uint32_t parse_hex4() {
    std::uint32_t code = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const char* const end = digits.data() + digits.size();
    if (digits.size() < 4 || std::from_chars(digits.data(), end, code, 16).ptr != end) fail("\\u without four hexadecimal digits");
    at_ += 4;
    return code;
  }

  void take_digits() {
    if (!is_digit(peek())) fail_unexpected("a digit");
    while (is_digit(peek())) ++at_;
  }

  Json parse_number() {
    const std::size_t start = at_;
    const bool negative = take('-');
    if (negative && take_word("Infinity")) return -std::numeric_limits<double>::infinity();
    if (!is_digit(peek())) fail_unexpected(negative ? "a digit" : "a value");
    if (take('0')) {
      if (is_digit(peek())) fail_at(start, "a number begins with a superfluous 0");
    } else {
      take_digits();
    }
    bool integer = true;
    if (take('.')) {
      integer = false;
      take_digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      integer = false;
      ++at_;
      if (!take('+')) take('-');
      take_digits();
    }
    const std::string_view number = text_.substr(start, at_ - start);
    return integer ? integer_of(number) : Json(double_of(number));
  }

  static double double_of(std::string_view number) noexcept { return parse_double(number).value_or(0); }

  static Json integer_of(std::string_view number) {
    if (number == "-0") return -0.0;  // no integer can hold the sign
    const char* const end = number.data() + number.size();
    std::int64_t value = 0;
    if (std::from_chars(number.data(), end, value).ec == std::errc{}) return Json(value);
    std::uint64_t large = 0;
    if (std::from_chars(number.data(), end, large).ec == std::errc{}) return Json(large);
    return Json(Json::BigInteger{std::string(number)});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_left_;
};

}  // namespace

Json Json::parse(std::string_view text, int max_depth) { return Parser(text, max_depth).document(); }

}  // namespace resonance
