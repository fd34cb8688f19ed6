#include "crash/block/fuse_disk.hpp"

#define FUSE_USE_VERSION 31
#include <fuse3/fuse.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace resonance::crash {

namespace {

BlockLog* served = nullptr;  // of the process that serves

bool is_disk(const char* path) { return std::string_view(path) == "/disk"; }

int get_attributes(const char* path, struct stat* out, fuse_file_info*) {
  *out = {};
  if (is_disk(path)) {
    out->st_mode = S_IFREG | 0600;
    out->st_nlink = 1;
    out->st_size = static_cast<off_t>(served->disk().size());
    return 0;
  }
  out->st_mode = S_IFDIR | 0700;
  out->st_nlink = 2;
  return std::string_view(path) == "/" ? 0 : -ENOENT;
}

int open_disk(const char* path, fuse_file_info* info) {
  info->direct_io = 1;  // each write comes here, when it is made
  return is_disk(path) ? 0 : -ENOENT;
}

int read_disk(const char*, char* out, size_t bytes, off_t offset, fuse_file_info*) {
  const auto disk = served->disk();
  const auto begin = std::min<std::size_t>(static_cast<std::size_t>(offset), disk.size());
  const auto part = disk.subspan(begin, std::min(bytes, disk.size() - begin));
  std::memcpy(out, part.data(), part.size());
  return static_cast<int>(part.size());
}

int write_disk(const char*, const char* in, size_t bytes, off_t offset, fuse_file_info*) {
  const auto part = std::as_bytes(std::span(in, bytes));
  return served->write(static_cast<std::uint64_t>(offset), part) ? static_cast<int>(bytes) : -EIO;
}

int flush_disk(const char*, int, fuse_file_info*) { return served->flush() ? 0 : -EIO; }

int serve(const std::filesystem::path& folder) {
  fuse_operations calls{};
  calls.getattr = get_attributes;
  calls.open = open_disk;
  calls.read = read_disk;
  calls.write = write_disk;
  calls.fsync = flush_disk;
  char name[] = "crash_block", option[] = "-odefault_permissions";
  char* words[] = {name, option};
  fuse_args arguments = FUSE_ARGS_INIT(2, words);
  auto* fuse = fuse_new(&arguments, &calls, sizeof calls, nullptr);
  if (fuse == nullptr || fuse_mount(fuse, folder.c_str()) != 0) return 1;
  fuse_loop(fuse);  // on one thread: writes are noted in their order
  return 0;
}

}  // namespace

FuseDisk::FuseDisk(BlockLog& log, const std::filesystem::path& folder) : folder_(folder) {
  server_ = ::fork();
  if (server_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    served = &log;
    ::_exit(serve(folder_));
  }
  struct stat info{};
  for (int i = 0; i < 2000; ++i) {
    if (::stat(file().c_str(), &info) == 0) return;
    if (::waitpid(server_, nullptr, WNOHANG) == server_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw std::runtime_error("FUSE cannot be mounted here");
}

FuseDisk::~FuseDisk() {
  ::umount2(folder_.c_str(), MNT_DETACH);
  ::kill(server_, SIGKILL);
  ::waitpid(server_, nullptr, 0);
}

}  // namespace resonance::crash
