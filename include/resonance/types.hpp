/// Words that several headers share: element types, frames, samples, levels, summaries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/json.hpp"

namespace resonance {

/// Element type of a frame. The names are NumPy's, as in `image_refs.dtype`; complex types are not frames.
enum class DType : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  float32,
  float64,
};
[[nodiscard]] std::string_view to_string(DType dtype) noexcept;  ///< "bool", "uint16", …
[[nodiscard]] DType parse_dtype(std::string_view name);          ///< "uint16", "<u2", "|b1"; \throws unsupported
[[nodiscard]] std::size_t item_size(DType dtype) noexcept;       ///< bytes per element

/// A borrowed detector frame: `height * width` elements in C order, native byte order.
struct FrameView {
  std::span<const std::byte> bytes;  ///< exactly height * width * item_size(dtype) bytes
  std::uint64_t height = 0;
  std::uint64_t width = 0;
  DType dtype = DType::uint16;
};

/// How frames are stored. Names as in `image_refs.compression_codec` and zarr.json.
enum class Codec : std::uint8_t { none, blosc, zstd, gzip };
[[nodiscard]] std::string_view to_string(Codec codec) noexcept;
[[nodiscard]] Codec parse_codec(std::string_view name);  ///< \throws invalid_argument, with the names that exist

/// How the bytes of neighbouring pixels are grouped before blosc compresses them.
enum class Shuffle : std::uint8_t { none, bytes, bits };

/// What the codec `blosc` is made of.
struct BloscOptions {
  Shuffle shuffle = Shuffle::bits;
  std::string compressor = "lz4";  ///< one that this machine's c-blosc has: lz4, lz4hc, blosclz, zstd, zlib …
};

/// When a writing call returns (docs/architecture.md, "Durability").
enum class Durability : std::uint8_t {
  strict,  ///< committed and on stable storage, frames first
  commit,  ///< committed; on stable storage within `sync_interval`
  group,   ///< queued; committed within `commit_interval`
};
[[nodiscard]] std::string_view to_string(Durability level) noexcept;
[[nodiscard]] Durability parse_durability(std::string_view name);

/// How a run ended, as written to `runs.exit_status`.
enum class ExitStatus : std::uint8_t { success, aborted, failed };
[[nodiscard]] std::string_view to_string(ExitStatus status) noexcept;
[[nodiscard]] ExitStatus parse_exit_status(std::string_view name);

/// The physical specimen. Found by name when a run is opened, else inserted.
struct SampleMetadata {
  std::optional<std::int64_t> id;  ///< samples.id, filled in by the library
  std::string name;
  std::optional<std::string> formula;
  std::optional<std::string> serial;
  std::vector<std::string> tags;
  std::optional<std::string> beamline_pos;
  Json extra = Json::object();
};

/// One line of a listing: the row of `runs` and what people ask beside it. Times are seconds since the Unix epoch, UTC.
struct RunSummary {
  std::string uid;
  std::optional<std::int64_t> scan_id;
  std::string plan_name;
  std::optional<std::string> sample;
  double time_start = 0;
  std::optional<double> time_stop;         ///< absent while the run is open, or when its writer died
  std::optional<std::string> exit_status;  ///< as stored; absent while the run is open
  std::uint64_t num_events = 0;
  std::uint64_t num_frames = 0;
  std::optional<std::string> operator_name;
  std::vector<std::string> tags;
};

/// One event of a stream. `data` and `timestamps` are JSON objects.
struct Event {
  std::string uid;
  std::uint64_t seq_num = 0;  ///< from 1, per stream
  double time = 0;            ///< seconds since the Unix epoch, UTC
  Json data = Json::object();
  Json timestamps = Json::object();
};

/// One entry of a run's log: what a person said about it.
struct Note {
  std::int64_t id = 0;  ///< rises from note to note of a beamtime
  double time = 0;      ///< when it was written, seconds since the Unix epoch, UTC
  std::optional<std::string> author;
  std::string text;  ///< may have several lines
};

/// One named sequence of events in a run.
struct StreamInfo {
  std::string uid;
  std::string name;
  Json data_keys = Json::object();  ///< name → {dtype, shape, source, units, …} (Bluesky event-model)
  double time_created = 0;
  std::uint64_t num_events = 0;
};

/// One frame array of a run.
struct FrameStoreInfo {
  std::string field;
  std::string zarr_group;    ///< "runs/<uid>/<field>"
  std::uint64_t frames = 0;  ///< frames that events refer to
  std::uint64_t height = 0, width = 0;
  DType dtype = DType::uint16;
  std::string codec;        ///< what zarr.json says: "none", "blosc", "zstd", "gzip", …
  std::uint64_t bytes = 0;  ///< bytes of its files on disk (allocated blocks)
};

}  // namespace resonance
