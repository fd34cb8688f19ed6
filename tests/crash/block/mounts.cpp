#include "crash/block/mounts.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace resonance::crash {

namespace {

[[noreturn]] void fail(const std::string& doing) { throw std::system_error(errno, std::generic_category(), doing); }

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {
    if (number_ < 0) fail("opening " + path);
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace

void use_own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) fail("mounts of one's own");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("mounts of one's own");
}

LoopDevice::LoopDevice(const std::filesystem::path& file) {
  const Descriptor control("/dev/loop-control", O_RDWR);
  const Descriptor backing(file.string(), O_RDWR);
  for (int attempt = 0; attempt < 100; ++attempt) {  // others look for a free one, too
    const int number = ::ioctl(control.number(), LOOP_CTL_GET_FREE);
    if (number < 0) fail("finding a loop device");
    path_ = "/dev/loop" + std::to_string(number);
    device_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    if (device_ < 0) fail("opening " + path_);
    loop_config config{};
    config.fd = static_cast<unsigned>(backing.number());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (::ioctl(device_, LOOP_CONFIGURE, &config) == 0) return;
    const int error = errno;
    ::close(std::exchange(device_, -1));
    errno = error;
    if (error != EBUSY) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  fail("setting up " + path_);
}

LoopDevice::~LoopDevice() { ::close(device_); }

Ext4Mount::Ext4Mount(const LoopDevice& device, std::filesystem::path folder, const std::string& options) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  if (::mount(device.path().c_str(), folder_.c_str(), "ext4", 0, options.c_str()) != 0) fail("mounting " + device.path());
}

Ext4Mount::~Ext4Mount() {
  for (int attempt = 0; ::umount(folder_.c_str()) != 0 && errno == EBUSY && attempt < 100; ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void run_program(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("this failed: " + command);
}

}  // namespace resonance::crash
