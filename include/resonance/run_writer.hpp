/// Record runs into a beamtime: streams, events, frames.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/types.hpp"

namespace resonance {

namespace io {
class FileSystem;  // the seam under all file access; null in the options means the real one
}

/// How frames are laid out on disk. Fixed for a frame array when its first frame arrives.
struct FrameOptions {
  Codec codec = Codec::blosc;                ///< blosc is lz4 behind a bit shuffle
  int level = -1;                            ///< compression level; -1: blosc 1, zstd 1, gzip 1
  BloscOptions blosc;                        ///< for Codec::blosc
  std::uint64_t shard_bytes = 256ull << 20;  ///< how much one shard file may hold; a shard has at most 255 chunks
  /// 0: one, but small frames share a chunk: raw ones up to 256 KiB, compressed ones (at level group) up to 64 KiB or 16.
  /// Frames that are compressed can share one with 15 others at most.
  std::uint64_t frames_per_chunk = 0;
};

/// Is told of runs whose row changed: opened, closed, or closed by recovery. Not of events.
/// Called after the commit, on a thread of the writer, in the order of the changes. It must return at once, and must not call
/// the writer: whoever records waits for it.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void run_changed(const std::filesystem::path& database, std::string_view uid) noexcept = 0;
};

struct RunWriterOptions {
  Durability durability = Durability::commit;
  std::chrono::milliseconds commit_interval{20};   ///< group: longest time an event stays queued
  std::chrono::milliseconds sync_interval{1000};   ///< commit, group: longest time until stable storage
  std::chrono::milliseconds publish_interval{50};  ///< shortest time between two rewrites of one zarr.json
  std::chrono::milliseconds busy_timeout{10000};   ///< wait for another process's transaction
  bool allow_network_file_system = false;          ///< record where SQLite's locks cannot be trusted (NFS, SMB, FUSE …)
  bool allow_undeclared = false;                   ///< take data keys and frame fields that open_stream() did not declare, of
                                                   ///< any name, and any exit status
  bool make_store = false;                         ///< make the frame store when the beamtime is opened, not with its first frame
  unsigned encode_threads = 0;                     ///< threads that compress frames; 0: as many as the machine has cores
  std::uint64_t queue_bytes = 32ull << 20;         ///< memory for frames on their way to disk, but room for two a thread at
                                                   ///< least; who writes more has to wait
  FrameOptions frames;
  std::function<double()> clock;                ///< seconds since the Unix epoch, UTC; default: the system clock
  std::function<void(std::string_view)> log;    ///< what cannot be thrown (destructors, background); default: silent;
                                                ///< must not call the writer
  std::shared_ptr<RunListener> on_run_change;   ///< e.g. index_listener(); shared by all that it listens to; default: nobody is told
  std::shared_ptr<io::FileSystem> file_system;  ///< shared by all writers that test or embed one; default: POSIX
};

/// What open_run() may be told besides the plan's name.
struct RunOptions {
  std::optional<SampleMetadata> sample;  ///< found by name, else inserted
  std::optional<std::string> operator_name;
  Json metadata = Json::object();  ///< any object
  std::vector<std::string> tags;
  std::optional<std::int64_t> scan_id;  ///< default: metadata.scan_id, else the beamtime's largest + 1
  std::optional<std::string> uid;       ///< 32 lower-case hex digits; default: a new time-ordered one
  std::optional<double> time_start;     ///< default: now
};

/// One frame of an event. The memory is the caller's again when the call returns; with `keep` set, when the writer lets go
/// of that: at level group it then copies nothing.
struct NewFrame {
  std::string field;
  FrameView frame;
  std::shared_ptr<const void> keep = nullptr;
};

/// `count` frames of one geometry, back to back: shape [count, height, width], C order, native byte order.
struct FrameBlock {
  std::span<const std::byte> bytes;
  std::uint64_t count = 0;
  std::uint64_t height = 0;
  std::uint64_t width = 0;
  DType dtype = DType::uint16;
};

/// Several frames of one event and field: a burst.
struct NewBurst {
  std::string field;
  FrameBlock frames;
  std::shared_ptr<const void> keep = nullptr;  ///< as in NewFrame
};

/// A frame that was compressed elsewhere, by the detector say, with the codec that FrameOptions name: one chunk of Zarr's
/// codec `blosc`, `zstd` or `gzip` over the pixels, little-endian. It is decoded to check it, and stored as it is.
struct EncodedFrame {
  std::span<const std::byte> bytes;
  std::uint64_t height = 0;
  std::uint64_t width = 0;
  DType dtype = DType::uint16;
};

struct NewEncodedFrame {
  std::string field;
  EncodedFrame frame;
  std::shared_ptr<const void> keep = nullptr;  ///< as in NewFrame
};

/// One event to be written. `timestamps`: object of data key → seconds since the Unix epoch; keys without one were read at
/// the event's time.
///
/// A caller that cannot know whether a call reached the disk gives the event a uid and calls again: an event that is there
/// already, with the same content, is not written a second time. Its content is the stream, data, timestamps, time if one is
/// given, and the pixels of its frames.
struct NewEvent {
  Json data = Json::object();
  Json timestamps = Json::object();
  std::optional<double> time;    ///< seconds since the Unix epoch, UTC; default: now
  std::vector<NewFrame> frames;  ///< all frames become visible together with the event, or not at all
  std::vector<NewBurst> bursts = {};
  std::vector<NewEncodedFrame> encoded = {};
  std::optional<std::string> uid = {};  ///< 32 lower-case hex digits; default: a new time-ordered one
};

/// Append runs to one beamtime.
///
/// Durability  what has been acknowledged survives as options.durability says; open_run, open_stream and close_run are on
///             stable storage when they return. A frame is complete on disk before the transaction that names it.
/// Frames      raw ones go from the caller's memory to the file. Others are compressed: at levels strict and commit before the
///             call returns, several frames of a call on several threads; at level group behind the caller's back.
/// Threads     any thread may call; calls are serialised. Background threads compress frames, publish zarr.json, commit groups,
///             and sync and seal; the destructor joins them. Several writers, in several processes, may record different runs of one
///             beamtime at the same time. Not usable in a child after fork().
/// Errors      each call may throw Error(io, no_space, busy, corrupt) from below. A call that throws has written nothing
///             that a reader sees. After a failed sync the writer refuses further writes (invalid_state).
class RunWriter {
 public:
  /// Open the beamtime for writing; make `<name>.db` and its tables when missing. The frame store `<name>.zarr` appears
  /// with the first frame, or at once with options.make_store.
  explicit RunWriter(const std::filesystem::path& database, RunWriterOptions options = {});
  ~RunWriter();  ///< close(), marking an open run `failed`; can only log what goes wrong
  RunWriter(RunWriter&&) noexcept;
  RunWriter& operator=(RunWriter&&) noexcept;

  /// The sample of that name, or a new one. \return samples.id
  std::int64_t add_sample(const SampleMetadata& sample);

  /// Begin a run. \return its uid
  /// \throws Error(invalid_state)    a run is open
  /// \throws Error(already_exists)   options.uid is taken
  /// \throws Error(invalid_argument) empty plan name, metadata that is no object, malformed uid or tag
  std::string open_run(std::string_view plan_name, RunOptions options = {});

  /// Declare a stream. `data_keys`: object of name → {"dtype", "shape", "source", "units"?, "dtype_numpy"?, …} by the rules
  /// of the Bluesky event-model; make them with number_key(), image_key() and so on, or pass parsed JSON.
  /// With allow_undeclared any object is taken. \return the stream's uid
  /// \throws Error(invalid_argument) naming the key and the rule; Error(already_exists) for a second stream of that name
  std::string open_stream(std::string_view name, const Json& data_keys);

  /// Append one event with its frames. \return the event's uid
  /// \throws Error(not_found)        no such stream in the open run
  /// \throws Error(invalid_argument) undeclared key or field, value of another dtype or shape, frame of another geometry
  /// \throws Error(already_exists)   the beamtime has an event of this uid with other content
  std::string write_event(std::string_view stream, const NewEvent& event);
  std::string write_event(std::string_view stream, Json data, Json timestamps = Json::object());
  /// `write_event("primary", {{"energy", 280.0}, {"i0", 1.5}})`; with `{}` an event without data.
  std::string write_event(std::string_view stream, std::initializer_list<Json::Member> data, Json timestamps = Json::object());

  /// As write_event(), but when the event would have to wait for memory (RunWriterOptions::queue_bytes) it is not written, and
  /// nothing is returned. \throws as write_event()
  std::optional<std::string> try_write_event(std::string_view stream, const NewEvent& event);

  /// Append events in one transaction, at any level. \return their uids
  std::vector<std::string> write_events(std::string_view stream, std::span<const NewEvent> events);

  /// Add a frame to an event that was written before. \return the frame's number in its array, from 0
  std::uint64_t write_frame(std::string_view event_uid, std::string_view field, const FrameView& frame);

  /// Add frame `i` of the block to event `event_uids[i]`, or all of them to the one event named, in one transaction. They are
  /// compressed on all threads. \return the number of the first frame
  std::uint64_t write_frames(std::span<const std::string> event_uids, std::string_view field, const FrameBlock& block);

  /// The same for frames that are compressed already.
  /// \throws Error(invalid_argument) one that does not decode to a frame of its geometry
  /// \throws Error(unsupported)      FrameOptions::codec is none, or frames share chunks (set frames_per_chunk to 1)
  std::uint64_t write_encoded_frames(std::span<const std::string> event_uids, std::string_view field, std::span<const EncodedFrame> frames);

  void flush();  ///< commit what is queued and publish frame counts in zarr.json
  void sync();   ///< flush(), then make it durable

  /// seq_num of the newest event of `stream` known to be on stable storage; 0 when none.
  [[nodiscard]] std::uint64_t durable(std::string_view stream) const;

  /// End the run: durable, shards sealed, counts final. `time_stop`: seconds since the Unix epoch; default: now.
  /// When sealing fails the run is closed as `failed`, all its events stay readable, and the cause is thrown.
  /// \throws Error(invalid_state) when no run is open
  void close_run(ExitStatus status = ExitStatus::success, std::string_view reason = {}, std::optional<double> time_stop = {});
  /// The same by name: "success", "aborted" or "failed"; with allow_undeclared any text.
  void close_run(std::string_view status, std::string_view reason = {}, std::optional<double> time_stop = {});

  /// Release the beamtime; an open run is closed as `failed`. Idempotent; a second call does nothing.
  void close();

  [[nodiscard]] bool run_open() const;
  [[nodiscard]] const std::filesystem::path& database() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Data keys for open_stream(). `source` says where the value comes from ("mono", "BL1101:AI3").
[[nodiscard]] Json number_key(std::string_view source, std::string_view units = {});
[[nodiscard]] Json integer_key(std::string_view source, std::string_view units = {});
[[nodiscard]] Json string_key(std::string_view source);
[[nodiscard]] Json boolean_key(std::string_view source);
[[nodiscard]] Json array_key(std::string_view source, std::span<const std::int64_t> shape, std::string_view units = {});
/// A detector field: shape [height, width], dtype_numpy, `external` "STREAM:" because its values are not in event.data.
[[nodiscard]] Json image_key(std::string_view source, std::uint64_t height, std::uint64_t width, DType dtype);

}  // namespace resonance
