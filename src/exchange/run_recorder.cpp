#include "exchange/run_recorder.hpp"

#include <algorithm>
#include <span>

#include "base/uid.hpp"
#include "beamtime/place.hpp"
#include "record/discard.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

constexpr const char* kStream = "primary";
constexpr std::size_t kBlockEvents = 1000;
constexpr std::size_t kBlockFrames = 32;
constexpr std::uint64_t kBlockFrameBytes = 64ull << 20;

std::optional<RunSummary> find_run(const std::filesystem::path& database, const std::string& uid) {
  try {
    return Catalog(database).run(uid).summary();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;  // neither a beamtime nor a run yet
    return std::nullopt;
  }
}

/// Of an import that was killed: a run, or only the frames of one that was being discarded.
bool has_remains(const std::filesystem::path& database, const std::string& uid) {
  return find_run(database, uid) || std::filesystem::exists(beamtime::place_to_write(database).store / "runs" / uid);
}

bool is_complete(const RunSummary& run) { return run.exit_status == to_string(ExitStatus::success); }

RunOptions run_options(const ImportOptions& options, NewRun& run) {
  RunOptions out;
  if (options.sample) {
    out.sample.emplace();
    out.sample->name = *options.sample;
  }
  out.operator_name = options.operator_name;
  out.metadata = std::move(run.metadata);
  out.tags = options.tags;
  out.scan_id = run.scan_id;
  out.uid = run.uid;
  out.time_start = run.time_start;
  return out;
}

}  // namespace

std::string import_uid(std::optional<double> time, std::string_view content) {
  const auto bytes = std::as_bytes(std::span(content));
  if (time) return content_uid(*time, bytes);
  // The first eight digits of a uid count steps of 2^16 ms.
  const auto digits = content_uid(0, bytes).substr(26);
  return content_uid(static_cast<double>(std::stoul(digits, nullptr, 16)) * 65.536, bytes);
}

RunRecorder::RunRecorder(const Target& target) : target_(target), now_(std::make_shared<std::atomic<double>>(0)) {}

bool RunRecorder::already_there(const std::string& uid) {
  const auto run = find_run(target_.database, uid);
  if (!run || !is_complete(*run)) return false;
  auto& report = target_.report;
  report.run_uid = uid;
  report.already_there = true;
  report.events = run->num_events;
  report.frames = run->num_frames;
  return true;
}

void RunRecorder::open(NewRun run) {
  if (has_remains(target_.database, run.uid)) discard_run(target_.database, run.uid);
  RunWriterOptions options;
  options.durability = Durability::group;
  options.frames = target_.options.frames;
  options.on_run_change = target_.options.on_run_change;
  options.clock = [now = now_] { return now->load(); };
  now_->store(run.time_start);
  writer_.emplace(target_.database, std::move(options));
  expected_events_ = run.events;
  target_.report.run_uid = writer_->open_run(run.plan_name, run_options(target_.options, run));
  writer_->open_stream(kStream, run.data_keys);
}

void RunRecorder::add(double time, Json data, std::vector<FieldFrame> frames) {
  NewEvent event;
  event.data = std::move(data);
  event.time = time;
  now_->store(std::max(now_->load(), time));
  for (auto& frame : frames) {
    frame_bytes_ += frame.frame.bytes.size();
    frames_.push_back(std::move(frame.frame));  // moving a frame, also when the vector grows, leaves its bytes where they are
    event.frames.push_back({std::move(frame.field), frames_.back().view()});
  }
  events_.push_back(std::move(event));
  if (events_.size() >= kBlockEvents || frames_.size() >= kBlockFrames || frame_bytes_ >= kBlockFrameBytes) write_block();
}

void RunRecorder::write_block() {
  if (events_.empty()) return;
  writer_->write_events(kStream, events_);
  target_.report.events += events_.size();
  target_.report.frames += frames_.size();
  events_.clear();
  frames_.clear();
  frame_bytes_ = 0;
  if (target_.options.progress) target_.options.progress(target_.report.events, expected_events_);
}

void RunRecorder::close() {
  write_block();
  writer_->close_run(ExitStatus::success);
  writer_->close();
}

}  // namespace resonance::exchange
