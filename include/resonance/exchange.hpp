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

struct ImportOptions {
  std::optional<std::string> format;  ///< default: found out from the content
  std::optional<std::string> sample;  ///< sample name; default: what the file says, else none
  std::optional<std::string> operator_name;
  std::vector<std::string> tags;
  FrameOptions frames;
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
  std::vector<std::string> missing_frames;  ///< named by the table, not found
  std::vector<std::string> damaged_frames;  ///< found, not readable: "file: why"
  std::vector<std::string> notes;           ///< anything else worth telling, in words
};

/// Import one file as one run, with the frames that it names. The run's uid follows from the content, so a second import
/// changes nothing. An import that was interrupted is done again from the start.
/// \throws Error(not_found)        no such file
/// \throws Error(invalid_argument) no importer takes it, or no such format
/// \throws Error(corrupt)          it contradicts its format; file and line are named
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
