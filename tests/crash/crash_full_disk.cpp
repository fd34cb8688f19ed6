/// The real thing: a file system of 2 MiB that fills up, a process without file handles, a limit on file sizes. Nothing acknowledged is
/// lost; room is made, and recording goes on: at levels strict and commit in the same run, at group in the next.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "crash/common/settings.hpp"
#include "crash/common/stubborn.hpp"

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;

/// A small file system in memory. Seen by this process only, and gone with it.
class SmallDisk {
 public:
  explicit SmallDisk(fs::path where) : where_(std::move(where)) {
    fs::create_directories(where_);
    if (::mount("crash", where_.c_str(), "tmpfs", 0, "size=2m") != 0) throw std::system_error(errno, std::generic_category(), "mount");
  }
  ~SmallDisk() { ::umount2(where_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  void make_room() const {
    require(::mount("crash", where_.c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0, "remount: {}", std::strerror(errno));
  }

 private:
  fs::path where_;
};

/// Mounts are our own. \return why not; empty when they are
std::string leave_mounts_of_others() {
  if (::unshare(CLONE_NEWNS) != 0) return std::strerror(errno);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return std::strerror(errno);
  return {};
}

WriterPlan plan_of(std::uint64_t seed, Durability level, Codec codec) {
  auto out = WriterPlan::of(seed);
  out.level = level;
  out.codec = codec;
  out.height = 64;
  out.width = 32;
  out.frames_per_chunk = 0;
  out.steps = codec == Codec::none ? 500 : 900;
  return out;
}

std::string words_of(const WriterPlan& plan) { return fmt::format("{}, {}", to_string(plan.level), to_string(plan.codec)); }

void fill(const fs::path& folder, const WriterPlan& plan, bool room_is_made, std::uint64_t seed) {
  const SmallDisk disk(folder);
  const auto database = folder / "x.db";
  StubbornRecorder::Means means;
  means.room_was_made = room_is_made;
  if (room_is_made) means.make_room = [&] { disk.make_room(); };
  StubbornRecorder recorder(database, plan, means);
  recorder.run();
  require(!recorder.troubles().empty(), "{}: 2 MiB were enough", words_of(plan));
  const auto& first = recorder.troubles().front();
  require(first.code == ErrorCode::no_space || plan.level == Durability::group, "{}: a full disk is called {}: {}", words_of(plan),
          to_string(first.code), first.words);
  require(first.words.find(folder.string()) != std::string::npos, "{}: no file is named: {}", words_of(plan), first.words);
  if (!room_is_made) disk.make_room();
  check_afterwards(database, recorder.known(), seed, "published_length");
  const auto& known = recorder.known().front();
  fmt::print("full disk, {}, {}: {} of {} steps acknowledged; first: {}\n", words_of(plan), room_is_made ? "then room" : "for ever",
             known.acknowledged, plan.steps, first.call);
}

/// One soft limit, lowered for as long as it lives.
class LowLimit {
 public:
  LowLimit(__rlimit_resource which, rlim_t limit) : which_(which) {
    ::getrlimit(which_, &before_);
    const rlimit low{std::min(limit, before_.rlim_max), before_.rlim_max};
    require(::setrlimit(which_, &low) == 0, "setrlimit: {}", std::strerror(errno));
  }
  ~LowLimit() { lift(); }
  LowLimit(const LowLimit&) = delete;
  LowLimit& operator=(const LowLimit&) = delete;
  void lift() const { ::setrlimit(which_, &before_); }

 private:
  __rlimit_resource which_;
  rlimit before_{};
};

/// \return how often it was met
std::size_t limited(const fs::path& folder, const WriterPlan& plan, __rlimit_resource which, rlim_t limit, std::uint64_t seed) {
  fs::create_directories(folder);
  const auto before = Belongings::now();
  std::size_t troubles = 0;
  {
    const LowLimit low(which, limit);
    StubbornRecorder::Means means;
    means.make_room = [&] { low.lift(); };
    StubbornRecorder recorder(folder / "x.db", plan, means);
    recorder.run();
    low.lift();
    troubles = recorder.troubles().size();
    for (const auto& trouble : recorder.troubles())
      require(trouble.words.find(folder.string()) != std::string::npos, "{} names no file: {}", trouble.call, trouble.words);
    check_afterwards(folder / "x.db", recorder.known(), seed, "published_length");
  }
  require(Belongings::now() == before, "file handles or threads are left behind");
  fs::remove_all(folder);
  return troubles;
}

void without_handles(const Scratch& scratch, std::uint64_t seed) {
  std::size_t met = 0, clean = 0;
  const auto first = Belongings::now().handles;
  for (rlim_t more = 0; clean < 3; ++more) {
    auto plan = plan_of(mix(seed, more), static_cast<Durability>(more % 3), more % 2 == 0 ? Codec::none : Codec::blosc);
    plan.steps = 12;
    try {
      const auto troubles = limited(scratch / "handles", plan, RLIMIT_NOFILE, first + more, mix(seed, 1, more));
      clean = troubles == 0 ? clean + 1 : 0;
      met += troubles == 0 ? 0 : 1;
    } catch (const std::exception& error) {
      throw Broken(fmt::format("{} file handles, {}: {}", more, words_of(plan), error.what()));
    }
    require(more < 200, "200 file handles are not enough");
  }
  fmt::print("too few file handles: met in {} ways\n", met);
}

void with_small_files(const Scratch& scratch, std::uint64_t seed) {
  ::signal(SIGXFSZ, SIG_IGN);
  std::size_t met = 0;
  for (rlim_t limit = 0; limit < 1200 << 10; limit += 60 << 10) {
    auto plan = plan_of(mix(seed, limit), static_cast<Durability>(limit / (60 << 10) % 3), limit % 7 < 3 ? Codec::none : Codec::blosc);
    plan.steps = 40;
    try {
      met += limited(scratch / "small", plan, RLIMIT_FSIZE, limit, mix(seed, 2, limit)) == 0 ? 0 : 1;
    } catch (const std::exception& error) {
      throw Broken(fmt::format("files of at most {} bytes, {}: {}", limit, words_of(plan), error.what()));
    }
  }
  fmt::print("files may not grow: met in {} ways\n", met);
}

int run(Scratch& scratch, std::uint64_t seed) {
  without_handles(scratch, seed);
  with_small_files(scratch, seed);
  if (const auto why = leave_mounts_of_others(); !why.empty()) {
    fmt::print("SKIPPED: a file system of 2 MiB, which only root may mount: {}\n", why);
    return 0;
  }
  for (const auto level : {Durability::strict, Durability::commit, Durability::group})
    for (const auto codec : {Codec::none, Codec::blosc})
      for (const bool room : {true, false}) fill(scratch / "disk", plan_of(mix(seed, 3), level, codec), room, mix(seed, 4));
  return 0;
}

}  // namespace
}  // namespace resonance::crash

int main(int argc, char** argv) {
  using namespace resonance::crash;
  const Settings settings(argc, argv, "fill a real disk, and take file handles away",
                          {{"seconds=", "again and again for so long; default: once"}, {"seed=", "of what is recorded"}});
  Scratch scratch;
  const auto seed = settings.seed();
  const Clock clock(settings.number("seconds", 0));
  std::uint64_t round = seed;
  int status = 0;
  do status = guarded(scratch, round, "", [&] { return run(scratch, round); });
  while (status == 0 && !clock.over() && (round = mix(round)) != 0);
  return status;
}
