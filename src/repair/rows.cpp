#include "repair/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "repair/record_statements.hpp"
#include "repair/salvage.hpp"
#include "resonance/error.hpp"

namespace resonance::repair {

namespace {

constexpr std::uint64_t kLeastRowBytes = 4;  // no cell is shorter
constexpr std::uint64_t kProgressRows = 20000;
constexpr std::uint64_t kMostTold = 1000;  // of one table; the rest is counted
constexpr std::size_t kSeqNum = 2;         // columns of events

std::string name_of(const TableSpec& table, const Row& row) {
  const auto& key = row.values[0];
  return key.type == sqlite::ColumnType::text ? fmt::format("row {} of {} ({})", row.rowid, table.name, printable(key.text))
                                              : fmt::format("row {} of {}", row.rowid, table.name);
}

class TableRescue {
 public:
  TableRescue(RepairContext& context, sqlite::Connection& source, sqlite::Connection& target, const TableSpec& table,
              std::uint64_t most_rows)
      : context_(context), source_(source), table_(table), most_rows_(most_rows), rows_(target, table) {}

  void run() {
    const auto found = salvage_table(source_, table_, most_rows_, [&](Row& row) { take(row); });
    context_.progress(fmt::format("reading {}", table_.name), found.rows, 0);
    if (told_ > kMostTold) tell(Outcome::note, 0, fmt::format("{} more rows of {} like these", told_ - kMostTold, table_.name));
    if (found.damage.empty()) return;
    for (const auto& gap : found.gaps) {
      const auto rows = static_cast<std::uint64_t>(gap.last - gap.first) + 1;
      tell(Outcome::lost, rows, fmt::format("rows {} to {} of {} cannot be read ({})", gap.first, gap.last, table_.name, found.damage));
    }
    if (found.gaps.empty())
      tell(Outcome::lost, 1, fmt::format("table {} is damaged ({}); {} rows of it could be read", table_.name, found.damage, found.rows));
  }

 private:
  void tell(Outcome outcome, std::uint64_t count, std::string message) {
    context_.tell({.outcome = outcome, .kind = "row", .count = count, .file = context_.database, .message = std::move(message)});
  }
  void tell_row(Outcome outcome, const Row& row, std::string_view what) {
    if (++told_ <= kMostTold) return tell(outcome, 1, fmt::format("{}: {}", name_of(table_, row), what));
    if (outcome == Outcome::lost) ++context_.report.rows_lost;
    if (outcome == Outcome::changed) ++context_.report.events_changed;
  }

  void take(Row& row) {
    if (++seen_ % kProgressRows == 0) context_.progress(fmt::format("reading {}", table_.name), seen_, 0);
    auto verdict = check_row(table_, row);
    if (!verdict.taken) return tell_row(Outcome::lost, row, verdict.why + "; it cannot be kept");
    if (is_absurd(row)) renumber(row, verdict.why);
    if (!rows_.insert(row, true)) {
      if (rows_.is_there(row)) return;  // the same row, met twice
      if (!place(row, verdict.why)) return tell_row(Outcome::lost, row, "another row has its name; it cannot be kept");
    }
    if (!verdict.why.empty()) tell_row(Outcome::changed, row, verdict.why);
  }

  /// Another row has its rowid or its number: it gets others.
  bool place(Row& row, std::string& why) {
    if (rows_.insert(row, false)) return true;
    if (table_.name != std::string_view("events")) return false;
    renumber(row, why);
    return rows_.insert(row, false);
  }

  /// A number that no event of ours has: they begin at 1, and there are not more than the file has room for.
  [[nodiscard]] bool is_absurd(const Row& row) const {
    if (!context_.ours || table_.name != std::string_view("events")) return false;
    return row.values[kSeqNum].integer < 1 || std::cmp_greater(row.values[kSeqNum].integer, most_rows_);
  }

  void renumber(Row& row, std::string& why) {
    auto& number = row.values[kSeqNum].integer;
    const auto was = number;
    number = rows_.next_seq_num(row.values[1].text);
    why += fmt::format("{}its number {} was taken or made no sense and is {} now", why.empty() ? "" : "; ", was, number);
  }

  RepairContext& context_;
  sqlite::Connection& source_;
  const TableSpec& table_;
  const std::uint64_t most_rows_;
  RescuedRows rows_;
  std::uint64_t seen_ = 0, told_ = 0;
};

}  // namespace

void rescue_rows(RepairContext& context, sqlite::Connection& source, sqlite::Connection& target, std::uint64_t file_bytes) {
  sqlite::Transaction transaction(target);
  for (const auto& table : beamtime_rows()) TableRescue(context, source, target, table, file_bytes / kLeastRowBytes + 1).run();
  transaction.commit();
}

}  // namespace resonance::repair
