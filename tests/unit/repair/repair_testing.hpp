/// What the tests of repairing share: a small beamtime, ways to damage it, and what must be true whatever the damage.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "resonance/repair.hpp"
#include "schema/event_checksum.hpp"
#include "support/raw_database.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance::repair_test {

using namespace record_test;
using test::RawDatabase;

struct Repaired {
  RepairReport report;
  std::vector<RepairFinding> findings;

  [[nodiscard]] bool has(Outcome outcome, const std::string& kind) const {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const auto& finding) { return finding.outcome == outcome && finding.kind == kind; });
  }
  [[nodiscard]] std::string words() const {
    std::string out;
    for (const auto& finding : findings)
      out += std::string(to_string(finding.outcome)) + " " + finding.kind + ": " + finding.message + "\n";
    return out;
  }
};

/// Size, bytes, inode and time of change of everything in a folder, but for the lock file.
struct FileState {
  std::string bytes;
  ino_t inode = 0;
  timespec changed{};
  bool operator==(const FileState& other) const {
    return bytes == other.bytes && inode == other.inode && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};

inline std::map<std::string, FileState> state_of(const fs::path& folder) {
  std::map<std::string, FileState> out;
  for (const auto& [path, bytes] : contents(folder)) {
    if (path.ends_with("-lock")) continue;
    struct stat info{};
    ::stat(path.c_str(), &info);
    out[path] = {bytes, bytes == "folder" ? 0 : info.st_ino, bytes == "folder" ? timespec{} : info.st_mtim};
  }
  return out;
}

inline void change_bytes(const fs::path& path, std::uint64_t at, std::string_view bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

inline std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void run_sql(const fs::path& database, const std::string& sql) {
  RawDatabase raw(database);
  raw.query(sql);
}

/// Two closed runs: "first" with frames of 32 rows and 40 columns, 40 events, and "second", which no test damages.
class RepairBeamtime : public testing::Test {
 protected:
  static constexpr unsigned kEvents = 40;

  static Frame frame(unsigned seed) { return make_frame(32, 40, DType::uint16, seed); }

  void record(Codec codec = Codec::blosc, unsigned events = kEvents, std::uint64_t frames_per_chunk = 1) {
    RunWriterOptions options;
    options.frames.codec = codec;
    options.frames.frames_per_chunk = frames_per_chunk;
    options.frames.shard_bytes = 1 << 20;
    RunWriter writer(database, options);
    for (auto* uid : {&first, &second}) {
      *uid = writer.open_run(uid == &first ? "first" : "second");
      writer.open_stream("primary", Json::object({{"x", number_key("motor", "mm")}, {"ccd", image_key("camera", 32, 40, DType::uint16)}}));
      for (unsigned i = 0; i < events; ++i) {
        const auto pixels = frame(i);
        writer.write_event("primary", event_with(x_is(i), {{"ccd", &pixels}}));
      }
      writer.close_run();
    }
    writer.close();
  }

  void add_event_checksums() {
    std::string sql;
    {
      RawDatabase raw(database);
      for (const auto& stream : raw.query("SELECT uid FROM streams")) {
        sqlite::Connection connection(database, sqlite::Access::read);
        auto select = connection.prepare("SELECT uid, seq_num, time, data, timestamps FROM events WHERE stream_uid = ? ORDER BY seq_num");
        select.bind(1, stream[0]);
        std::uint32_t sum = 0;
        std::int64_t last = 0;
        while (select.step()) {
          last = select.int64(1);
          sum = schema::event_checksum({select.text(0), last, select.real(2), select.text(3), select.text(4)}, sum);
        }
        sql += "INSERT OR REPLACE INTO event_checksums VALUES('" + stream[0] + "', 1, " + std::to_string(last) + ", " +
               std::to_string(sum) + ");";
      }
    }
    run_sql(database, "DELETE FROM event_checksums; " + sql);
  }

  fs::path array(const std::string& run) const { return folder / "x.zarr/runs" / run / "ccd"; }
  fs::path shard(const std::string& run, int number = 0) const { return array(run) / "c" / std::to_string(number) / "0/0"; }
  std::uint64_t index_bytes(const std::string& run) const {
    const bool raw = text(database, "SELECT codec FROM frame_stores") == "none";
    return static_cast<std::uint64_t>(count(database, "SELECT chunks_per_shard FROM frame_stores WHERE run_uid = '" + run + "'")) * 16 +
           (raw ? 4 : 0);
  }
  fs::path new_shard(const std::string& run, int number = 0) const {
    return folder / "x.repaired.zarr/runs" / run / "ccd/c" / std::to_string(number) / "0/0";
  }

  Repaired repair(RepairOptions options = {}) {
    Repaired out;
    const auto before = state_of(folder.path());
    out.report = repair_beamtime(database, options, [&](const RepairFinding& finding) { out.findings.push_back(finding); });
    for (const auto& [path, state] : before) {
      const auto now = state_of(folder.path());
      EXPECT_TRUE(now.contains(path) && now.at(path) == state) << path << " of the damaged beamtime was changed";
    }
    EXPECT_EQ(out.report.verified.num_faults, 0) << out.words();
    for (const auto& [path, state] : state_of(folder.path())) EXPECT_EQ(path.find("x.repaired.partial"), std::string::npos) << path;
    if (!out.report.sound) expect_clean(out);
    return out;
  }

  void expect_clean(const Repaired& out) const {
    VerifyOptions options;
    options.frames = options.full = true;
    const auto report = verify_beamtime(repaired, options, [&](const Fault& fault) {
      if (fault.severity == Severity::fault) ADD_FAILURE() << fault.kind << ": " << fault.message << "\n" << out.words();
    });
    EXPECT_EQ(report.num_faults, 0);
  }

  /// All events and all frames that are left of a run, compared with what was recorded.
  void expect_run(const std::string& uid, unsigned events, const std::set<unsigned>& lost_frames = {}) const {
    const Catalog catalog(repaired);
    const auto run = catalog.run(uid);
    ASSERT_EQ(run.summary().num_events, events);
    const auto images = run.images("ccd");
    ASSERT_EQ(images.size(), events - lost_frames.size());
    std::size_t at = 0;
    for (unsigned i = 0; i < events; ++i)
      if (!lost_frames.contains(i)) {
        EXPECT_EQ(images[at++].bytes, frame(i).bytes) << "frame " << i;
      }
  }

  void expect_untouched(const std::string& run) const {
    for (const auto& entry : fs::recursive_directory_iterator(folder / "x.zarr/runs" / run)) {
      if (!entry.is_regular_file()) continue;
      const auto twin = folder / "x.repaired.zarr" / entry.path().lexically_relative(folder / "x.zarr");
      EXPECT_TRUE(fs::equivalent(entry.path(), twin)) << twin << " is not the same file";
    }
  }

  TemporaryFolder folder;
  fs::path database = folder / "x.db", repaired = folder / "x.repaired.db";
  std::string first, second;
};

}  // namespace resonance::repair_test
