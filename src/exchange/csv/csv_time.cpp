#include "exchange/csv/csv_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "exchange/bcs/beamline_time.hpp"
#include "exchange/civil_text.hpp"
#include "exchange/csv/epoch.hpp"
#include "exchange/row_times.hpp"
#include "resonance/error.hpp"

namespace resonance::csv {
namespace {

using exchange::CellType;

constexpr double kDay = 86400;

/// The name of a column without its unit, in small letters, its words apart by one blank: "Time_Stamp [us]" → "time stamp", "us".
struct TimeName {
  std::string name, unit;
  bool utc = false;  // "Time (UTC)"
};

TimeName name_of(const TimeQuestion& question, std::size_t column) {
  TimeName out{std::string(exchange::name_without_units(question.table.names()[column])), question.columns.units()[column]};
  for (auto& c : out.name) c = c == '_' || c == '-' || c == '/' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (out.name.starts_with("#")) out.name = std::string(trimmed(std::string_view(out.name).substr(1)));
  const auto blank = out.name.rfind(' ');
  if (out.unit.empty() && blank != std::string::npos && seconds_in(std::string_view(out.name).substr(blank + 1)) > 0) {
    out.unit = out.name.substr(blank + 1);
    out.name.resize(blank);
  }
  for (const std::string_view word : {"UTC", "utc", "GMT"}) {
    if (out.unit == word) {
      out.unit.clear();
      out.utc = true;
    }
  }
  out.utc = out.utc || out.name.ends_with(" utc");
  return out;
}

bool tells_time(std::string_view name) {
  constexpr std::array<std::string_view, 12> names{"timestamp",  "time", "epoch",     "datetime",   "date",          "date time",
                                                   "time stamp", "unix", "unix time", "epoch time", "timestamp utc", "time utc"};
  return std::ranges::find(names, name) != names.end();
}

bool tells_start(std::string_view name) {
  constexpr std::array<std::string_view, 8> names{"time",          "timestamp", "elapsed", "elapsed time",
                                                  "relative time", "rel time",  "t",       "seconds"};
  return std::ranges::find(names, name) != names.end();
}

/// Reads one column as times.
class TimeReader {
 public:
  TimeReader(const TimeQuestion& question, std::vector<std::string>& notes) : q_(question), notes_(notes) {}

  RowTimes read() {
    const auto said = q_.columns.time_column();
    if (q_.table.dialect().ours && !said && numbers(1)) return {counts_, 1, true, true};
    if (said) {
      if (as_times(*said) || as_clock(*said) || as_elapsed(*said)) return std::move(out_);
      throw Error(ErrorCode::invalid_argument, fmt::format("column \"{}\" is said to be the time, but {}", column(*said), why_));
    }
    for (std::size_t i = 0; i < q_.table.names().size(); ++i)
      if (may_tell(i, tells_time) && as_times(i)) return std::move(out_);
    for (std::size_t i = 0; i < q_.table.names().size(); ++i)
      if ((may_tell(i, tells_time) && as_clock(i)) || (may_tell(i, tells_start) && as_elapsed(i))) return std::move(out_);
    if (as_unnamed_dates()) return std::move(out_);
    out_.times.assign(q_.table.rows(), q_.modified);
    notes_.push_back((why_.empty() ? "no column tells the time of the rows"
                                   : fmt::format("column \"{}\" is no time that is known: {}", why_column_, why_)) +
                     ": all events have the modification time of the file");
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string column(std::size_t index) const { return printable(q_.columns.names()[index]); }
  [[nodiscard]] bool may_tell(std::size_t i, bool (*tells)(std::string_view)) const {
    return !q_.columns.said(i) && tells(name_of(q_, i).name);
  }

  /// Each cell to `take`, which says whether it was right; the first that was not is why.
  template <class Take>
  bool each(std::size_t index, Take&& take) {
    for (std::uint64_t row = 0; row < q_.table.rows(); ++row) {
      q_.table.read_row(row, cells_);
      if (take(cells_[index].text)) continue;
      refuse(index, fmt::format("line {} says \"{}\"", q_.table.line_of(row), printable(cells_[index].text)));
      return false;
    }
    return true;
  }

  void refuse(std::size_t index, std::string why) {
    if (!why_.empty()) return;
    why_ = std::move(why);
    why_column_ = column(index);
  }

  bool numbers(std::size_t index) {
    counts_.clear();
    const auto& type = q_.columns.type(index);
    if (type.type != CellType::integer && type.type != CellType::number) return false;
    return each(index, [&](const std::string& cell) {
      const auto value = exchange::cell_value(cell, type);
      if (!value.is_number() || !std::isfinite(value.as_double())) return false;
      counts_.push_back(value.as_double());
      return true;
    });
  }

  bool as_times(std::size_t index) {
    const auto type = q_.columns.type(index).type;
    return type == CellType::integer || type == CellType::number ? as_epoch(index) : as_dates(index);
  }

  bool as_epoch(std::size_t index) {
    if (!numbers(index)) return false;
    const auto name = name_of(q_, index);
    const auto [least, most] = std::ranges::minmax(counts_);
    const bool dates = name.name.find("date") != std::string::npos || name.name.ends_with("stamp") || q_.columns.time_column() == index;
    const auto* epoch = epoch_of(least, most, name.unit, dates, q_.now + kDay);
    if (epoch == nullptr) {
      refuse(index, fmt::format("its numbers, {} to {}{}, are no date from 1980 to today", shortest(least), shortest(most),
                                name.unit.empty() ? "" : " " + name.unit));
      return false;
    }
    for (const double count : counts_) out_.times.push_back(time_of(*epoch, count));
    out_.exact = epoch->seconds == 1 && epoch->counts == 1 && epoch->origin == 0;
    believe(index, fmt::format("{}{}", epoch->words, epoch->local ? " on the clocks of " + q_.zone.name() : ""));
    return true;
  }

  [[nodiscard]] double time_of(const Epoch& epoch, double count) const {
    const double time = time_in(epoch, count);
    if (!epoch.local) return time;
    const double day = std::floor(time / 86400);
    return q_.zone.time_of({static_cast<std::int64_t>(day), std::round((time - day * 86400) * 1e6) / 1e6});
  }

  /// The column with the date where `index` has times of day alone.
  [[nodiscard]] std::optional<std::size_t> date_column(std::size_t index) const {
    for (std::size_t i = 0; i < q_.table.names().size(); ++i)
      if (i != index && name_of(q_, i).name == "date" && q_.table.rows() > 0) return i;
    return std::nullopt;
  }

  bool as_dates(std::size_t index) {
    std::vector<std::string> texts;
    const auto dates = date_column(index);
    const bool split = each(index, [&](const std::string& cell) {
      if (dates && exchange::is_date(cells_[*dates].text) && exchange::parse_zoned_clock(cell))
        texts.push_back(std::string(trimmed(cells_[*dates].text)) + " " + cell);
      else
        texts.push_back(cell);
      return !trimmed(cell).empty();
    });
    if (!split) return false;
    unsigned orders = exchange::kAnyOrder;
    for (std::uint64_t row = 0; row < texts.size(); ++row) {
      if ((orders & exchange::orders_of(texts[row])) != 0) {
        orders &= exchange::orders_of(texts[row]);
        continue;
      }
      refuse(index, fmt::format("line {} says \"{}\"", q_.table.line_of(row), printable(texts[row])));
      return false;
    }
    return as_ordered_dates(index, texts, orders);
  }

  bool as_ordered_dates(std::size_t index, const std::vector<std::string>& texts, unsigned orders) {
    std::vector<exchange::IsoTime> shown;
    bool zoned = true, both = false;
    for (const auto& text : texts) {
      const auto first =
          exchange::parse_date_time(text, (orders & exchange::kMonthFirst) != 0 ? exchange::kMonthFirst : exchange::kDayFirst);
      if (orders == exchange::kAnyOrder) both = both || exchange::parse_date_time(text, exchange::kDayFirst)->day != first->day;
      zoned = zoned && first->utc_offset.has_value();
      shown.push_back(*first);
    }
    const bool american = both && texts.front().find_first_of("Mm") != std::string::npos;  // AM, PM
    if (both && !american) {
      refuse(index,
             fmt::format("\"{}\" in line {} may begin with the day or with the month", printable(texts.front()), q_.table.line_of(0)));
      return false;
    }
    const auto zone = name_of(q_, index).utc ? TimeZone() : q_.zone;
    out_.times = exchange::times_of_rows(shown, zone, line_of(), notes_);
    believe(index,
            fmt::format("dates{}{}", american ? " that begin with the month" : "",
                        zoned ? "" : fmt::format("; they name no time zone and were taken as {}", zone.name())),
            american || !zoned);
    return true;
  }

  /// "Zeit", "when": the first column whose every cell is a date with a time of day, whatever it is called.
  bool as_unnamed_dates() {
    const auto why = std::pair(why_, why_column_);
    for (std::size_t i = 0; i < q_.table.names().size(); ++i)
      if (q_.columns.type(i).type == CellType::text && !q_.columns.said(i) && as_dates(i)) return true;
    std::tie(why_, why_column_) = why;
    return false;
  }

  bool as_clock(std::size_t index) {
    std::vector<double> clocks;
    const auto type = q_.columns.type(index).type;
    if (type != CellType::text || !each(index, [&](const std::string& cell) {
          const auto clock = exchange::parse_clock(cell);
          if (clock) clocks.push_back(*clock);
          return clock.has_value();
        }))
      return false;
    const auto days = bcs::days_since_first(clocks);
    const auto last = q_.zone.day_of(q_.modified);
    std::vector<exchange::IsoTime> shown;
    for (std::size_t row = 0; row < clocks.size(); ++row)
      shown.push_back({std::chrono::sys_days{std::chrono::days{last - days.back() + days[row]}}, clocks[row], std::nullopt});
    out_.times = exchange::times_of_rows(shown, q_.zone, line_of(), notes_);
    believe(index, fmt::format("times of day of {}, the last of the day on which the file was modified", q_.zone.name()));
    out_.dated = false;
    return true;
  }

  bool as_elapsed(std::size_t index) {
    const auto name = name_of(q_, index);
    const double unit = name.unit.empty() ? 1 : seconds_in(name.unit);
    if (unit == 0 || !numbers(index) || !std::ranges::is_sorted(counts_)) return false;
    const double first = counts_.front() * unit, last = counts_.back() * unit;
    if (first < 0 || first >= 86400 || last >= 30 * 86400.0) return false;
    for (const double count : counts_) out_.times.push_back(q_.modified - last + count * unit);
    believe(index, fmt::format("a count from the start, {} to {} s; its end was taken to be the modification time of the file",
                               shortest(first), shortest(last)));
    out_.dated = false;
    return true;
  }

  void believe(std::size_t index, const std::string& what, bool tell = true) {
    out_.column = index;
    out_.dated = true;
    exchange::note_steps_back(out_.times, line_of(), notes_);
    const double last = *std::ranges::max_element(out_.times);
    if (last > q_.now + kDay) notes_.push_back(fmt::format("{} is in the future: a clock was wrong", iso_utc(last)));
    if (!tell && tells_time(name_of(q_, index).name)) return;
    notes_.push_back(fmt::format("the times are those of column \"{}\", {}: {} to {}", column(index), what,
                                 iso_utc(*std::ranges::min_element(out_.times)), iso_utc(last)));
  }

  [[nodiscard]] exchange::LineOfRow line_of() const {
    return [this](std::uint64_t row) { return q_.table.line_of(row); };
  }

  const TimeQuestion& q_;
  std::vector<std::string>& notes_;
  RowTimes out_;
  std::vector<Cell> cells_;
  std::vector<double> counts_;
  std::string why_, why_column_;
};

}  // namespace

RowTimes find_times(const TimeQuestion& question, std::vector<std::string>& notes) { return TimeReader(question, notes).read(); }

}  // namespace resonance::csv
