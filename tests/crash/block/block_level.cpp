/// Power loss below a real file system: a disk that notes each write and each flush, ext4 on it, a writer on that. Images are all
/// that was flushed and any part of the rest; ext4 mounts each, and the beamtime is recovered and compared (README.md).
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

#include "crash/block/fuse_disk.hpp"
#include "crash/block/mounts.hpp"
#include "crash/model/images.hpp"
#include "crash/model/options.hpp"
#include "crash/model/session.hpp"
#include "support/child.hpp"

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::uint64_t kDiskBytes = 48 << 20;

/// Two runs with pauses in which ext4 writes on its own account.
void record(const fs::path& folder, Durability level, const BlockLog& log, Expected& expected) {
  auto options = quiet_options(level, level == Durability::strict ? Codec::blosc : Codec::none);
  options.sync_interval = milliseconds(150);
  Session session(folder / "x.db", options, log, expected);
  for (int run = 0; run < 2; ++run) {
    session.open_run();
    session.open_stream("primary", {{"ccd", 256, 128}, {"cam", 16, 16}});
    for (int i = 0; i < 20; ++i) {
      session.event("primary", {{"ccd", 256, 128}, {"cam", 16, 16}});
      if (i % 3 == 0) std::this_thread::sleep_for(milliseconds(40));
      if (i % 7 == 6 && run == 0) session.sync();
    }
    if (run == 0) session.close_run();
  }
}

class BlockLevel {
 public:
  explicit BlockLevel(const Options& options) : options_(options), random_(options.seed) {}

  int run() {
    fmt::print("seed {}\n", options_.seed);
    for (int round = 0; more(); ++round) one_recording(round % 2 == 0 ? Durability::commit : Durability::strict);
    fmt::print("{} images in {:.1f} s, {} with faults\n", images_, clock_.elapsed(), failures_);
    return failures_ > 0 ? 1 : images_ == 0 ? kTooShort : 0;
  }

 private:
  static constexpr std::uint64_t kImagesOfOneRecording = 60;

  [[nodiscard]] bool more() const { return (options_.images == 0 || images_ < options_.images) && !clock_.over() && failures_ < 10; }

  /// How ext4 is mounted: each brings bytes and names to the disk in another order.
  std::string mount_options() {
    static constexpr const char* kinds[] = {"data=ordered", "data=ordered,nodelalloc", "data=writeback,noauto_da_alloc",
                                            "data=ordered,noauto_da_alloc"};
    return fmt::format("{},commit=1", kinds[random_() % std::size(kinds)]);
  }

  void one_recording(Durability level) {
    BlockLog log(kDiskBytes);
    const auto options = mount_options();
    const auto file = room_.path() / "expected";
    {
      fs::create_directories(room_.path() / "fuse");
      const FuseDisk disk(log, room_.path() / "fuse");
      run_program(fmt::format("mkfs.ext4 -q -F -b 4096 -J size=4 {}", disk.file().string()));
      made_ = log.position();
      const LoopDevice device(disk.file());
      const Ext4Mount mount(device, room_.path() / "mount", options);
      const int status = test::in_child([&] {
        Recording recording;
        record(mount.folder(), level, log, recording.expected);
        save_recording(recording, file);
        return 0;
      });
      if (status != 0) throw std::runtime_error("the recording child failed");
    }
    Recording recording;
    load_recording(file, recording);
    fmt::print("{} with {}: {} writes and flushes\n", to_string(level), options, log.position() - made_);
    std::fflush(stdout);
    for (std::uint64_t i = 0; i < kImagesOfOneRecording && more(); ++i) one_image(log, recording.expected, options);
  }

  /// All up to the last flush, and of what came behind it any part. Blocks of 4 KiB are whole: ext4 itself asks for that.
  SparseFile disk_at(const BlockLog& log, std::uint64_t position, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    SparseFile out;
    out.resize(kDiskBytes);
    std::uint64_t flushed = 0;
    for (std::uint64_t i = 0; i < position; ++i)
      if (log.entry(i).bytes == 0) flushed = i;
    const auto kept = random() % 4;  // of four writes
    for (std::uint64_t i = 0; i < position; ++i) {
      const auto& entry = log.entry(i);
      auto offset = entry.offset;
      for (auto bytes = log.data(entry); !bytes.empty();) {
        const auto part = i < flushed ? bytes.size() : std::min<std::size_t>(bytes.size(), SparseFile::kPage - offset % SparseFile::kPage);
        if (i < flushed || random() % 4 <= kept) out.write(offset, bytes.first(part));
        bytes = bytes.subspan(part);
        offset += part;
      }
    }
    return out;
  }

  void one_image(const BlockLog& log, const Expected& expected, const std::string& options) {
    const auto position = std::uniform_int_distribution<std::uint64_t>(made_, log.position())(random_);
    const auto seed = random_();
    disk_at(log, position, seed).save(room_.path() / "disk");
    auto faults = check_disk(expected, {position, Death::power}, options);
    ++images_;
    if (faults.empty()) return;
    ++failures_;
    const auto kept = fs::temp_directory_path() / fmt::format("crash-block-{}-{}.ext4", options_.seed, images_);
    disk_at(log, position, seed).save(kept);
    fmt::print("\nbehind entry {} of {}, mounted with {}\n", position, log.position(), options);
    for (const auto& fault : faults) fmt::print("  {}\n", fault);
    fmt::print("  the disk as it was left: {}\n", kept.string());
  }

  std::vector<std::string> check_disk(const Expected& expected, const Crash& crash, const std::string& options) {
    try {
      const LoopDevice device(room_.path() / "disk");
      const Ext4Mount mount(device, room_.path() / "mount", options);
      return check_beamtime(mount.folder() / "x.db", expected, crash, {.again = images_ % 8 == 0, .torn_sectors = false});
    } catch (const std::exception& error) {
      return {error.what()};
    }
  }

  const Options options_;
  std::mt19937_64 random_;
  const Room room_;
  const Clock clock_ = options_.clock();
  std::uint64_t made_ = 0, images_ = 0, failures_ = 0;
};

/// Why this cannot be run here; empty: it can.
std::string obstacle() {
  if (::geteuid() != 0) return "only root may mount";
  if (::access("/dev/fuse", R_OK | W_OK) != 0) return "there is no /dev/fuse to be used";
  if (::access("/dev/loop-control", R_OK | W_OK) != 0) return "there are no loop devices";
  if (std::system("command -v mkfs.ext4 > /dev/null") != 0) return "there is no mkfs.ext4";
  try {
    use_own_mounts();
    BlockLog log(1 << 20);
    const Room room;
    fs::create_directory(room.path() / "fuse");
    const FuseDisk disk(log, room.path() / "fuse");
    const LoopDevice device(disk.file());
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace
}  // namespace resonance::crash

int main(int count, char** arguments) {
  using namespace resonance::crash;
  const auto options = parse_options(count, arguments, "Power loss below ext4, at any write to the disk.", {.images = 120, .seconds = 45});
  if (const auto why = obstacle(); !why.empty()) {
    fmt::print("SKIPPED: the block-level harness cannot run here: {}\n", why);
    return kSkipped;
  }
  try {
    return BlockLevel(options).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "crash_block: {}\n", error.what());
    return 2;
  }
}
