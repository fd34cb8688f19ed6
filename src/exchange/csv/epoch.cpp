#include "exchange/csv/epoch.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace resonance::csv {
namespace {

constexpr double kDay = 86400;
constexpr double kYear1980 = 315532800, kYear1990 = 631152000, kYear2000 = 946684800;

// No number up to 2050 is a time in two of them, but for the days of Excel and of MATLAB, which need a name that says so.
constexpr std::array<Epoch, 8> kEpochs{{
    {"seconds since 1970", "s", 1, 1, 0, kYear1980},
    {"milliseconds since 1970", "ms", 1, 1e3, 0, kYear1980},
    {"microseconds since 1970", "us", 1, 1e6, 0, kYear1980},
    {"nanoseconds since 1970", "ns", 1, 1e9, 0, kYear1980},
    {"seconds since 1904 (LabVIEW)", "s", 1, 1, -2082844800, kYear1990},
    {"100 ns since 1601 (Windows)", "", 1, 1e7, -11644473600, kYear1980},
    {"days since 1900 (Excel)", "d", kDay, 1, -25569 * kDay, kYear2000, true, true},
    {"days since the year 0 (MATLAB)", "d", kDay, 1, -719529 * kDay, kYear2000, true, true},
}};

struct Spelling {
  std::string_view text, unit;
};

std::string_view plain_unit(std::string_view unit) {
  constexpr std::array<Spelling, 27> spellings{{{"s", "s"},
                                                {"sec", "s"},
                                                {"secs", "s"},
                                                {"second", "s"},
                                                {"seconds", "s"},
                                                {"ms", "ms"},
                                                {"msec", "ms"},
                                                {"milliseconds", "ms"},
                                                {"us", "us"},
                                                {"usec", "us"},
                                                {"µs", "us"},
                                                {"μs", "us"},
                                                {"microseconds", "us"},
                                                {"ns", "ns"},
                                                {"nsec", "ns"},
                                                {"nanoseconds", "ns"},
                                                {"min", "min"},
                                                {"minutes", "min"},
                                                {"h", "h"},
                                                {"hr", "h"},
                                                {"hours", "h"},
                                                {"d", "d"},
                                                {"day", "d"},
                                                {"days", "d"},
                                                {"unix", "s"},
                                                {"epoch", "s"},
                                                {"mins", "min"}}};
  std::string lower(unit);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::ranges::find(spellings, std::string_view(lower), &Spelling::text);
  return found == spellings.end() ? std::string_view() : found->unit;
}

}  // namespace

double seconds_in(std::string_view unit) {
  const auto plain = plain_unit(unit);
  if (plain == "s") return 1;
  if (plain == "ms") return 1e-3;
  if (plain == "us") return 1e-6;
  if (plain == "ns") return 1e-9;
  if (plain == "min") return 60;
  if (plain == "h") return 3600;
  return plain == "d" ? kDay : 0;
}

const Epoch* epoch_of(double smallest, double largest, std::string_view unit, bool dates, double latest) {
  const auto plain = plain_unit(unit);
  if (!unit.empty() && plain.empty()) return nullptr;
  for (const auto& epoch : kEpochs) {
    if (!plain.empty() && epoch.unit != plain) continue;
    if (epoch.dates_only && !dates && plain.empty()) continue;
    if (time_in(epoch, smallest) >= epoch.earliest && time_in(epoch, largest) <= latest) return &epoch;
  }
  return nullptr;
}

}  // namespace resonance::csv
