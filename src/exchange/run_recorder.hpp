/// Records an import as one run of one stream: found again by its uid, in blocks, in bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exchange/importers.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::exchange {

/// The uid of the run that a file becomes: the same for the same content. Without a time in the content it must not depend on
/// one either (a copy of the file has another modification time); then it is as if from long ago, at a moment that follows
/// from the content, so that the first digits, which people type, differ from file to file.
[[nodiscard]] std::string import_uid(std::optional<double> time, std::string_view content);

/// What a run is opened with.
struct NewRun {
  std::string uid;
  std::string plan_name;
  std::optional<std::int64_t> scan_id;
  Json metadata = Json::object();
  Json data_keys = Json::object();
  double time_start = 0;
  std::uint64_t events = 0;  ///< for the progress
};

/// A frame and the field that it belongs to.
struct FieldFrame {
  std::string field;
  Frame frame;
};

class RunRecorder {
 public:
  explicit RunRecorder(const Target& target);

  /// Whether the beamtime has the whole run; then the report says so. Changes nothing.
  [[nodiscard]] bool already_there(const std::string& uid);

  /// Begin; what an interrupted import left of this run is removed first.
  void open(NewRun run);
  void add(double time, Json data, std::vector<FieldFrame> frames = {});
  void close();

 private:
  void write_block();

  const Target& target_;
  std::optional<RunWriter> writer_;
  // The writer's "now" is the time of the data, so that an import tells when things happened, not when they were imported.
  // Shared with the writer's clock, which its background thread may read.
  std::shared_ptr<std::atomic<double>> now_;
  std::vector<NewEvent> events_;
  std::vector<Frame> frames_;  // keeps what events_ refer to
  std::uint64_t frame_bytes_ = 0;
  std::uint64_t expected_events_ = 0;
};

}  // namespace resonance::exchange
