#include "crash/model/scenarios.hpp"

#include <unistd.h>

#include <chrono>

#include "crash/model/disk.hpp"
#include "crash/model/session.hpp"
#include "record/discard.hpp"
#include "resonance/beamtime.hpp"

namespace resonance::crash {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSide = 256;  // 16 raw frames of 256 x 128 fill a shard of 1 MiB
const FieldFrames kLarge{"ccd", kSide, kSide / 2};
const FieldFrames kSmall{"ccd", 16, 16};

Session session_of(const Stage& stage, RunWriterOptions options) {
  return {stage.database(), std::move(options), stage.log, stage.expected, stage.early};
}

/// Two runs: one whose frames fill a shard and begin the next, beside a stream without frames; and a short one.
void two_runs(const Stage& stage, RunWriterOptions options, bool syncs) {
  auto session = session_of(stage, std::move(options));
  session.open_run();
  session.open_stream("primary", {kLarge});
  session.event("primary", {kLarge});
  session.open_stream("monitor", {});
  for (int i = 0; i < 19; ++i) {
    session.event("primary", {kLarge});
    if (i % 3 == 0) session.event("monitor");
    if (syncs && i % 7 == 6) session.sync();
  }
  session.close_run();
  session.open_run("second");
  session.open_stream("primary", {kSmall});
  session.event("primary", {kSmall});
  session.close_run();
  session.close();
}

void strict_raw(const Stage& stage) { two_runs(stage, quiet_options(Durability::strict, Codec::none), false); }
void strict_blosc(const Stage& stage) { two_runs(stage, quiet_options(Durability::strict, Codec::blosc), false); }
void commit_raw(const Stage& stage) { two_runs(stage, quiet_options(Durability::commit, Codec::none), true); }

/// Nobody asks for a sync: the writer's own thread brings it.
void commit_blosc(const Stage& stage) {
  auto options = quiet_options(Durability::commit, Codec::blosc);
  options.sync_interval = std::chrono::milliseconds(2);
  auto session = session_of(stage, options);
  session.open_run();
  session.open_stream("primary", {kLarge, {"cam", 8, 8}});
  for (int i = 0; i < 18; ++i) {
    session.event("primary", {kLarge, {"cam", 8, 8, 2}});
    if (i % 5 == 4) session.wait_until_durable("primary");
  }
  session.close_run();
  session.close();
}

/// Small frames share chunks, and a chunk is written again as frames join it.
void shared_chunks(const Stage& stage, Durability level, Codec codec) {
  auto options = quiet_options(level, codec);
  options.frames.frames_per_chunk = 4;
  stage.expected.shared_chunks = true;
  options.commit_interval = std::chrono::milliseconds(2);
  auto session = session_of(stage, options);
  session.open_run();
  session.open_stream("primary", {kSmall});
  for (int i = 0; i < 12; ++i) {
    session.event("primary", {kSmall});
    if (i % 3 == 2) session.flush();
    if (i == 4) session.sync();
  }
  session.events("primary", 6, {kSmall});
  session.add_frames("primary", 5, kSmall);
  session.event("primary", {{"ccd", 16, 16, 7}});
  session.sync();
  session.events("primary", 3, {kSmall});
  session.close_run();
  session.close();
}

void commit_shared(const Stage& stage) { shared_chunks(stage, Durability::commit, Codec::zstd); }
void group_shared(const Stage& stage) { shared_chunks(stage, Durability::group, Codec::blosc); }
void strict_shared(const Stage& stage) { shared_chunks(stage, Durability::strict, Codec::gzip); }
void group_raw(const Stage& stage) { shared_chunks(stage, Durability::group, Codec::none); }

/// The log grows over its limit and is moved into the database, then begins anew.
void checkpoint(const Stage& stage) {
  auto session = session_of(stage, quiet_options(Durability::commit, Codec::none));
  session.open_run();
  session.open_stream("primary", {kSmall});
  for (int i = 0; i < 7; ++i) {
    session.event("primary", {kSmall});
    session.large_event("primary", 1500 << 10);
  }
  session.close_run();
  session.close();
}

/// A writer that dies while it records, and what its death leaves: `survival` of the disk at about the middle.
void leave_dead_run(const Stage& stage, Survival survival, std::uint64_t seed) {
  OperationLog log;
  Expected expected;
  const auto folder = stage.folder / "life";
  fs::create_directory(folder);
  {
    const Watch watch(folder, log);
    const Stage life{folder, log, expected};
    commit_raw(life);
  }
  const auto at = log.operations.size() / 2;
  Disk disk(log);
  disk.advance_to(at);
  fs::remove_all(folder);
  const auto image = stage.folder / "image";
  disk.save(image, survival, seed);
  for (const auto& entry : fs::directory_iterator(image)) fs::rename(entry.path(), stage.folder / entry.path().filename());
  fs::remove(image);
  stage.expected = left_by(expected, {at, survival == Survival::everything ? Death::process : Death::power});
}

void recover_and_go_on(const Stage& stage) {
  auto session = session_of(stage, quiet_options(Durability::commit, Codec::blosc));
  session.open_run("next");
  session.open_stream("primary", {kSmall});
  session.event("primary", {kSmall});
  session.close_run();
  session.close();
}

void record_one_to_discard(const Stage& stage) {
  {
    auto session = session_of(stage, quiet_options(Durability::commit, Codec::none));
    session.open_run();
    session.open_stream("primary", {kSmall});
    for (int i = 0; i < 5; ++i) session.event("primary", {kSmall});
    session.close_run();
    session.open_run();
    session.open_stream("primary", {kSmall});
    session.event("primary", {kSmall});
    session.close_run();
    session.close();
  }
  stage.expected = left_by(stage.expected, {stage.log.position(), Death::process});
}

void discard(const Stage& stage) {
  stage.expected.runs[0].discarded = true;
  discard_run(stage.database(), stage.expected.runs[0].uid);
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"strict-raw", 10, {}, strict_raw},
      {"strict-blosc", 10, {}, strict_blosc},
      {"strict-shared", 8, {}, strict_shared},
      {"commit-raw", 12, {}, commit_raw},
      {"commit-blosc", 12, {}, commit_blosc},
      {"commit-shared", 12, {}, commit_shared},
      {"group-shared", 12, {}, group_shared},
      {"group-raw", 10, {}, group_raw},
      {"checkpoint", 1, {}, checkpoint},
      {"recover-dead", 5, [](const Stage& stage) { leave_dead_run(stage, Survival::everything, 1); }, recover_and_go_on},
      {"recover-lost", 5, [](const Stage& stage) { leave_dead_run(stage, Survival::ordered, 7); }, recover_and_go_on},
      {"discard", 3, record_one_to_discard, discard},
      {"random", 20, {}, play_at_random},
  };
  return all;
}

void play(const Scenario& scenario, const fs::path& room, Recording& out, bool early, std::uint64_t seed) {
  const auto folder = room / scenario.name;
  fs::create_directory(folder);
  out.name = scenario.name;
  out.weight = scenario.weight;
  out.also = scenario.also;
  const Stage stage{folder, out.log, out.expected, early, seed};
  if (scenario.prepare) scenario.prepare(stage);
  {
    const Watch watch(folder, out.log);
    out.log.take_first_state(folder);
    scenario.act(stage);
  }
  fs::remove_all(folder);
}

}  // namespace resonance::crash
