/// What the tests of backups share.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "resonance/backup.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance::backup_test {

using namespace record_test;

struct Found {
  BackupReport report;
  std::vector<Fault> faults, notes;
};

inline void sort_in(Found& found, const Fault& fault) {
  EXPECT_FALSE(fault.message.empty());
  (fault.severity == Severity::fault ? found.faults : found.notes).push_back(fault);
}

inline Found back_up(const fs::path& database, const fs::path& folder, std::shared_ptr<io::FileSystem> files = nullptr) {
  Found out;
  BackupOptions options;
  options.tell = [&](const Fault& fault) { sort_in(out, fault); };
  options.file_system = std::move(files);
  out.report = back_up_beamtime(database, folder, options);
  EXPECT_EQ(out.report.num_faults, out.faults.size());
  EXPECT_EQ(out.report.num_notes, out.notes.size());
  return out;
}

/// The kinds of faults that checking finds, frames included; none for a good backup.
inline std::vector<std::string> faults_in(const fs::path& folder) {
  std::vector<std::string> out;
  CheckBackupOptions options;
  options.frames = true;
  const auto report = check_backup(folder, options, [&](const Fault& fault) {
    if (fault.severity == Severity::fault) out.push_back(fault.kind + ": " + fault.message);
  });
  EXPECT_EQ(report.num_faults, out.size());
  return out;
}

/// A writer that records a run with frames, with shards of 1 MiB.
struct Recording {
  explicit Recording(const fs::path& database, RunWriterOptions options = {}) : writer(database, with_small_shards(std::move(options))) {
    uid = writer.open_run("scan");
    writer.open_stream("primary", Json::object({{"x", number_key("motor")}, {"ccd", image_key("camera", 64, 64, DType::uint16)}}));
  }
  static RunWriterOptions with_small_shards(RunWriterOptions options) {
    options.frames.shard_bytes = 1 << 20;
    return options;
  }
  static Frame frame(unsigned number) { return make_frame(64, 64, DType::uint16, number); }

  void write(unsigned events) {
    for (; events > 0; --events, ++written) {
      const auto pixels = frame(written);
      writer.write_event("primary", event_with(x_is(written), {{"ccd", &pixels}}));
    }
  }

  RunWriter writer;
  std::string uid;
  unsigned written = 0;
};

/// The run in the beamtime has these events, and each its frame.
inline void expect_run(const fs::path& database, const std::string& uid, unsigned events) {
  const auto run = Catalog(database).run(uid);
  const auto images = run.images("ccd");
  EXPECT_EQ(run.table().rows, events);
  ASSERT_EQ(images.size(), events);
  for (unsigned i = 0; i < events; ++i) ASSERT_EQ(images[i].bytes, Recording::frame(i).bytes) << i;
}

/// A closed beamtime of two runs.
inline std::string record_two_runs(const fs::path& database) {
  std::string last;
  for (int i = 0; i < 2; ++i) {
    Recording recording(database);
    recording.write(5);
    recording.writer.close_run();
    last = recording.uid;
  }
  return last;
}

}  // namespace resonance::backup_test
