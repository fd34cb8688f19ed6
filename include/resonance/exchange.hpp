/// Foreign files in, tables and pictures out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resonance/image_sequence.hpp"
#include "resonance/run_writer.hpp"
#include "resonance/table.hpp"

namespace resonance {

/// Called now and then during long work, with a total of 0 when it is not known. Throwing from it cancels the work.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// A format that import_file() reads.
struct ImportFormat {
  std::string name;         ///< for ImportOptions::format: "bcs", "csv"
  std::string description;  ///< one line
};
[[nodiscard]] std::vector<ImportFormat> import_formats();

/// What the caller says a column is.
enum class ColumnKind { text, number, integer, time };

/// How a table of text (CSV, BCS) is to be read where its content does not tell, or tells it wrongly. What is not said is found out;
/// docs/import.md has the rules.
struct TableReading {
  std::vector<std::pair<std::string, ColumnKind>> columns;  ///< by the name in the file; `time`: of the rows
  std::optional<char> delimiter;                            ///< ' ': any number of blanks and tabs
  std::optional<char> decimal;                              ///< '.' or ','
  std::optional<std::string> comment;                       ///< how a line of comment begins; empty: there is none
  std::uint64_t skip = 0;                                   ///< lines before the table

  [[nodiscard]] bool says_nothing() const noexcept { return columns.empty() && !delimiter && !decimal && !comment && skip == 0; }
};

// From words, for fronts. \throws Error(invalid_argument) saying what there is
[[nodiscard]] ColumnKind parse_column_kind(std::string_view word);  ///< "text", "number", "integer", "time"
[[nodiscard]] char parse_delimiter(std::string_view word);          ///< "tab", "blank", "comma", "semicolon", or the sign itself
[[nodiscard]] char parse_decimal(std::string_view word);            ///< "point", "comma", "." or ","

struct ImportOptions {
  std::optional<std::string> format;  ///< default: found out from the content
  std::optional<std::string> sample;  ///< sample name; default: what the file says, else none
  std::optional<std::string> operator_name;
  std::vector<std::string> tags;
  FrameOptions frames;
  TableReading table;
  std::optional<std::string> zone;             ///< IANA name, of times that do not tell theirs; default: what the format says
  std::optional<std::string> root_zone;        ///< that of the data root, where neither says one; default: UTC
  std::shared_ptr<RunListener> on_run_change;  ///< as RunWriterOptions::on_run_change
  Progress progress;                           ///< rows done, rows in all
};

struct ImportReport {
  std::filesystem::path file;
  std::string format;
  std::string run_uid;
  bool already_there = false;  ///< the beamtime had this run; nothing was changed
  std::uint64_t events = 0;
  std::uint64_t frames = 0;
  std::vector<std::string> missing_frames;      ///< named by the table, not found
  std::vector<std::string> damaged_frames;      ///< found, not readable: "file: why"
  std::vector<std::string> unsupported_frames;  ///< found and sound, of a kind that is not read: "file: why"
  std::vector<std::string> notes;               ///< anything else worth telling, in words
};

/// Import one file as one run, with the frames that it names. The run's uid follows from the content, so a second import
/// changes nothing. An import that was interrupted is done again from the start.
/// \throws Error(not_found)        no such file
/// \throws Error(invalid_argument) no importer takes it, or no such format; no such column, or it is not what `table` says
/// \throws Error(corrupt)          it contradicts its format; file and line are named
/// \throws Error(unsupported)      it is sound, as far as can be seen, but of a kind that is not read
ImportReport import_file(const std::filesystem::path& file, const std::filesystem::path& database, const ImportOptions& options = {});

/// How intensities become grey values in a picture.
struct ImageScaling {
  double low_percentile = 0.5;    ///< black
  double high_percentile = 99.5;  ///< white
  bool logarithmic = false;
};

/// Encode a frame as an 8-bit grey PNG, scaled. NaN is black. \return the file's bytes
[[nodiscard]] std::vector<std::byte> encode_png(const FrameView& frame, const ImageScaling& scaling = {});

/// Write frames [first, first + count) to `path`, by its extension: `.png` (one frame), `.tif`/`.tiff` (one page per
/// frame, exact values), `.npy` (exact values; shape [height, width] for one frame, else [count, height, width]).
/// The file appears whole or not at all.
/// \throws Error(invalid_argument) unknown extension, several frames for a PNG, or a dtype that the format cannot hold
void write_image_file(const std::filesystem::path& path, const ImageSequence& images, std::uint64_t first, std::uint64_t count,
                      const ImageScaling& scaling = {}, const Progress& progress = {});

/// Receives a file's bytes in order.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// The two forms of Arrow IPC: one to be read from front to back, or a file (".arrow", ".feather") with an index of its batches.
enum class ArrowForm { stream, file };

/// Write a table in an Arrow IPC format. Units are field metadata (`units`); JSON columns are text.
void write_arrow(const Table& table, const ByteSink& sink, ArrowForm form = ArrowForm::stream);

}  // namespace resonance
