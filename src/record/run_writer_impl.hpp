/// The state of a RunWriter. The public class only forwards.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/worker_pool.hpp"
#include "frames/frame_memory.hpp"
#include "record/beamtime_file.hpp"
#include "record/chore.hpp"
#include "record/data_keys.hpp"
#include "record/event_checksums.hpp"
#include "record/known_events.hpp"
#include "record/run_frames.hpp"
#include "record/run_ranges.hpp"
#include "record/statements.hpp"
#include "resonance/run_writer.hpp"

namespace resonance {

/// Invariants (docs/architecture.md): F1 data before index entry, F2 index entry before commit, F3 commit before shape,
/// D1 frames synced before the log, D2 an event and its references in one transaction, D3 no transaction while waiting.
class RunWriter::Impl {
 public:
  Impl(const std::filesystem::path& database, RunWriterOptions options);
  ~Impl();  ///< only in the process that made it

  std::int64_t add_sample(const SampleMetadata& sample);
  std::string open_run(std::string_view plan_name, RunOptions options);
  std::string open_stream(std::string_view name, const Json& data_keys);
  std::vector<std::string> write_events(std::string_view stream, std::span<const NewEvent> events, bool one_transaction);
  std::optional<std::string> try_write_event(std::string_view stream, const NewEvent& event);
  std::uint64_t write_frames(std::span<const std::string> event_uids, std::string_view field, const FrameBlock& block,
                             bool one_transaction);
  std::uint64_t write_encoded_frames(std::span<const std::string> event_uids, std::string_view field, std::span<const EncodedFrame> frames);
  void flush();
  void sync();
  std::uint64_t durable(std::string_view stream) const;
  void close_run(std::string_view status, std::string_view reason, std::optional<double> time_stop);
  void close();
  bool run_open() const;
  const std::filesystem::path& database() const noexcept { return database_; }  ///< where links are followed
  bool of_this_process() const noexcept;
  void require_own_process() const;  // before any mutex: after fork() its holder may be a thread of the parent

 private:
  struct Stream {
    std::string uid;
    record::DataKeys keys;
    std::uint32_t number = 0;          // in the run
    schema::KeyNumbers key_numbers{};  // guarded by call_mutex_
    std::uint64_t queued = 0;          // seq_num of the newest event given
    std::uint64_t committed = 0;
    std::uint64_t durable = 0;
  };
  struct OpenRun {
    std::string uid;
    std::uint64_t lock_byte;
    std::unique_ptr<record::RunFrames> frames;
    std::map<std::string, Stream, std::less<>> streams;
    std::uint64_t events = 0, frame_refs = 0;   // committed
    std::string last_event, last_event_stream;  // uids: the event that frames are most often added to
    record::EventChecksums event_checksums;     // guarded by commit_mutex_
    record::RunRanges ranges;                   // guarded by commit_mutex_
  };
  /// Rows that wait for one transaction.
  struct Queue {
    std::vector<record::EventRow> events;
    std::vector<record::FrameRef> refs;
    std::vector<record::RangeValue> values;  // of the events
    record::RunFrames::Counts frames;        // of each array, with these
    std::size_t bytes = 0;
    std::vector<std::string> given_uids;  // of events to which callers gave them
    [[nodiscard]] bool empty() const noexcept { return events.empty() && refs.empty(); }
    void append(Queue&& rows);
    void clear() noexcept;
  };
  /// One frame or several on their way in, whatever they were given as.
  struct Incoming {
    std::string_view field;
    frames::Geometry geometry;
    frames::FrameSource source;
    bool encoded = false;
  };

  // With call_mutex_ held.
  std::vector<std::string> write_events_now(Stream& stream, std::span<const NewEvent> events, bool one_transaction);
  static std::vector<Incoming> frames_of(const NewEvent& event);
  std::vector<const NewEvent*> not_there_yet(const Stream& stream, std::span<const NewEvent> events);
  bool is_there(const Stream& stream, const NewEvent& event);
  std::uint32_t checksum_of(const Incoming& frame) const;
  void add_frame(std::string_view event_uid, const Incoming& frame, std::size_t frames_in_call);
  void add_event(Stream& stream, std::uint64_t seq_num, const NewEvent& event, std::size_t frames_in_call);
  std::uint64_t add_frames(std::span<const std::string> event_uids, const std::vector<Incoming>& frames, bool one_transaction);
  void build(const std::function<void()>& work);           // rows in building_: all of them, or nothing
  void queue_built(Stream* stream, std::uint64_t events);  // hand them on
  void finish_call(bool one_transaction);                  // commit, or leave queued (group)
  void drop_queue() noexcept;
  OpenRun& require_run();
  Stream& require_stream(std::string_view name);
  Stream& stream_by_uid(std::string_view uid);
  std::string stream_of(std::string_view event_uid);
  void insert_ranges();  // inside the transaction that closes the run
  void finish_run(std::string_view status, std::string_view reason, std::optional<double> time_stop);

  // Without mutex_.
  void require_usable() const;
  void commit_queue();  // also by the chore
  void write_batch(const Queue& batch);
  void sync_frames();  // invariant D1: before every sync of the log that is ours
  void sync_run();     // frames, then the log
  void keep_log_short() noexcept;
  void fail(std::string why) noexcept;
  std::int64_t sample_id(const SampleMetadata& sample);  // inside a transaction

  // Chores. They take mutex_ only to look.
  void commit_chore() noexcept;
  void publish_chore() noexcept;
  void sync_chore() noexcept;
  std::vector<record::FrameArray> sync_now();  ///< \return what was synced
  std::vector<record::FrameArray> arrays() const;
  void log(const std::string& message) const noexcept;
  void tell_of(const std::string& run_uid) const noexcept;  ///< its row in the database has changed
  [[nodiscard]] double now() const;

  const RunWriterOptions options_;
  const int process_;  // a child after fork() has none of our threads and must not use our locks

  frames::FrameMemory memory_;
  WorkerPool pool_;

  // Taken in this order.
  mutable std::mutex call_mutex_;  // one caller at a time; guards building_ and which run and streams there are
  std::mutex sync_mutex_;          // one sync at a time, and none while a run is closed
  std::mutex commit_mutex_;        // one transaction at a time; guards the database connection and batch_
  mutable std::mutex mutex_;       // guards what follows, for moments; run_ and its streams are made and removed with all four held

  record::BeamtimeFile file_;
  const std::filesystem::path& database_;
  record::Statements statements_;
  std::optional<OpenRun> run_;
  Queue queue_;
  std::set<std::string, std::less<>> given_uids_;  // of events that are not committed yet
  std::string failure_;                            // why nothing more can be written; empty: nothing is wrong
  bool closed_ = false;
  Queue building_, batch_;
  std::unique_ptr<record::KnownEvents> known_events_;  // made when a caller first gives a uid; guarded by call_mutex_

  // Last, so that they are stopped before anything they use is gone.
  std::unique_ptr<record::Chore> committing_, publishing_, syncing_;
};

}  // namespace resonance
