// UUID layout of RFC 9562: 48 bits of milliseconds, 4 of version, 12 more, 2 of variant, 62 more. Of the 74 free bits of a
// version 7 uid, 42 are a counter that begins at a random place in every millisecond, and 32 are new random bits each time.
#include "base/uid.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/random.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <system_error>

#include "resonance/error.hpp"

namespace resonance {
namespace {

constexpr std::uint64_t kLastMillisecond = (std::uint64_t{1} << 48) - 1;
constexpr std::uint64_t kLastCount = (std::uint64_t{1} << 42) - 1;

std::uint64_t milliseconds(double time) noexcept {
  if (!(time > 0)) return 0;  // NaN too
  const double value = time * 1000;
  return value < 1e14 ? static_cast<std::uint64_t>(value) : std::uint64_t{100'000'000'000'000};
}

// The free bits are the low 12 of `high12` and the low 62 of `low62`.
std::string format_uuid(std::uint64_t ms, unsigned version, std::uint64_t high12, std::uint64_t low62) {
  const std::uint64_t high = (ms & kLastMillisecond) << 16 | std::uint64_t{version} << 12 | (high12 & 0xFFF);
  const std::uint64_t low = std::uint64_t{0b10} << 62 | (low62 & (~std::uint64_t{0} >> 2));
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (unsigned i = 0; i < 16; ++i) {
    text[i] = kDigits[high >> (60 - 4 * i) & 0xF];
    text[16 + i] = kDigits[low >> (60 - 4 * i) & 0xF];
  }
  return text;
}

class Generator {
 public:
  static Generator& instance() {
    static Generator& generator = *new Generator;  // never destroyed: other static objects may still make uids
    return generator;
  }

  std::string next(std::uint64_t ms) {
    const std::lock_guard lock(mutex_);
    if (ms > ms_) {
      begin(ms);
    } else if (restart_ || count_ == kLastCount) {
      begin(ms_ + 1);
    } else {
      ++count_;
    }
    return format_uuid(ms_, 7, count_ >> 30, (count_ & 0x3FFFFFFF) << 32 | random<std::uint32_t>());
  }

 private:
  Generator() { pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child); }

  void begin(std::uint64_t ms) {
    count_ = random<std::uint64_t>() & (kLastCount >> 1);  // the upper half is room to count in
    ms_ = ms;
    restart_ = false;
  }

  template <typename Number>
  Number random() {
    if (sizeof(Number) > pool_.size() - used_) refill();
    Number value;
    std::memcpy(&value, pool_.data() + used_, sizeof value);
    used_ += sizeof value;
    return value;
  }

  void refill() {
    std::size_t filled = 0;
    while (filled < pool_.size()) {
      const ssize_t got = getrandom(pool_.data() + filled, pool_.size() - filled, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        const int code = errno;
        throw Error(ErrorCode::io, fmt::format("getting random bytes for a uid: {}", std::generic_category().message(code)),
                    {.os_errno = code, .file = {}, .offset = {}, .database = false});
      }
      filled += static_cast<std::size_t>(got);
    }
    used_ = 0;
  }

  // A child would otherwise go on with the parent's counter and random bytes; and another thread may hold the mutex.
  static void before_fork() { instance().mutex_.lock(); }
  static void after_fork_in_parent() { instance().mutex_.unlock(); }
  static void after_fork_in_child() {
    auto& generator = instance();
    generator.used_ = generator.pool_.size();
    generator.restart_ = true;
    generator.mutex_.unlock();
  }

  std::mutex mutex_;  // guards all below
  std::uint64_t ms_ = 0;
  std::uint64_t count_ = 0;
  bool restart_ = true;
  std::array<std::byte, 1024> pool_{};
  std::size_t used_ = sizeof pool_;
};

}  // namespace

std::string new_uid(double now) { return Generator::instance().next(milliseconds(now)); }

std::string content_uid(double time, std::span<const std::byte> content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return format_uuid(milliseconds(time), 8, hash.high64, hash.low64);
}

}  // namespace resonance
