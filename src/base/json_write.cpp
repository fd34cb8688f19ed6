// JSON text from values, exact for us to read back, or strict for other programs (base/strict_json.hpp). Every recorded event
// passes here, so text is appended in place, and for exact text nothing is allocated beside it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "base/number_text.hpp"
#include "base/strict_json.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance {
namespace {

enum class Form { exact, strict };

enum class Class : unsigned char { plain, escaped, multibyte };

constexpr std::array<Class, 256> kClasses = [] {
  std::array<Class, 256> classes{};
  for (std::size_t c = 0; c < 256; ++c) {
    const bool escaped = c < 0x20 || c == '"' || c == '\\';
    classes[c] = c >= 0x80 ? Class::multibyte : escaped ? Class::escaped : Class::plain;
  }
  return classes;
}();

void write_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  const char escape[] = {'\\', 'u', '0', '0', kDigits[code >> 4], kDigits[code & 0xF]};
  out.append(escape, sizeof escape);
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Text that is not UTF-8 would make a document that nobody can read back, ourselves included.
[[noreturn]] void refuse_text(std::string_view text) {
  throw Error(ErrorCode::invalid_argument, fmt::format("JSON: text '{}' is not valid UTF-8", printable(text)));
}

void write_string(std::string& out, std::string_view text, Form form) {
  out += '"';
  std::size_t run = 0;
  for (std::size_t at = 0; at < text.size();) {
    switch (kClasses[static_cast<unsigned char>(text[at])]) {
      case Class::plain:
        ++at;
        break;
      case Class::multibyte: {
        const std::size_t length = utf8::sequence_length(text, at);
        if (length == 0) {
          if (form == Form::exact) refuse_text(text);
          out.append(text, run, at - run);
          out += kReplacement;
          run = ++at;
        }
        at += length;
        break;
      }
      case Class::escaped:
        out.append(text, run, at - run);
        write_escape(out, text[at]);
        run = ++at;
        break;
    }
  }
  out.append(text, run);
  out += '"';
}

template <typename Integer>
void write_integer(std::string& out, Integer value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void write_big_integer(std::string& out, std::string_view digits) {
  const std::string_view magnitude = digits.substr(digits.starts_with('-') ? 1 : 0);
  const bool valid = !magnitude.empty() && (magnitude.size() == 1 || magnitude[0] != '0') &&
                     std::ranges::all_of(magnitude, [](char c) { return c >= '0' && c <= '9'; });
  if (!valid) throw Error(ErrorCode::invalid_argument, fmt::format("JSON: '{}' is not an integer", printable(digits)));
  out += digits;
}

constexpr std::size_t kFewMembers = 8;

/// For each member whether a later one has the same key; empty where none has.
std::vector<bool> replaced_members(const Json::Object& members) {
  std::vector<bool> replaced;
  const auto replace = [&](std::size_t i) {
    replaced.resize(members.size());
    replaced[i] = true;
  };
  if (members.size() <= kFewMembers) {
    for (std::size_t i = 0; i < members.size(); ++i)
      if (std::any_of(members.begin() + static_cast<std::ptrdiff_t>(i) + 1, members.end(),
                      [&](const auto& later) { return later.first == members[i].first; }))
        replace(i);
    return replaced;
  }
  std::unordered_set<std::string_view> later;
  later.reserve(members.size());
  for (std::size_t i = members.size(); i-- > 0;)
    if (!later.insert(members[i].first).second) replace(i);
  return replaced;
}

class Writer {
 public:
  Writer(std::string& out, int indent, Form form) noexcept
      : out_(out), indent_(indent > 0 ? static_cast<std::size_t>(indent) : 0), form_(form) {}

  void operator()(std::nullptr_t) { out_ += "null"; }
  void operator()(bool value) { out_ += value ? "true" : "false"; }
  void operator()(std::int64_t value) { write_integer(out_, value); }
  void operator()(std::uint64_t value) { write_integer(out_, value); }
  void operator()(double value) {
    const bool word = form_ == Form::strict && !std::isfinite(value);
    if (word) out_ += '"';
    char buffer[kNumberBytes];
    out_.append(buffer, write_shortest(buffer, value, true));
    if (word) out_ += '"';
  }
  void operator()(const Json::BigInteger& value) { write_big_integer(out_, value.digits); }
  void operator()(const std::string& value) { write_string(out_, value, form_); }

  void operator()(const Json::Array& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    char separator = '[';
    ++depth_;
    for (const auto& item : items) {
      begin_item(separator);
      std::visit(*this, item.storage());
    }
    end_items(']');
  }

  void operator()(const Json::Object& members) {
    if (members.empty()) {
      out_ += "{}";
      return;
    }
    const auto replaced = form_ == Form::strict ? replaced_members(members) : std::vector<bool>();
    char separator = '{';
    ++depth_;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!replaced.empty() && replaced[i]) continue;
      begin_item(separator);
      write_string(out_, members[i].first, form_);
      out_ += ':';
      if (indent_ != 0) out_ += ' ';
      std::visit(*this, members[i].second.storage());
    }
    end_items('}');
  }

 private:
  void begin_item(char& separator) {
    out_ += separator;
    separator = ',';
    new_line();
  }
  void end_items(char bracket) {
    --depth_;
    new_line();
    out_ += bracket;
  }
  void new_line() {
    if (indent_ == 0) return;
    out_ += '\n';
    out_.append(depth_ * indent_, ' ');
  }

  std::string& out_;
  std::size_t indent_;
  Form form_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string Json::dump(int indent) const {
  std::string out;
  dump_to(out, indent);
  return out;
}

void Json::dump_to(std::string& out, int indent) const {
  Writer writer(out, indent, Form::exact);
  std::visit(writer, value_);
}

void write_strict_json(std::string& out, const Json& value, int indent) {
  Writer writer(out, indent, Form::strict);
  std::visit(writer, value.storage());
}

}  // namespace resonance
