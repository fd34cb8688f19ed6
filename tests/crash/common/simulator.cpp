#include "crash/common/simulator.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "crash/common/recorder.hpp"
#include "crash/common/settings.hpp"
#include "resonance/error.hpp"

namespace resonance::crash {

namespace {

std::vector<std::string> command_line(const std::filesystem::path& command, const std::filesystem::path& database, Dice& dice) {
  constexpr const char* kLevels[] = {"strict", "commit", "group"};
  constexpr const char* kCodecs[] = {"none", "blosc", "zstd"};
  return {command.string(),
          "simulate",
          database.string(),
          "--live",
          "--json",
          "--runs",
          "6",
          "--events",
          "30",
          "--rate",
          "3000",
          "--shape",
          "12,20",
          "--seed",
          std::to_string(dice.below(1000)),
          "--codec",
          kCodecs[dice.below(3)],
          "--durability",
          kLevels[dice.below(3)]};
}

pid_t start(const std::vector<std::string>& words, int output) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));  // exec takes them so, and only reads them
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(output, STDOUT_FILENO);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

/// What comes out within `time`, or until the end; waits for the first byte for up to 10 s.
std::string read_for(int descriptor, std::chrono::microseconds time) {
  std::string out;
  char buffer[4096];
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd waiting{descriptor, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) return out;
    const auto n = ::read(descriptor, buffer, sizeof buffer);
    if (n <= 0) return out;
    if (out.empty()) deadline = std::chrono::steady_clock::now() + time;
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

/// Whole lines only: half a line is no acknowledgement.
std::vector<SimulatedRun> runs_in(const std::string& lines) {
  std::vector<SimulatedRun> out;
  for (std::size_t begin = 0, end = 0; (end = lines.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const auto line = Json::parse(std::string_view(lines).substr(begin, end - begin));
    const auto& uid = line.at("run").as_string();
    if (out.empty() || out.back().uid != uid) out.push_back({.uid = uid});
    require(line.at("seq_num").as_uint64() == ++out.back().acknowledged, "the command acknowledges event {} of run {} behind {}",
            line.at("seq_num").as_uint64(), uid, out.back().acknowledged - 1);
  }
  return out;
}

std::uint64_t sum_of(const Frame& frame) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < frame.bytes.size(); i += 2) {
    std::uint16_t pixel = 0;
    std::memcpy(&pixel, frame.bytes.data() + i, sizeof pixel);
    out += pixel;
  }
  return out;
}

}  // namespace

void SimulatedRun::check(const Catalog& catalog, bool closed) const {
  const auto run = catalog.run(uid);
  const auto table = run.table();
  const auto images = run.images();
  require(queued || table.rows >= acknowledged, "the command acknowledged {} events of run {}, {} are there", acknowledged, uid,
          table.rows);
  require(images.empty() || images.size() == table.rows, "run {} of the command: {} events, {} frames", uid, table.rows, images.size());
  for (std::uint64_t i = 0; i < table.rows; ++i) {
    require(table["seq_num"].at(i) == Json(i + 1), "run {} of the command: row {} has seq_num {}", uid, i, table["seq_num"].at(i).dump());
    if (images.empty()) continue;
    require(table["counts"].at(i).as_double() == static_cast<double>(sum_of(images[i])),
            "run {} of the command: the pixels of frame {} are not those of its event", uid, i);
  }
  const auto status = run.summary().exit_status;
  require(!closed || status, "run {} of the command is open, though a writer has come since", uid);
}

std::vector<SimulatedRun> simulate_and_kill(const std::filesystem::path& command, const std::filesystem::path& database, std::uint64_t seed,
                                            std::chrono::microseconds after, std::uint64_t& killed) {
  Dice dice(seed);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const auto words = command_line(command, database, dice);
  const pid_t child = start(words, ends[1]);
  ::close(ends[1]);
  auto lines = read_for(ends[0], after);
  ::kill(child, SIGKILL);
  const auto status = wait_for(child);
  lines += read_for(ends[0], after);  // what was on its way
  ::close(ends[0]);
  require(status == -SIGKILL || status == 0, "{} simulate left with {}", command.string(), status);
  killed += status == -SIGKILL ? 1 : 0;
  auto out = runs_in(lines);
  for (auto& run : out) run.queued = words.back() == "group";
  return out;
}

}  // namespace resonance::crash
