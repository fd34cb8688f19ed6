/// What is said of a table, from words.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "exchange/importers.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view word, std::string_view known) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{} \"{}\": say {}", what, printable(word), known));
}

}  // namespace

ColumnKind parse_column_kind(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, ColumnKind>, 4> kinds{
      {{"text", ColumnKind::text}, {"number", ColumnKind::number}, {"integer", ColumnKind::integer}, {"time", ColumnKind::time}}};
  for (const auto& [name, kind] : kinds)
    if (name == word) return kind;
  refuse("a column that is", word, "text, number, integer or time");
}

char parse_delimiter(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, char>, 6> names{
      {{"tab", '\t'}, {"\\t", '\t'}, {"blank", ' '}, {"space", ' '}, {"comma", ','}, {"semicolon", ';'}}};
  for (const auto& [name, sign] : names)
    if (name == word) return sign;
  const bool is_sign = word.size() == 1 && static_cast<unsigned char>(word[0]) < 0x7F && word.find_first_of("\"\r\n.+-") != 0 &&
                       std::isalnum(static_cast<unsigned char>(word[0])) == 0 && word[0] != '\0';
  if (!is_sign) refuse("the delimiter", word, "tab, blank, comma, semicolon or one sign");
  return word[0];
}

char parse_decimal(std::string_view word) {
  if (word == "," || word == "comma") return ',';
  if (word == "." || word == "point") return '.';
  refuse("the decimal sign", word, "point or comma");
}

namespace exchange {

std::string reading_text(const ImportOptions& options) {
  const auto& reading = options.table;
  std::string text;
  for (const auto& [name, kind] : reading.columns) text += fmt::format("\ncolumn {}={}", name, static_cast<int>(kind));
  if (reading.delimiter) text += fmt::format("\ndelimiter {}", *reading.delimiter);
  if (reading.decimal) text += fmt::format("\ndecimal {}", *reading.decimal);
  if (reading.comment) text += fmt::format("\ncomment {}", *reading.comment);
  if (reading.skip != 0) text += fmt::format("\nskip {}", reading.skip);
  return text;
}

TimeZone zone_of(const ImportOptions& options) {
  if (options.zone) return TimeZone::load(*options.zone);
  return options.root_zone ? TimeZone::load(*options.root_zone) : TimeZone();
}

}  // namespace exchange
}  // namespace resonance
