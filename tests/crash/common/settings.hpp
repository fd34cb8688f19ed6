/// What every crash program shares: its options, where it works, and how it fails.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace resonance::crash {

/// What ctest takes for "skipped".
inline constexpr int kSkipped = 77;

/// Nothing was broken, but there was too little time: something that should have been looked at was not.
inline constexpr int kTooShort = 3;

/// A promise that was not kept.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class... Values>
void require(bool kept, fmt::format_string<Values...> words, Values&&... values) {
  if (!kept) throw Broken(fmt::format(words, std::forward<Values>(values)...));
}

/// `--name value` and `--name`, as they were given; those that a program does not know are refused.
class Settings {
 public:
  /// \param known option → what it means, for --help; names that end in '=' take a value
  Settings(int argc, char** argv, std::string_view what_it_does, const std::map<std::string, std::string>& known);

  [[nodiscard]] bool has(const std::string& name) const { return given_.contains(name); }
  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise) const;
  [[nodiscard]] std::string text(const std::string& name, std::string otherwise = {}) const;
  /// The one that was given, else a new one; printed either way, so that a failure can be played again.
  [[nodiscard]] std::uint64_t seed() const;

 private:
  std::string program_;
  std::map<std::string, std::string> given_;
};

/// When to stop: after --seconds, if they were given.
class Clock {
 public:
  explicit Clock(std::optional<std::uint64_t> seconds) : seconds_(seconds) {}
  [[nodiscard]] double elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
  [[nodiscard]] bool over() const { return over(0, 1); }
  /// Of `parts` that have their turns one after the other: part number `part` (from 0) has used up its share, and those before it theirs.
  [[nodiscard]] bool over(std::size_t part, std::size_t parts) const {
    return seconds_ && elapsed() * static_cast<double>(parts) >= static_cast<double>(*seconds_ * (part + 1));
  }
  [[nodiscard]] bool limited() const noexcept { return seconds_.has_value(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::optional<std::uint64_t> seconds_;
};

/// A folder in memory when the machine has one (/dev/shm) and it is large enough, else where temporary files go; removed at the end.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  void keep() noexcept { keep_ = true; }  ///< for whoever looks into a failure

 private:
  std::filesystem::path path_;
  int owner_ = 0;  // the process that made it; its children leave it alone
  bool keep_ = false;
};

/// Run a program's `work`, say what was broken and leave with 1 then. An Error that nobody expected is broken, too.
int guarded(Scratch& scratch, std::uint64_t seed, std::string_view how_to_repeat, int (*work)(void*), void* state);

template <class Work>
int guarded(Scratch& scratch, std::uint64_t seed, std::string_view how_to_repeat, Work&& work) {
  return guarded(scratch, seed, how_to_repeat, [](void* state) { return (*static_cast<std::remove_reference_t<Work>*>(state))(); }, &work);
}

/// A number from others: the same for equal ones, unlike for others.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) noexcept {
  const auto round = [](std::uint64_t x) {
    x += 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
  };
  return round(round(round(a) + b) + c);
}

/// Random numbers that are the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() noexcept { return mix(seed_step()); }
  std::uint64_t below(std::uint64_t limit) noexcept { return next() % limit; }
  bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

 private:
  std::uint64_t seed_step() noexcept { return state_ += 0x9E3779B97F4A7C15ull; }
  std::uint64_t state_;
};

}  // namespace resonance::crash
