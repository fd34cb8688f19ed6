#include "exchange/text_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "exchange/text_encoding.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

constexpr std::size_t kMostNotes = 12;  // about columns; of a table with a thousand of them more would hide the rest

bool is_known_unit(std::string_view text) {
  constexpr std::array<std::string_view, 42> units{"eV", "keV", "meV", "A",    "mA",   "uA",   "µA",  "nA",  "pA",    "V",    "mV",
                                                   "uV", "s",   "ms",  "us",   "µs",   "ns",   "min", "h",   "Hz",    "kHz",  "MHz",
                                                   "m",  "cm",  "mm",  "um",   "µm",   "nm",   "deg", "°",   "rad",   "mrad", "K",
                                                   "C",  "°C",  "Pa",  "mbar", "Torr", "torr", "%",   "cps", "counts"};
  return std::ranges::find(units, text) != units.end();
}

/// Where the unit stands in the name, brackets or slash included; npos without one.
std::size_t unit_at(std::string_view name) {
  const char last = name.empty() ? ' ' : name.back();
  auto open = last == ')' ? name.rfind('(') : last == ']' ? name.rfind('[') : std::string_view::npos;
  if (open == std::string_view::npos && last != ')' && last != ']') {
    open = name.rfind('/');
    if (open != std::string_view::npos && !is_known_unit(trimmed(name.substr(open + 1)))) open = std::string_view::npos;
  }
  return open == 0 ? std::string_view::npos : open;
}

constexpr const char* name_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::text:
      return "text";
    case ColumnKind::number:
      return "number";
    case ColumnKind::integer:
      return "integer";
    case ColumnKind::time:
      break;
  }
  return "time";
}

/// Notes of one kind, of which some are told and the rest counted.
class LikeNotes {
 public:
  void add(std::string note) {
    if (note.empty()) return;
    if (++all_ <= kMostNotes) notes_.push_back(std::move(note));
  }
  void tell(std::size_t most, std::vector<std::string>& out) const {
    const auto told = std::min(most, notes_.size());
    out.insert(out.end(), notes_.begin(), notes_.begin() + static_cast<std::ptrdiff_t>(told));
    if (all_ > told) out.back() += fmt::format("; likewise in {} more columns", all_ - told);
  }

 private:
  std::vector<std::string> notes_;
  std::size_t all_ = 0;
};

[[noreturn]] void refuse(std::string what) { throw Error(ErrorCode::invalid_argument, std::move(what)); }

}  // namespace

std::string units_in(std::string_view name) {
  name = trimmed(name);
  const auto at = unit_at(name);
  if (at == std::string_view::npos) return {};
  const bool closed = name.back() == ')' || name.back() == ']';
  return std::string(trimmed(name.substr(at + 1, name.size() - at - (closed ? 2 : 1))));
}

std::string_view name_without_units(std::string_view name) {
  name = trimmed(name);
  return trimmed(name.substr(0, std::min(unit_at(name), name.size())));
}

TextColumns::TextColumns(const std::vector<std::string>& names, const std::vector<std::string>& units, const TableReading& reading)
    : names_(to_column_names(names)),
      units_(units),
      said_(names.size()),
      decimal_(reading.decimal),
      guesses_(names.size()),
      types_(names.size()) {
  for (const auto& [name, kind] : reading.columns) {
    const auto column = column_named(names, name);
    if (said_[column]) refuse(fmt::format("column \"{}\" is said to be two things", printable(name)));
    if (kind == ColumnKind::time && time_column_) refuse("two columns are said to be the time");
    if (kind == ColumnKind::time) time_column_ = column;
    if (kind == ColumnKind::number || kind == ColumnKind::integer) guesses_[column].be_number();
    said_[column] = kind;
  }
  for (std::size_t i = 0; i < units_.size(); ++i)
    if (!units_[i].empty()) guesses_[i].be_measured();
}

std::size_t TextColumns::column_named(const std::vector<std::string>& raw, const std::string& name) const {
  if (const auto at = std::ranges::find(names_, name); at != names_.end()) return static_cast<std::size_t>(at - names_.begin());
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < raw.size(); ++i)
    if (trimmed(raw[i]) == trimmed(name) || name_without_units(raw[i]) == trimmed(name)) found.push_back(i);
  if (found.size() == 1) return found.front();
  if (found.size() > 1) refuse(fmt::format("{} columns are named \"{}\"", found.size(), printable(name)));
  refuse(
      fmt::format("there is no column \"{}\"; there are {}", printable(name), printable(fmt::format("{}", fmt::join(names_, ", ")), 400)));
}

void TextColumns::require_kind(std::size_t column) const {
  const auto why = guesses_[column].why_not(types_[column], said_[column] == ColumnKind::integer);
  if (!why.empty()) refuse(fmt::format("column \"{}\" is said to be {}, but {}", names_[column], name_of(*said_[column]), why));
}

void TextColumns::settle_type(std::size_t column, const DecimalEvidence& evidence) {
  auto& type = types_[column] = guesses_[column].type(evidence, decimal_);
  if (!said_[column] || said_[column] == ColumnKind::time) return;
  if (said_[column] == ColumnKind::text) {
    type = {};
    return;
  }
  require_kind(column);
  type.type = said_[column] == ColumnKind::integer ? CellType::integer : CellType::number;
}

void TextColumns::settle(std::vector<std::string>& notes) {
  DecimalEvidence evidence;
  for (const auto& guess : guesses_) guess.add_to(evidence);
  LikeNotes text, signs, missing;
  for (std::size_t i = 0; i < guesses_.size(); ++i) {
    settle_type(i, evidence);
    if (said_[i] == ColumnKind::text || said_[i] == ColumnKind::time) continue;
    text.add(guesses_[i].note_of_text(names_[i], types_[i]));
    signs.add(guesses_[i].note_of_signs(names_[i], types_[i]));
    missing.add(guesses_[i].note_of_missing(names_[i], types_[i]));
  }
  text.tell(kMostNotes, notes);
  signs.tell(1, notes);
  missing.tell(1, notes);
}

}  // namespace resonance::exchange
