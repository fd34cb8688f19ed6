#include "repair/salvage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "resonance/error.hpp"
#include "schema/structure.hpp"

namespace resonance::repair {

namespace {

constexpr std::int64_t kNearby = 4096;  // rowids tried one by one behind damage
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min(), kHighest = std::numeric_limits<std::int64_t>::max();

bool is_damage(const Error& error) {
  return error.code() == ErrorCode::corrupt || (error.code() == ErrorCode::io && error.detail().database);
}

/// Which rowids were seen, as ranges: they are dense.
class RowidSet {
 public:
  /// \return false when it was there
  bool insert(std::int64_t rowid) {
    auto behind = ranges_.upper_bound(rowid);
    if (behind != ranges_.begin()) {
      const auto before = std::prev(behind);
      if (before->second >= rowid) return false;
      if (before->second == rowid - 1) {
        before->second = rowid;
        if (behind != ranges_.end() && behind->first - 1 == rowid) {
          before->second = behind->second;
          ranges_.erase(behind);
        }
        return true;
      }
    }
    if (behind != ranges_.end() && behind->first - 1 == rowid) {
      const auto last = behind->second;
      ranges_.erase(behind);
      ranges_[rowid] = last;
    } else {
      ranges_[rowid] = rowid;
    }
    return true;
  }
  [[nodiscard]] bool contains(std::int64_t rowid) const {
    const auto behind = ranges_.upper_bound(rowid);
    return behind != ranges_.begin() && std::prev(behind)->second >= rowid;
  }
  [[nodiscard]] const std::map<std::int64_t, std::int64_t>& ranges() const noexcept { return ranges_; }

 private:
  std::map<std::int64_t, std::int64_t> ranges_;  // first → last
};

enum class Answer : std::uint8_t { row, nothing, damaged };

class TableReader {
 public:
  TableReader(sqlite::Connection& connection, const TableSpec& table, std::uint64_t most_rows, const std::function<void(Row&)>& visit)
      : connection_(connection),
        table_(table),
        most_rows_(most_rows),
        visit_(visit),
        present_(schema::column_names(connection, table.name)) {
    for (const auto& column : table.columns) {
      const bool there = std::find(present_.begin(), present_.end(), column.name) != present_.end();
      columns_ += fmt::format("{}{}", columns_.empty() ? "" : ", ", there ? column.name : "NULL");
    }
  }

  Salvaged run() {
    out_.there = !present_.empty();
    if (!out_.there) return out_;
    if (table_.has_rowid())
      read_by_rowid();
    else if (!scan(""))
      scan(fmt::format(" ORDER BY {} DESC", table_.columns[0].name));
    return out_;
  }

 private:
  [[nodiscard]] std::string select(std::string_view behind) const {
    return fmt::format("SELECT {}, {} FROM {}{}{}", table_.has_rowid() ? "rowid" : "0", columns_, table_.name,
                       table_.has_rowid() ? " NOT INDEXED" : "", behind);
  }

  void note(const Error& error) {
    if (visiting_ || !is_damage(error)) throw error;
    if (out_.damage.empty()) out_.damage = error.what();
  }

  [[nodiscard]] bool full() {
    if (out_.rows < most_rows_) return false;
    if (out_.damage.empty()) out_.damage = "its pages go in circles";
    return true;
  }

  void take(const sqlite::Statement& statement) {
    Row row{.rowid = statement.int64(0), .values = std::vector<Value>(table_.columns.size())};
    if (table_.has_rowid() && !seen_.insert(row.rowid)) return;
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      auto& value = row.values[i];
      const int column = static_cast<int>(i) + 1;
      value.type = statement.type(column);
      if (value.type == sqlite::ColumnType::integer) value.integer = statement.int64(column);
      if (value.type == sqlite::ColumnType::real) value.real = statement.real(column);
      if (value.type == sqlite::ColumnType::text) value.text = statement.string(column);
    }
    ++out_.rows;
    visiting_ = true;  // stays when the next line throws, so that the visitor's trouble is not taken for the table's
    visit_(row);
    visiting_ = false;
  }

  /// From one end to the other, as far as it goes. \return whether the other end was reached
  bool scan(const std::string& order) {
    try {
      auto statement = connection_.prepare(select(order));
      std::uint64_t steps = 0;
      while (statement.step()) {
        last_ = statement.int64(0);
        take(statement);
        if (++steps > most_rows_ || full()) return full();
      }
      return true;
    } catch (const Error& error) {
      note(error);
      return false;
    }
  }

  /// Rows from a place on, upwards. \return whether the end was reached
  bool scan_behind(std::int64_t rowid) { return scan(fmt::format(" WHERE rowid > {} ORDER BY rowid", rowid)); }

  Answer look_up(std::int64_t rowid) {
    try {
      auto statement = connection_.prepare(select(" WHERE rowid = ?"));
      statement.bind(1, rowid);
      if (!statement.step()) return Answer::nothing;
      take(statement);
      return Answer::row;
    } catch (const Error& error) {
      note(error);
      return Answer::damaged;
    }
  }

  /// Whether reading can begin behind this rowid.
  Answer probe(std::int64_t rowid) {
    try {
      auto statement = connection_.prepare(select(" WHERE rowid > ? ORDER BY rowid LIMIT 1"));
      statement.bind(1, rowid);
      return statement.step() ? Answer::row : Answer::nothing;
    } catch (const Error& error) {
      note(error);
      return Answer::damaged;
    }
  }

  void read_by_rowid() {
    last_ = 0;
    if (scan("")) return;
    while (!full()) {
      const auto next = behind_damage(std::max<std::int64_t>(last_, 0));
      if (!next) break;
      last_ = *next;
      if (scan_behind(*next)) break;
    }
    scan(" ORDER BY rowid DESC");
    for (const auto* index : table_.indexes) read_by_index(index);
    find_gaps();
  }

  /// A rowid behind which reading can go on; nothing when there is none.
  std::optional<std::int64_t> behind_damage(std::int64_t rowid) {
    for (std::int64_t at = rowid; at < rowid + kNearby && at < kHighest - 1; ++at)
      if (look_up(at + 1) == Answer::row) return at + 1;
    std::int64_t damaged = rowid + kNearby, step = kNearby;
    for (;;) {
      if (damaged > kHighest - step) return std::nullopt;
      if (probe(damaged + step) != Answer::damaged) break;
      damaged += step;
      if (step < kHighest / 4) step *= 2;
    }
    std::int64_t fine = damaged + step;
    while (fine - damaged > 1) {
      const auto middle = damaged + (fine - damaged) / 2;
      (probe(middle) == Answer::damaged ? damaged : fine) = middle;
    }
    return fine;
  }

  /// Rowids that an index names, and that were not found on the way through the table.
  void read_by_index(const char* index) {
    std::vector<std::int64_t> missing;
    try {
      auto statement = connection_.prepare(fmt::format("SELECT rowid FROM {} INDEXED BY {}", table_.name, index));
      for (std::uint64_t steps = 0; statement.step() && steps < most_rows_; ++steps) {
        if (!seen_.contains(statement.int64(0))) missing.push_back(statement.int64(0));
        if (missing.size() > 1000000) break;
      }
    } catch (const Error& error) {
      note(error);
    }
    for (const auto rowid : missing)
      if (!full()) look_up(rowid);
  }

  void find_gaps() {
    std::int64_t next = 1;
    auto& gaps = out_.gaps;
    const auto ranges = seen_.ranges();
    for (const auto& [first, last] : ranges) {
      // Rows that were deleted leave gaps, too; behind those a look-up finds nothing, and no damage.
      if (first > next && gaps.size() < kMostGaps && (look_up(next) == Answer::damaged || look_up(first - 1) == Answer::damaged))
        gaps.push_back({next, first - 1});
      next = last == kHighest ? last : std::max(next, last + 1);
    }
  }

  sqlite::Connection& connection_;
  const TableSpec& table_;
  const std::uint64_t most_rows_;
  const std::function<void(Row&)>& visit_;
  const std::vector<std::string> present_;
  std::string columns_;
  RowidSet seen_;
  std::int64_t last_ = 0;
  bool visiting_ = false;
  Salvaged out_;
};

}  // namespace

Salvaged salvage_table(sqlite::Connection& connection, const TableSpec& table, std::uint64_t most_rows,
                       const std::function<void(Row&)>& visit) {
  return TableReader(connection, table, most_rows, visit).run();
}

}  // namespace resonance::repair
