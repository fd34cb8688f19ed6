/// A CSV file as one run: one event per row, one data key per column. docs/import.md has the rules.
///
/// A column `time` or `seq_num` that only repeats what every event has is not stored twice; one that says something else becomes
/// "time (file)". A table that `resonance table` wrote comes back as it was.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "exchange/csv/csv_table.hpp"
#include "exchange/csv/csv_time.hpp"
#include "exchange/importers.hpp"
#include "exchange/run_recorder.hpp"
#include "exchange/text_columns.hpp"
#include "exchange/text_encoding.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

/// The data key behind a column of our own export: `time` and `seq_num` have "data." in front there, and what is called like that has
/// one more.
std::string exported_key(const std::string& column) {
  constexpr std::string_view kData = "data.";
  std::string_view end = column;
  while (end.starts_with(kData)) end.remove_prefix(kData.size());
  const bool in_front = end.size() < column.size() && (end == "time" || end == "seq_num");
  return in_front ? column.substr(kData.size()) : column;
}

class CsvImport {
 public:
  CsvImport(SourceFile source, const Target& target, const TimeZone& zone)
      : source_(std::move(source)),
        target_(target),
        table_(to_utf8(source_.bytes), target.options.table),
        columns_(table_.names(), table_.header().units, target.options.table) {
    if (table_.rows() == 0) throw Error(ErrorCode::invalid_argument, "the table has a header and no rows: there is nothing to import");
    notes_ = table_.notes();
    if (is_byte_text(source_.bytes)) notes_.emplace_back("the text is not UTF-8: it was read as Windows-1252 (Latin-1)");
    read_cells();
    refuse_prose();
    times_ = csv::find_times({table_, columns_, zone, io::modification_time(source_.path), system_time()}, notes_);
    settle_names();
  }

  void record() {
    const double start = *std::ranges::min_element(times_.times);
    const auto uid = import_uid(times_.dated ? std::optional(start) : std::nullopt, source_.bytes + reading_text(target_.options));
    RunRecorder recorder(target_);
    if (recorder.already_there(uid)) return;
    auto& notes = target_.report.notes;
    notes.insert(notes.end(), notes_.begin(), notes_.end());
    recorder.open({uid, "csv", std::nullopt, metadata(), data_keys(), start, table_.rows()});
    std::vector<csv::Cell> cells;
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      table_.read_row(row, cells);
      recorder.add(times_.times[row], data_of(cells));
    }
    recorder.close();
  }

 private:
  void read_cells() {
    const bool ours = table_.dialect().ours;
    for (std::size_t i = 0; ours && i < table_.names().size(); ++i) columns_.guess(i).words_are_values();
    arrays_.assign(table_.names().size(), ours);
    std::vector<csv::Cell> cells;
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      table_.read_row(row, cells);
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (ours && cells[i].quoted)
          columns_.guess(i).see_text(cells[i].text, table_.line_of(row));
        else
          columns_.see(i, cells[i].text, table_.line_of(row));
        if (ours && (cells[i].quoted || !cells[i].text.empty())) arrays_[i] = arrays_[i] && is_list(cells[i].text);
      }
    }
    columns_.settle(notes_);
    for (std::size_t i = 0; i < arrays_.size(); ++i) {
      columns_.type(i).keep_integers = ours;
      arrays_[i] = arrays_[i] && columns_.type(i).type == CellType::text && columns_.guess(i).values() > 0 && !columns_.said(i);
    }
  }

  /// A list in JSON, in the very form in which we write them.
  [[nodiscard]] static bool is_list(const std::string& text) {
    if (!text.starts_with('[')) return false;
    try {
      return Json::parse(text).dump() == text;
    } catch (const Error&) {
      return false;
    }
  }

  /// Lines of words that happen to have no delimiter are no table, nor are numbers with a comma below a title.
  void refuse_prose() const {
    if (target_.options.table.delimiter || table_.dialect().ours) return;
    const auto& first = table_.names().front();
    if (!target_.options.format && (first.starts_with('{') || first.starts_with('<')))
      throw Error(ErrorCode::invalid_argument, "it begins like JSON or XML");
    const auto& type = columns_.type(0);
    const bool words = type.type == CellType::text && !target_.options.format;
    if (table_.names().size() == 1 && (words || (type.type != CellType::text && type.form != kPoint)))
      throw Error(
          ErrorCode::invalid_argument,
          "its first line is one cell: no comma, semicolon, tab, bar or blanks cut it; say the delimiter, or how many lines to skip");
  }

  [[nodiscard]] bool counts_the_rows(std::size_t column) const {
    std::vector<csv::Cell> cells;
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      table_.read_row(row, cells);
      if (parse_int64(trimmed(cells[column].text)) != static_cast<std::int64_t>(row + 1)) return false;
    }
    return true;
  }

  /// A table of events has its own `seq_num` and `time`: columns of these names would be there twice.
  void settle_names() {
    names_ = table_.dialect().ours ? table_.names() : columns_.names();
    stored_.assign(names_.size(), true);
    std::unordered_set<std::string> taken;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      auto& name = names_[i];
      if (name == "time")
        stored_[i] = !(times_.column == i && times_.exact);
      else if (name == "seq_num")
        stored_[i] = !counts_the_rows(i);
      else if (table_.dialect().ours)
        name = exported_key(name);
      if (stored_[i] && (name == "time" || name == "seq_num") && name == table_.names()[i]) name += " (file)";
      while (stored_[i] && !taken.insert(name).second) name += " (2)";
    }
  }

  [[nodiscard]] Json data_keys() const {
    Json keys = Json::object();
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (stored_[i]) keys.set(names_[i], arrays_[i] ? array_key("csv", {}) : cell_key(columns_.type(i).type, "csv", columns_.units()[i]));
    return keys;
  }

  [[nodiscard]] Json metadata() const {
    const auto list = [](const std::vector<std::string>& texts) {
      Json out = Json::array();
      for (const auto& text : texts) out.push_back(text);
      return out;
    };
    Json facts = Json::object({{"header", list(table_.names())}, {"delimiter", std::string(1, table_.delimiter())}});
    if (!table_.dialect().comments.empty()) facts.set("comments", list(table_.dialect().comments));
    for (const auto& line : table_.header().more) {
      if (facts.find("header_lines") == nullptr) facts.set("header_lines", Json::array());
      Json lines = facts.at("header_lines");
      lines.push_back(list(line));
      facts.set("header_lines", std::move(lines));
    }
    if (times_.column) facts.set("time_column", table_.names()[*times_.column]);
    return Json::object(
        {{"source_file", to_label(source_.path.filename().string(), "csv")}, {"source_format", "csv"}, {"csv", std::move(facts)}});
  }

  [[nodiscard]] Json value_of(std::size_t column, const csv::Cell& cell) const {
    if (!table_.dialect().ours) return columns_.value(column, cell.text);
    if (!cell.quoted && cell.text.empty()) return nullptr;
    if (arrays_[column]) return Json::parse(cell.text);
    return columns_.type(column).type == CellType::text ? Json(cell.text) : columns_.value(column, cell.text);
  }

  [[nodiscard]] Json data_of(const std::vector<csv::Cell>& cells) const {
    Json::Object data;
    data.reserve(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (stored_[i]) data.emplace_back(names_[i], value_of(i, cells[i]));
    return Json(std::move(data));
  }

  SourceFile source_;
  const Target& target_;
  csv::CsvTable table_;
  TextColumns columns_;
  csv::RowTimes times_;
  std::vector<std::string> notes_;
  std::vector<std::string> names_;  // of the data keys
  std::vector<bool> stored_, arrays_;
};

/// Its scans, each with columns of its own, would become the rows of one table.
void refuse_spec(std::string_view text) {
  const auto has = [text](std::string_view mark) { return text.starts_with(mark.substr(1)) || text.find(mark) != std::string_view::npos; };
  if (has("\n#S ") && has("\n#L "))
    throw Error(ErrorCode::unsupported, "it is a data file of SPEC, whose scans are not read; cut one out, and say --format csv");
}

}  // namespace

bool is_csv(std::string_view) { return true; }  // and import_csv() says why it is no table

void import_csv(SourceFile source, const Target& target) {
  const auto zone = zone_of(target.options);
  const bool guessed = !target.options.format && target.options.table.says_nothing();
  std::optional<CsvImport> import;
  try {
    if (guessed) refuse_spec(source.bytes);
    import.emplace(std::move(source), target, zone);
  } catch (Error& error) {
    if (guessed) error.add_context(fmt::format("its content is in none of the formats {}; as csv", names_of_formats()));
    throw;
  }
  import->record();
}

}  // namespace resonance::exchange
