#include "crash/common/settings.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <system_error>

#include "resonance/error.hpp"

namespace resonance::crash {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kRoom = 512ull << 20;  // that memory must have to be worked in

[[noreturn]] void leave(int status, const std::string& words) {
  fmt::print(status == 0 ? stdout : stderr, "{}\n", words);
  std::exit(status);
}

std::string usage(std::string_view program, std::string_view what, const std::map<std::string, std::string>& known) {
  std::string out = fmt::format("{}: {}\n", program, what);
  for (const auto& [name, meaning] : known) out += fmt::format("  --{:<14} {}\n", name.ends_with('=') ? name + "…" : name, meaning);
  return out;
}

fs::path roomy_folder() {
  struct statvfs memory{};
  if (::access("/dev/shm", W_OK) == 0 && ::statvfs("/dev/shm", &memory) == 0 && memory.f_bavail * memory.f_frsize >= kRoom)
    return "/dev/shm";
  return fs::temp_directory_path();
}

}  // namespace

Settings::Settings(int argc, char** argv, std::string_view what_it_does, const std::map<std::string, std::string>& known)
    : program_(fs::path(argv[0]).filename().string()) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help") leave(0, usage(program_, what_it_does, known));
    const auto name = word.starts_with("--") ? word.substr(2) : std::string();
    if (known.contains(name)) {
      given_[name];
    } else if (known.contains(name + "=") && i + 1 < argc) {
      given_[name] = argv[++i];
    } else {
      leave(2, usage(program_, what_it_does, known));
    }
  }
}

std::uint64_t Settings::number(const std::string& name, std::uint64_t otherwise) const {
  const auto found = given_.find(name);
  if (found == given_.end()) return otherwise;
  char* end = nullptr;
  const auto out = std::strtoull(found->second.c_str(), &end, 10);
  if (found->second.empty() || *end != '\0') leave(2, fmt::format("--{} {}: write a number", name, found->second));
  return out;
}

std::string Settings::text(const std::string& name, std::string otherwise) const {
  const auto found = given_.find(name);
  return found == given_.end() ? std::move(otherwise) : found->second;
}

std::uint64_t Settings::seed() const {
  const auto out = has("seed") ? number("seed", 0) : std::uint64_t{std::random_device{}()};
  fmt::print("{}: --seed {}\n", program_, out);
  std::fflush(stdout);
  return out;
}

Scratch::Scratch() : owner_(::getpid()) {
  std::string name = (roomy_folder() / "resonance-crash-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
  path_ = name;
}

Scratch::~Scratch() {
  if (::getpid() != owner_ || keep_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

int guarded(Scratch& scratch, std::uint64_t seed, std::string_view how_to_repeat, int (*work)(void*), void* state) {
  std::string words;
  try {
    return work(state);
  } catch (const Error& error) {
    words = fmt::format("{}: {}", to_string(error.code()), error.what());
  } catch (const std::exception& error) {
    words = error.what();
  }
  scratch.keep();
  fmt::print(stderr, "BROKEN: {}\n  replay: --seed {}{}\n  files:  {}\n", words, seed, how_to_repeat, scratch.path().string());
  return 1;
}

}  // namespace resonance::crash
