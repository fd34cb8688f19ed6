#include "query/units.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "base/fold_case.hpp"

namespace resonance::query {
namespace {

/// A unit in terms of the one that it is derived from: factor * 10^power of `base`.
struct Measure {
  std::string_view base;
  int power = 0;
  double factor = 1;
  bool operator==(const Measure&) const = default;
};

struct Prefix {
  std::string_view sign;
  int power;
};
constexpr Prefix kPrefixes[] = {{"f", -15}, {"p", -12}, {"n", -9}, {"u", -6}, {"\u00b5", -6}, {"\u03bc", -6}, {"m", -3},
                                {"c", -2},  {"h", 2},   {"k", 3},  {"M", 6},  {"G", 9},       {"T", 12}};
constexpr std::string_view kPrefixed[] = {"eV", "m", "s", "A", "Hz", "K", "V",   "W",   "Pa", "bar",
                                          "g",  "N", "J", "T", "F",  "C", "rad", "mol", "Ohm"};

/// Spellings that are not made of a prefix and a sign.
struct Spelling {
  std::string_view text;
  Measure measure;
};
constexpr Measure kDegree{"deg"}, kSecond{"s"}, kMinute{"s", 0, 60}, kHour{"s", 0, 3600}, kAngstrom{"m", -10}, kMicron{"m", -6};
constexpr Spelling kSpellings[] = {{"deg", kDegree},
                                   {"degree", kDegree},
                                   {"degrees", kDegree},
                                   {"\u00b0", kDegree},
                                   {"sec", kSecond},
                                   {"second", kSecond},
                                   {"seconds", kSecond},
                                   {"min", kMinute},
                                   {"minute", kMinute},
                                   {"minutes", kMinute},
                                   {"h", kHour},
                                   {"hour", kHour},
                                   {"hours", kHour},
                                   {"micron", kMicron},
                                   {"microns", kMicron},
                                   {"\u00c5", kAngstrom},
                                   {"\u212b", kAngstrom},
                                   {"angstrom", kAngstrom},
                                   {"angstroms", kAngstrom},
                                   {"metre", {"m"}},
                                   {"metres", {"m"}},
                                   {"meter", {"m"}},
                                   {"meters", {"m"}},
                                   {"kelvin", {"K"}},
                                   {"volt", {"V"}},
                                   {"volts", {"V"}},
                                   {"amp", {"A"}},
                                   {"amps", {"A"}},
                                   {"ampere", {"A"}},
                                   {"amperes", {"A"}},
                                   {"\u03a9", {"Ohm"}},
                                   {"\u2126", {"Ohm"}},
                                   {"ohms", {"Ohm"}},
                                   {"%", {"%"}},
                                   {"percent", {"%"}}};

struct Units {
  std::unordered_map<std::string, Measure> exact;
  std::unordered_map<std::string, std::optional<Measure>> folded;  ///< nothing: it may be one unit or another

  Units() {
    for (const auto& spelling : kSpellings) add(std::string(spelling.text), spelling.measure);
    for (const auto base : kPrefixed) {
      add(std::string(base), {base});
      for (const auto& prefix : kPrefixes) add(std::string(prefix.sign) + std::string(base), {base, prefix.power});
    }
  }
  void add(const std::string& text, const Measure& measure) {
    exact.try_emplace(text, measure);
    const auto [place, is_new] = folded.try_emplace(fold_case(text), measure);
    if (!is_new && place->second != measure) place->second.reset();
  }
};

struct Reading {
  std::optional<Measure> measure;
  bool is_known = false;
};

const Units& all_units() {
  static const Units units;
  return units;
}

Reading read_unit(std::string_view unit) {
  const Units& units = all_units();
  if (const auto found = units.exact.find(std::string(unit)); found != units.exact.end()) return {found->second, true};
  if (unit.size() < 2) return {};  // "S" is not "s", nor "G" "g"
  const auto found = units.folded.find(fold_case(unit));
  return found == units.folded.end() ? Reading{} : Reading{found->second, true};
}

}  // namespace

UnitWord unit_word(std::string_view word) {
  // Of two letters, those that nobody takes for a chemical element or another short word.
  constexpr std::string_view kShort[] = {"%",  "mm", "nm", "um", "cm", "km", "ms", "us", "mA",
                                         "nA", "uA", "mV", "kV", "kA", "mW", "kW", "ev", "hz"};
  const auto folded = fold_case(word);
  const bool is_exact = all_units().exact.contains(std::string(word));
  const bool is_ascii = std::ranges::all_of(word, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (std::ranges::find(kShort, word) != std::end(kShort) || folded == "ev" || folded == "hz") return UnitWord::yes;
  if (is_exact) return word.size() > 2 || !is_ascii ? UnitWord::yes : UnitWord::perhaps;
  return word.size() > 2 && all_units().folded.contains(folded) ? UnitWord::yes : UnitWord::no;
}

std::optional<double> conversion(std::string_view from, std::string_view to) {
  if (from == to) return 1;
  const Reading a = read_unit(from), b = read_unit(to);
  if (!a.is_known && !b.is_known && from.size() > 1 && fold_case(from) == fold_case(to)) return 1;
  if (!a.measure || !b.measure || a.measure->base != b.measure->base) return std::nullopt;
  const int power = a.measure->power - b.measure->power;
  const double ratio = a.measure->factor / b.measure->factor;
  return power < 0 ? ratio / std::pow(10, -power) : ratio * std::pow(10, power);
}

std::optional<Interval> converted(const Interval& interval, std::string_view from, std::string_view to) {
  const auto factor = conversion(from, to);
  if (!factor || *factor == 1) return factor ? std::optional(interval) : std::nullopt;
  const auto moved = [&](double end, double direction) {
    const double there = end * *factor;
    return there + direction * std::abs(there) * 1e-14;
  };
  Interval out = interval;
  if (out.low) out.low = moved(*out.low, out.low_open ? 1 : -1);
  if (out.high) out.high = moved(*out.high, out.high_open ? -1 : 1);
  return out;
}

}  // namespace resonance::query
