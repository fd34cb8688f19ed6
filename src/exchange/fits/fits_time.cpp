#include "exchange/fits/fits_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <set>
#include <string_view>

#include "base/text.hpp"
#include "base/time_zone.hpp"
#include "exchange/iso_time.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

using exchange::IsoTime;

constexpr double kDay = 86400;
constexpr double kMjdOfEpoch = 40587;
constexpr double kYear2200 = 7258118400;

constexpr std::array kCards{"DATE-OBS", "DATE-BEG", "MJD-OBS", "MJD-BEG", "DATE-AVG", "MJD-AVG", "DATE"};

/// Days, as yyyymmdd, from which on TAI is one second more ahead of UTC; it was 10 s ahead before the first.
constexpr std::array kLeapDays{19720701, 19730101, 19740101, 19750101, 19760101, 19770101, 19780101, 19790101, 19800101,
                               19810701, 19820701, 19830701, 19850701, 19880101, 19900101, 19910101, 19920701, 19930701,
                               19940701, 19960101, 19970701, 19990101, 20060101, 20090101, 20120701, 20150701, 20170101};

double start_of(int yyyymmdd) {
  using namespace std::chrono;
  const sys_days day{year{yyyymmdd / 10000} / month{static_cast<unsigned>(yyyymmdd / 100 % 100)} /
                     std::chrono::day{static_cast<unsigned>(yyyymmdd % 100)}};
  return static_cast<double>(day.time_since_epoch().count()) * kDay;
}

/// UTC of a moment of TAI, both counted as if days had 86400 seconds.
double utc_of_tai(double tai) {
  double ahead = 10;
  for (const int day : kLeapDays)
    if (tai - ahead - 1 >= start_of(day)) ahead += 1;
  return tai - ahead;
}

double in_zone(const std::string& zone, double local) {
  const double day = std::floor(local / kDay);
  return TimeZone::load(zone).time_of({static_cast<std::int64_t>(day), local - day * kDay});
}

/// "14/03/98": the form until 1999, of years that begin with 19.
std::optional<IsoTime> old_date(std::string_view text) {
  if (text.size() != 8 || text[2] != '/' || text[5] != '/') return std::nullopt;
  return exchange::parse_iso_time(fmt::format("19{}-{}-{}T00:00:00", text.substr(6), text.substr(3, 2), text.substr(0, 2)));
}

struct Written {
  IsoTime time;
  bool has_clock = true;
};

std::optional<Written> parse_date(std::string_view text) {
  text = trimmed(text);
  if (const auto whole = exchange::parse_iso_time(text)) return Written{*whole};
  if (const auto minutes = exchange::parse_iso_time(std::string(text) + ":00")) return Written{*minutes};
  if (const auto day = exchange::parse_iso_time(std::string(text) + "T00:00:00")) return Written{*day, false};
  if (const auto day = old_date(text)) return Written{*day, false};
  return std::nullopt;
}

class TimeFinder {
 public:
  TimeFinder(const std::vector<FitsCard>& cards, const Clocks& clocks, std::vector<std::string>& notes)
      : cards_(cards), clocks_(clocks), notes_(notes) {}

  std::optional<ToldTime> find() {
    for (const std::string_view name : kCards)
      for (const auto& card : cards_)
        if (card.name == name && !card.value.is_null())
          if (auto told = time_of(card)) return told;
    return std::nullopt;
  }

 private:
  std::optional<ToldTime> time_of(const FitsCard& card) {
    auto told = card.name.starts_with("MJD") ? time_of_mjd(card) : time_of_date(card);
    if (told && told->epoch >= kDay && told->epoch < kYear2200) return told;
    notes_.push_back(
        fmt::format("the card {} is {}, which is no time of a measurement; it was passed over", card.name, printable(card.value.dump())));
    return std::nullopt;
  }

  std::optional<ToldTime> time_of_mjd(const FitsCard& card) {
    if (!card.value.is_number()) return std::nullopt;
    return in_scale((card.value.as_double() - kMjdOfEpoch) * kDay, card);
  }

  std::optional<ToldTime> time_of_date(const FitsCard& card) {
    auto written = card.value.is_string() ? parse_date(card.value.as_string()) : std::nullopt;
    if (!written) return std::nullopt;
    std::string name = card.name;
    if (!written->has_clock) add_clock(card, *written, name);
    auto told = written->time.utc_offset ? ToldTime{written->time.epoch(), card.name, "the zone written there"}
                : card.name == "DATE"    ? ToldTime{in_zone(clocks_.date, written->time.epoch()), card.name, clocks_.date}
                                         : in_scale(written->time.epoch(), card);
    told.card = std::move(name);
    return told;
  }

  /// The time of day from a card of its own.
  void add_clock(const FitsCard& card, Written& date, std::string& name) {
    for (const std::string_view clock_name : {"TIME-OBS", "UTC", "UT", "UTC-OBS", "UT-OBS"}) {
      const auto at = std::ranges::find_if(cards_, [&](const auto& other) { return other.name == clock_name && other.hdu == card.hdu; });
      if (at == cards_.end() || !at->value.is_string()) continue;
      const auto clock = exchange::parse_clock(at->value.as_string());
      if (!clock) continue;
      date.time.second_of_day = *clock;
      name = fmt::format("{} and {}", card.name, clock_name);
      return;
    }
    notes_.push_back(fmt::format("the card {} tells the day alone: the time of day is not known, 0 h was taken", card.name));
  }

  /// A moment of the scale that TIMESYS names, of the card's HDU, else of the first.
  ToldTime in_scale(double moment, const FitsCard& card) {
    std::string scale;
    for (const auto& other : cards_)
      if (other.name == "TIMESYS" && other.value.is_string() && (other.hdu == card.hdu || other.hdu == cards_.front().hdu)) {
        scale = trimmed(other.value.as_string());
        if (other.hdu == card.hdu) break;
      }
    std::ranges::transform(scale, scale.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const auto bracket = scale.find('('); bracket != std::string::npos) scale.resize(bracket);  // "TT(TAI)": a realization
    if (scale == "TAI" || scale == "IAT") return {utc_of_tai(moment), card.name, scale};
    if (scale == "GPS") return {utc_of_tai(moment + 19), card.name, scale};
    if (scale == "TT" || scale == "TDT" || scale == "ET" || scale == "TDB") return {utc_of_tai(moment - 32.184), card.name, scale};
    if (scale == "LOCAL" && !clocks_.local.empty()) return {in_zone(clocks_.local, moment), card.name, clocks_.local};
    if (scale.empty() && !clocks_.said.empty()) return {in_zone(clocks_.said, moment), card.name, clocks_.said};
    if (scale.empty() || scale == "UTC" || scale == "GMT") return {moment, card.name, "UTC"};
    if (scale == "UT" || scale == "UT1") return {moment, card.name, "UTC (" + scale + " differs by less than a second)"};
    if (noted_.insert(scale).second)
      notes_.push_back(fmt::format("TIMESYS is {}, {}; it was taken as UTC", printable(scale),
                                   scale == "LOCAL" ? "of a place that nobody tells" : "a scale that is not known"));
    return {moment, card.name, "UTC"};
  }

  const std::vector<FitsCard>& cards_;
  const Clocks& clocks_;
  std::set<std::string> noted_;  // scales
  std::vector<std::string>& notes_;
};

}  // namespace

std::optional<ToldTime> told_time(const std::vector<FitsCard>& cards, const Clocks& clocks, double now, std::vector<std::string>& notes) {
  auto told = TimeFinder(cards, clocks, notes).find();
  if (!told) return told;
  notes.push_back(fmt::format("the time is that of the card {}, {} ({}){}", told->card, iso_utc(told->epoch), told->zone,
                              told->card == "DATE" ? ", which tells when the file was written" : ""));
  if (told->epoch > now + kDay) notes.push_back(fmt::format("{} is in the future: a clock was wrong", iso_utc(told->epoch)));
  if (told->epoch < start_of(19900101))
    notes.push_back(fmt::format("{} is before the first of such files: a clock was wrong?", iso_utc(told->epoch)));
  return told;
}

}  // namespace resonance::fits
