#include "crash/common/checker.hpp"

#include <fmt/format.h>

#include <map>

#include "crash/common/settings.hpp"
#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"
#include "resonance/verify.hpp"

namespace resonance::crash {

namespace {

constexpr std::string_view kDeadReason = "the recording process ended without closing the run";

/// A run that is in the catalog, compared with its script.
class RunCheck {
 public:
  RunCheck(const Catalog& catalog, const KnownRun& known)
      : known_(known), store_(catalog.frame_store()), run_(catalog.run(run_uid(known.seed))) {}

  Seen check() {
    for (unsigned stream = 0; stream < kStreams; ++stream) look_at(stream);
    const auto steps = follow_script();
    require(steps >= known_.committed, "{}: {} steps were committed, {} are there", name(), known_.committed, steps);
    require(steps <= known_.begun, "{}: {} steps were begun, {} are there", name(), known_.begun, steps);
    for (unsigned stream = 0; stream < kStreams; ++stream) compare_events(stream);
    compare_frames(steps);
    check_end();
    return {true, steps, events_[0] + events_[1], frames_[0] + frames_[1]};
  }

 private:
  [[nodiscard]] std::string name() const { return fmt::format("run {} ({})", run_uid(known_.seed), known_.plan.words()); }

  void look_at(unsigned stream) {
    for (const auto& info : run_.streams())
      if (info.name == stream_name(stream)) events_[stream] = info.num_events;
    images_.push_back(run_.images(field_name(stream)));
    frames_[stream] = images_.back().size();
  }

  /// So many steps as events and frames are there for; each is there as a whole.
  std::uint32_t follow_script() const {
    Script script(known_.seed);
    std::uint64_t events[kStreams] = {}, frames[kStreams] = {};
    for (std::uint32_t done = 0;; ++done) {
      const bool all = std::equal(events, events + kStreams, events_) && std::equal(frames, frames + kStreams, frames_);
      const auto step = script.next();
      events[step.stream] += step.events;
      frames[step.stream] += step.frames();
      const bool leaves_no_trace = step.events == 0 && step.frames() == 0;
      if (all && !(leaves_no_trace && done < known_.begun)) return done;
      require(events[0] <= events_[0] && events[1] <= events_[1] && frames[0] <= frames_[0] && frames[1] <= frames_[1],
              "{}: events {}+{}, frames {}+{} are no beginning of what was recorded: step {} is there in part, or is missing before "
              "others",
              name(), events_[0], events_[1], frames_[0], frames_[1], done + 1);
    }
  }

  void compare_events(unsigned stream) const {
    std::uint64_t seq_num = 0;
    if (events_[stream] == 0) return;
    run_.for_each_event(stream_name(stream), [&](const Event& event) {
      ++seq_num;
      require(event.seq_num == seq_num, "{}: event {} of {} is followed by {}", name(), seq_num - 1, stream_name(stream), event.seq_num);
      require(event.data == event_data(known_.seed, stream, seq_num), "{}: event {} of {} has other data than were written: {}", name(),
              seq_num, stream_name(stream), event.data.dump());
      return true;
    });
    require(seq_num == events_[stream], "{}: {} events are counted, {} read", name(), events_[stream], seq_num);
  }

  /// Frames come in the order of their events, whenever they were added.
  void compare_frames(std::uint32_t steps) const {
    std::map<std::uint64_t, std::uint64_t> expected[kStreams];
    Script script(known_.seed);
    for (std::uint32_t i = 0; i < steps; ++i) {
      const auto step = script.next();
      for (std::uint64_t event = 0; event < step.count; ++event) expected[step.stream][step.first + event] += step.frames_each;
    }
    for (unsigned stream = 0; stream < kStreams; ++stream) {
      std::uint64_t at = 0;
      for (const auto& [seq_num, count] : expected[stream])
        for (std::uint64_t which = 0; which < count; ++which) compare_frame(stream, seq_num, which, at++);
    }
  }

  void compare_frame(unsigned stream, std::uint64_t seq_num, std::uint64_t which, std::uint64_t at) const {
    require(images_[stream].seq_num(at) == seq_num, "{}: frame {} of {} belongs to event {}, not to {}", name(), at, field_name(stream),
            images_[stream].seq_num(at), seq_num);
    require(images_[stream][at].bytes == pixels(known_.plan, known_.seed, stream, seq_num, which),
            "{}: frame {} of {} has other pixels than were written", name(), at, field_name(stream));
  }

  void check_end() const {
    const auto summary = run_.summary();
    const auto status = summary.exit_status.value_or("open");
    const bool may_be_closed = known_.state >= RunNotes::closing;
    require(status == "open" || summary.time_stop, "{}: it is {} and has no time_stop", name(), status);
    require(known_.state != RunNotes::closed || known_.troubled || status == "success", "{}: it was closed, and is {}", name(), status);
    require(status != "success" || may_be_closed, "{}: nobody closed it, and it is a success", name());
    require(status != "success" || !known_.must_have_failed, "{}: a sync failed, and it is a success", name());
    require(!known_.recovered || status != "open", "{}: its recorder died, a writer has come since, and it is open", name());
    if (status == "failed") {
      require(known_.recovery_begun, "{}: nobody has recovered it, and it is failed", name());
      const auto reason = run_.reason().value_or("");
      require(known_.troubled ? !reason.empty() : reason.starts_with(kDeadReason), "{}: the reason is '{}'", name(),
              run_.reason().value_or(""));
    }
    if (status != "open")
      require(summary.num_events == events_[0] + events_[1] && summary.num_frames == frames_[0] + frames_[1],
              "{}: closed with {} events and {} frames, there are {} and {}", name(), summary.num_events, summary.num_frames,
              events_[0] + events_[1], frames_[0] + frames_[1]);
    for (unsigned stream = 0; stream < kStreams; ++stream) check_length(stream, status != "open" && !unsealed());
    require(run_.lost_frames().empty(), "{}: the machine did not stop, and frames are called lost", name());
  }

  /// Sealing failed, which its reason says.
  [[nodiscard]] bool unsealed() const { return known_.troubled && run_.summary().exit_status == "failed"; }

  /// zarr.json may lag while the run is open, and never leads.
  void check_length(unsigned stream, bool closed) const {
    if (frames_[stream] == 0) return;
    const auto length = frames::read_metadata(store_ / images_[stream].zarr_group(0)).shape[0];
    require(closed ? length == frames_[stream] : length <= frames_[stream], "{}: zarr.json of {} says {} frames, there are {}", name(),
            field_name(stream), length, frames_[stream]);
  }

  const KnownRun& known_;
  std::filesystem::path store_;
  Run run_;
  std::vector<ImageSequence> images_;
  std::uint64_t events_[kStreams] = {}, frames_[kStreams] = {};
};

bool is_there(const Catalog& catalog, const std::string& uid) {
  try {
    (void)catalog.run(uid);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return false;
  }
}

}  // namespace

KnownRun KnownRun::of(const WriterPlan& plan, const Board& board, unsigned run) {
  const auto& notes = board.run[run];
  KnownRun out;
  out.plan = plan;
  out.seed = plan.run_seed(run);
  // In this order: while the recorder is at work, `begun` must not be older than what is acknowledged.
  out.committed = notes.committed;
  out.acknowledged = notes.acknowledged;
  out.begun = notes.begun;
  out.state = notes.state;
  return out;
}

Seen check_run(const Catalog& catalog, const KnownRun& known) {
  if (!is_there(catalog, run_uid(known.seed))) {
    require(known.state <= RunNotes::opening, "run {} was acknowledged and is not there", run_uid(known.seed));
    return {};
  }
  return RunCheck(catalog, known).check();
}

std::uint64_t check_verified(const std::filesystem::path& database, const std::vector<std::string>& runs, bool frames,
                             std::string_view tolerated) {
  VerifyOptions options;
  options.runs = runs;
  options.frames = frames;
  options.threads = 1;
  std::string faults;
  std::uint64_t counted = 0;
  verify_beamtime(database, options, [&](const Fault& fault) {
    if (fault.severity != Severity::fault) return;
    if (!tolerated.empty() && fault.kind == tolerated)
      ++counted;
    else
      faults += fmt::format("\n  {} ({}): {}", fault.kind, fault.run_uid, fault.message);
  });
  require(faults.empty(), "verify of {} finds:{}", database.string(), faults);
  return counted;
}

}  // namespace resonance::crash
