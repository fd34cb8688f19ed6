/// Events in, columns out.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "catalog/column_builder.hpp"

namespace resonance::catalog {

class TableBuilder {
 public:
  /// `columns` empty: every declared key that is not a frame field, and every other key that an event holds.
  TableBuilder(const Json& data_keys, const std::vector<std::string>& columns, bool declared_types);

  void add(std::uint64_t seq_num, double time, Json&& data);
  /// The same from the text of an event. \return whether it was plain and all of it fits; if not, nothing happened that add() does not undo
  bool add_plain(std::uint64_t seq_num, double time, std::string_view data);
  /// The same of an event that was scanned before.
  bool add_plain(std::uint64_t seq_num, double time, std::span<const RowScanner::Member> members);
  [[nodiscard]] std::uint64_t rows() const noexcept { return seq_nums_.size(); }
  /// \throws Error(not_found) a column that was asked for and is neither declared nor in any event
  [[nodiscard]] Table finish();

 private:
  bool add_member(const RowScanner::Member& member, std::size_t hint, std::uint64_t row);
  void end_row(std::uint64_t seq_num, double time);
  ColumnBuilder* known(std::string_view key, std::size_t hint);
  ColumnBuilder* builder_for(const std::string& key, std::size_t hint);
  void declare(const std::string& key, const Json* spec);  // null: it is not declared

  bool all_;
  bool declared_types_;
  std::vector<std::string> declared_;
  std::vector<ColumnBuilder> builders_;
  std::vector<bool> has_spec_;  // of each of them: whether it is declared
  std::map<std::string, std::size_t, std::less<>> position_;
  std::vector<std::int64_t> seq_nums_;
  std::vector<double> times_;
};

}  // namespace resonance::catalog
