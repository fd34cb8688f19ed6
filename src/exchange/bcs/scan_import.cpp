/// A BCS scan table with its frames as one run: one event per row, every column a data key, one frame per row that has its file.
///
/// Times: the table has the time of day only. The date is that of the first frame's DATE card, else of the folder "yymmdd" in
/// "Data File Path", else of the file's modification time (which a note then says); the zone is the beamline's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "exchange/bcs/beamline_time.hpp"
#include "exchange/bcs/frame_files.hpp"
#include "exchange/bcs/frame_survey.hpp"
#include "exchange/bcs/scan_header.hpp"
#include "exchange/bcs/scan_table.hpp"
#include "exchange/importers.hpp"
#include "exchange/iso_time.hpp"
#include "exchange/row_times.hpp"
#include "exchange/run_recorder.hpp"
#include "exchange/text_columns.hpp"
#include "exchange/text_encoding.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

using std::chrono::sys_days;

constexpr const char* kSource = "bcs";
constexpr std::size_t kDateTries = 16;  // frames to ask for the date before the folder's name is believed

class ScanImport {
 public:
  ScanImport(SourceFile source, const Target& target)
      : source_(std::move(source)),
        target_(target),
        table_(to_utf8(source_.bytes)),
        header_(bcs::parse_scan_header(table_.header())),
        columns_(table_.columns(), std::vector<std::string>(table_.columns().size()), target.options.table),
        zone_(target.options.zone ? std::optional(TimeZone::load(*target.options.zone)) : std::nullopt) {}

  void run() {
    if (table_.rows() == 0) throw Error(ErrorCode::invalid_argument, "the scan table has no rows: there is nothing to import");
    read_cells();
    find_frames();
    find_times();
    const auto uid = import_uid(dated_ ? std::optional(times_.front()) : std::nullopt, source_.bytes + reading_text(target_.options));
    RunRecorder recorder(target_);
    if (recorder.already_there(uid)) return note_late_frames();
    auto& notes = target_.report.notes;
    notes.insert(notes.end(), column_notes_.begin(), column_notes_.end());
    note_steps_back(times_, [this](std::uint64_t row) { return table_.line_of(row); }, notes);
    survey_frames();
    note_oddities();
    keys_ = data_keys();
    recorder.open({uid, header_.plan_name, header_.scan_id, metadata(), keys_, times_.front(), table_.rows()});
    record_rows(recorder);
    recorder.close();
    for (auto& note : frames_.notes()) target_.report.notes.push_back(std::move(note));
  }

 private:
  /// One pass over all cells: their types, the clock, and that every row is whole.
  void read_cells() {
    const auto time = table_.column("Time");
    std::vector<std::string_view> cells;
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      table_.read_row(row, cells);
      for (std::size_t i = 0; i < cells.size(); ++i) columns_.see(i, cells[i], table_.line_of(row));
      if (!time) continue;
      const auto clock = parse_clock(cells[*time]);
      if (!clock)
        throw Error(ErrorCode::corrupt, fmt::format("line {}: \"{}\" is no time of day", table_.line_of(row), printable(cells[*time])));
      clock_.push_back(*clock);
    }
    // BCS prints whole numbers as 1.00000000; a column that happens to have no point is a number like the others.
    columns_.settle(column_notes_);
    for (std::size_t i = 0; i < columns_.names().size(); ++i)
      if (auto& type = columns_.type(i).type; type == CellType::integer && !columns_.said(i)) type = CellType::number;
  }

  void find_frames() {
    row_files_.resize(table_.rows(), nullptr);
    const auto column = table_.column("Filename");
    if (!column) return;
    files_.emplace(source_.path.parent_path());
    std::vector<std::string_view> cells;
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      table_.read_row(row, cells);
      row_files_[row] = files_->find(cells[*column]);
    }
  }

  /// The day of the first row, from the DATE-OBS or DATE card of a frame: that day on which the row's clock comes closest to it.
  [[nodiscard]] std::optional<sys_days> date_of_frames() const {
    const auto days = bcs::days_since_first(clock_);
    std::size_t tries = 0;
    for (std::uint64_t row = 0; row < row_files_.size() && tries < kDateTries; ++row) {
      if (row_files_[row] == nullptr) continue;
      ++tries;
      const auto date = date_card(*row_files_[row]);
      if (!date) continue;
      const auto apart = std::lround((date->second_of_day - clock_[row]) / 86400);
      return date->day + std::chrono::days{apart - days[row]};
    }
    return std::nullopt;
  }

  [[nodiscard]] static std::optional<IsoTime> date_card(const std::filesystem::path& file) {
    try {
      const auto cards = fits::read_fits(io::read_bytes(file, fits::kMaxFileBytes), fits::FitsParts::header).cards;
      for (const std::string_view name : {"DATE-OBS", "DATE"})  // DATE changes when the file is written again
        for (const auto& card : cards)
          if (card.name == name && card.value.is_string() && card.value.as_string().find('T') != std::string::npos)
            if (auto date = parse_iso_time(card.value.as_string())) return date;
    } catch (const Error&) {
      // A damaged frame is reported when it is its turn; here the next one tells the date.
    }
    return std::nullopt;
  }

  void find_times() {
    const double modified = io::modification_time(source_.path);
    if (clock_.empty()) {
      times_.assign(table_.rows(), modified);
      target_.report.notes.emplace_back("the table has no column Time: all events have the modification time of the file");
      return;
    }
    auto date = date_of_frames();
    if (!date) date = header_.date;
    dated_ = date.has_value();
    if (!date) {
      const auto days = bcs::days_since_first(clock_).back();
      const auto last = zone_ ? zone_->day_of(modified) : std::lround(std::floor((modified - 8 * 3600) / 86400));
      date = sys_days{std::chrono::days{last - days}};
      target_.report.notes.emplace_back(
          "neither a frame nor \"Data File Path\" tells the date: it was taken from the modification time of the file");
    }
    times_ = zone_ ? times_in_zone(*date) : bcs::row_times(*date, clock_);
  }

  [[nodiscard]] std::vector<double> times_in_zone(sys_days first) {
    const auto days = bcs::days_since_first(clock_);
    std::vector<IsoTime> shown;
    for (std::size_t row = 0; row < clock_.size(); ++row)
      shown.push_back({first + std::chrono::days{days[row]}, clock_[row], std::nullopt});
    return times_of_rows(shown, *zone_, [this](std::uint64_t row) { return table_.line_of(row); }, column_notes_);
  }

  void note_late_frames() {
    const auto found = static_cast<std::uint64_t>(std::ranges::count_if(row_files_, [](const auto* file) { return file != nullptr; }));
    auto& report = target_.report;
    if (found > report.frames)
      report.notes.push_back(fmt::format("the run has {} frames, {} are beside the file now; it was left as it is", report.frames, found));
  }

  void survey_frames() {
    const auto column = table_.column("Filename");
    std::vector<std::string_view> cells;
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      if (row_files_[row] != nullptr) {
        if (!frames_.look_at(*row_files_[row], target_.report)) row_files_[row] = nullptr;
      } else if (column) {
        table_.read_row(row, cells);
        if (!trimmed(cells[*column]).empty()) target_.report.missing_frames.emplace_back(trimmed(cells[*column]));
      }
    }
  }

  void note_oddities() {
    auto& notes = target_.report.notes;
    if (table_.torn_line()) notes.push_back(fmt::format("line {}, the last one, ends in the middle and was left out", *table_.torn_line()));
    if (!files_) return;
    for (const auto& name : files_->ambiguous()) notes.push_back(fmt::format("several files are named {}; the nearest was taken", name));
  }

  [[nodiscard]] Json data_keys() const {
    Json keys = Json::object();
    const auto& names = columns_.names();
    for (std::size_t i = 0; i < names.size(); ++i)
      keys.set(names[i], cell_key(columns_.type(i).type, kSource, frames_.headers().units_of(names[i])));
    frames_.add_data_keys(keys);
    return keys;
  }

  [[nodiscard]] Json metadata() const {
    Json metadata = Json::object();
    if (header_.scan_id) metadata.set("scan_id", *header_.scan_id);
    metadata.set("source_file", to_label(source_.path.filename().string(), "bcs"));
    metadata.set("source_format", "bcs");
    metadata.set("time_zone", zone_ ? zone_->name() : bcs::kBeamlineZone);
    metadata.set("bcs", header_.metadata);
    if (frames_.headers().frames() > 0) metadata.set("fits", frames_.headers().metadata());
    return metadata;
  }

  void record_rows(RunRecorder& recorder) {
    std::vector<std::string_view> cells;
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      table_.read_row(row, cells);
      Json::Object data;
      for (std::size_t i = 0; i < cells.size(); ++i) data.emplace_back(columns_.names()[i], columns_.value(i, cells[i]));
      std::vector<FieldFrame> frame;
      if (row_files_[row] != nullptr) {
        if (auto fits = frames_.read(*row_files_[row], target_.report)) {
          frames_.add_values(*fits, keys_, data);
          auto field = frames_.field_of(fits->image);
          frame.push_back({std::move(field), std::move(fits->image)});
        }
      }
      recorder.add(times_[row], Json(std::move(data)), std::move(frame));
    }
  }

  SourceFile source_;
  const Target& target_;
  bcs::ScanTable table_;
  bcs::ScanHeader header_;
  TextColumns columns_;
  std::optional<TimeZone> zone_;  // where another than the beamline's was said
  std::vector<std::string> column_notes_;
  std::vector<double> clock_;  // seconds of the day, of all rows; empty without a column Time
  std::vector<double> times_;
  bool dated_ = false;
  std::optional<bcs::FrameFiles> files_;
  std::vector<const std::filesystem::path*> row_files_;  // into files_; null: the row has none that can be read
  bcs::FrameSurvey frames_;
  Json keys_;
};

}  // namespace

bool is_bcs(std::string_view bytes) { return bcs::looks_like_scan_table(bytes); }

void import_bcs(SourceFile source, const Target& target) { ScanImport(std::move(source), target).run(); }

}  // namespace resonance::exchange
