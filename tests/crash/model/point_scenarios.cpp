#include "crash/model/point_scenarios.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

#include "crash/model/session.hpp"
#include "record/discard.hpp"
#include "resonance/backup.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/recover.hpp"
#include "resonance/schema.hpp"
#include "support/raw_database.hpp"

namespace resonance::crash {

namespace {

const FieldFrames kSmall{"ccd", 16, 16};
const FieldFrames kThirdOfAShard{"ccd", 512, 256};

Session session_of(const Stage& stage, RunWriterOptions options) {
  return {stage.database(), std::move(options), stage.log, stage.expected};
}

void one_run(Session& session, const FieldFrames& frames, int events) {
  session.open_run();
  session.open_stream("primary", {frames});
  for (int i = 0; i < events; ++i) session.event("primary", {frames});
}

void record(const Stage& stage, Durability level, Codec codec) {
  auto session = session_of(stage, quiet_options(level, codec));
  one_run(session, kSmall, 1);
  session.close_run();
  session.close();
}

/// The length of zarr.json follows the commits.
void publish(const Stage& stage) {
  auto session = session_of(stage, quiet_options(Durability::commit, Codec::none));
  one_run(session, kSmall, 2);
  session.flush();
  session.add_frames("primary", 2, kSmall);
  session.flush();
  session.sync();
  session.events("primary", 2, {kSmall});
  session.close_run();
}

/// Three frames fill a shard: it is sealed while the next one is written.
void seal(const Stage& stage) {
  auto options = quiet_options(Durability::commit, Codec::blosc);
  options.sync_interval = std::chrono::milliseconds(1);
  auto session = session_of(stage, options);
  one_run(session, kThirdOfAShard, 4);
  session.wait_until_durable("primary");
  session.event("primary", {kThirdOfAShard});
  session.close_run();
}

/// Small frames share a chunk that is written again and again.
void share(const Stage& stage) {
  auto options = quiet_options(Durability::commit, Codec::zstd);
  options.frames.frames_per_chunk = 4;
  stage.expected.shared_chunks = true;
  auto session = session_of(stage, options);
  one_run(session, kSmall, 3);
  session.sync();
  session.events("primary", 3, {kSmall});
  session.close_run();
}

/// A run whose writer died without a word: what a copy of its files holds while it is open.
void leave_dead_run(const Stage& stage) {
  const auto life = stage.folder / "life";
  std::filesystem::create_directory(life);
  {
    const Stage there{life, stage.log, stage.expected};
    auto options = quiet_options(Durability::commit, Codec::blosc);
    auto session = session_of(there, options);
    one_run(session, kThirdOfAShard, 4);
    session.flush();
    for (const auto& entry : std::filesystem::directory_iterator(life))
      std::filesystem::copy(entry.path(), stage.folder / entry.path().filename(), std::filesystem::copy_options::recursive);
  }
  std::filesystem::remove_all(life);
  stage.expected.runs[0].closed = {};
}

void recover(const Stage& stage) { RunWriter(stage.database(), quiet_options(Durability::commit, Codec::none)).close(); }

/// The same without a writer.
void recover_alone(const Stage& stage) {
  if (!recover_beamtime(stage.database()).complete()) throw std::runtime_error("recovery is not complete");
}

/// A beamtime of version 1, as the Python package made them, with one run.
void make_version_1(const Stage& stage) {
  auto& run = stage.expected.runs.emplace_back();
  run = {std::string(32, 'a'), {{"primary", {}, {0, 0}}}, {0, 0}, {0, 0}};
  test::RawDatabase database(stage.database());
  migrate_beamtime_schema(database.handle(), 1);
  database.query(
      "INSERT INTO samples(id, name) VALUES(1, 'old'); INSERT INTO runs(uid, sample_id, plan_name, time_start, time_stop, exit_status, "
      "num_events) VALUES('" +
      run.uid + "', 1, 'count', 1.0, 2.0, 'success', 3)");
  database.query("INSERT INTO streams(uid, run_uid, name, data_keys, time_created) VALUES('s', '" + run.uid + "', 'primary', '{}', 1.0)");
  for (int i = 1; i <= 3; ++i) {
    const auto number = std::to_string(i);
    database.query("INSERT INTO events(uid, stream_uid, seq_num, time, data) VALUES('e" + number + "', 's', " + number +
                   ", 1.5, '{\"x\": " + number + ".5}')");
    run.streams[0].events.push_back({"e" + number, i + 0.5, {}, {0, 0}});
  }
}

void migrate(const Stage& stage) { (void)migrate_beamtime_file(stage.database()); }

void record_two(const Stage& stage) {
  auto session = session_of(stage, quiet_options(Durability::commit, Codec::none));
  for (int i = 0; i < 2; ++i) {
    one_run(session, kSmall, 1);
    session.close_run();
  }
  session.close();
}

void back_up(const Stage& stage) { (void)back_up_beamtime(stage.database(), stage.folder / "copy"); }

/// Two runs, of which the copy has the first.
void record_and_back_up(const Stage& stage) {
  auto session = session_of(stage, quiet_options(Durability::commit, Codec::none));
  for (int i = 0; i < 2; ++i) {
    one_run(session, kSmall, 1);
    session.close_run();
    if (i == 0) back_up(stage);
  }
  session.close();
}

/// From the first backup on the copy holds a sound beamtime; the next backup makes it whole.
std::vector<std::string> check_copy(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  const auto note = [&](const Fault& fault) {
    if (fault.severity == Severity::fault) out.push_back("the copy: " + fault.kind + ": " + fault.message);
  };
  VerifyOptions thorough;
  thorough.frames = true;
  (void)verify_beamtime(folder / "copy" / "data" / "x.db", thorough, note);
  (void)back_up_beamtime(folder / "x.db", folder / "copy");
  if (!check_backup(folder / "copy", {}, note).finished) out.emplace_back("the copy is not finished by another backup");
  return out;
}

void discard(const Stage& stage) {
  stage.expected.runs[0].discarded = true;
  discard_run(stage.database(), stage.expected.runs[0].uid);
}

}  // namespace

const std::vector<Scenario>& point_scenarios() {
  static const std::vector<Scenario> all = {
      {"record-strict", 2, {}, [](const Stage& stage) { record(stage, Durability::strict, Codec::blosc); }},
      {"record-commit", 2, {}, [](const Stage& stage) { record(stage, Durability::commit, Codec::none); }},
      {"record-group", 2, {}, [](const Stage& stage) { record(stage, Durability::group, Codec::gzip); }},
      {"publish", 2, {}, publish},
      {"seal", 2, {}, seal},
      {"share", 2, {}, share},
      {"recover", 2, leave_dead_run, recover},
      {"recover-alone", 2, leave_dead_run, recover_alone},
      {"migrate", 2, make_version_1, migrate},
      {"discard", 2, record_two, discard},
      {"back-up", 2, record_and_back_up, back_up, check_copy},
  };
  return all;
}

}  // namespace resonance::crash
