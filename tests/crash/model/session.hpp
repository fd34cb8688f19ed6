/// A writer that keeps account of what it was promised.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "crash/model/expected.hpp"
#include "crash/seam/timeline.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::crash {

/// Frames of one field that an event gets.
struct FieldFrames {
  std::string field;
  std::uint64_t height = 16, width = 16;
  std::uint64_t count = 1;
};

/// One writer on one beamtime: each call is made, and what it promises is noted with the position that the log then has.
/// Uids, values and pixels are the same in every run of a scenario.
class Session {
 public:
  /// `early`: a broken protocol, for the test of the tests: calls are taken for acknowledged before they are made.
  Session(std::filesystem::path database, RunWriterOptions options, const Timeline& log, Expected& expected, bool early = false);

  void open_run(const std::string& plan = "count");
  /// A stream with the number "x" and the fields.
  void open_stream(const std::string& name, const std::vector<FieldFrames>& fields);
  void event(const std::string& stream, const std::vector<FieldFrames>& frames = {});
  void events(const std::string& stream, std::uint64_t count, const std::vector<FieldFrames>& frames = {});  ///< one transaction
  void add_frames(const std::string& stream, std::uint64_t last_events, const FieldFrames& frames);  ///< one to each, one transaction
  void large_event(const std::string& stream, std::uint64_t bytes);                                  ///< with that much text beside "x"
  void flush();
  void sync();
  void close_run();
  void close();
  void wait_until_durable(const std::string& stream);  ///< for the sync that nobody asks for
  [[nodiscard]] RunWriter& writer() { return *writer_; }

 private:
  struct Built;
  ExpectedRun& run() { return expected_.runs.back(); }
  ExpectedStream& stream(const std::string& name);
  ExpectedEvent& expect_event(ExpectedStream& stream, const std::vector<FieldFrames>& frames);
  ExpectedFrame next_frame(const FieldFrames& frames, bool with_event);
  /// Makes the call. \return the position from which on its promise holds
  template <class Call>
  std::uint64_t mark(Call&& call);
  void promise(Promise& promise, std::uint64_t at, bool committed, bool durable) const;
  void promise_all(std::uint64_t at, bool durable);
  void note_durable();

  std::filesystem::path database_;
  Durability level_;
  const Timeline& log_;
  Expected& expected_;
  const bool early_;
  std::unique_ptr<RunWriter> writer_;
};

/// Quiet in the background unless told otherwise: one thread, no sync or commit that nobody asks for.
[[nodiscard]] RunWriterOptions quiet_options(Durability level, Codec codec);

}  // namespace resonance::crash
