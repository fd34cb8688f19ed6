/// What a terminal can do: width, colours, a progress bar. And how Ctrl-C stops work cleanly.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace resonance::cli {

inline constexpr const char* kBold = "\x1b[1m";
inline constexpr const char* kDim = "\x1b[2m";
inline constexpr const char* kRed = "\x1b[31m";
inline constexpr const char* kGreen = "\x1b[32m";
inline constexpr const char* kYellow = "\x1b[33m";
inline constexpr const char* kCyan = "\x1b[36m";

/// Columns of a line on standard output: $COLUMNS, else the terminal's; no limit when it is no terminal.
[[nodiscard]] std::size_t line_width();
/// Standard output is a terminal, it is not "dumb", and $NO_COLOR is not set.
[[nodiscard]] bool colours_wanted();
[[nodiscard]] std::string painted(std::string_view text, const char* colour, bool colours);

/// A bar on standard error, drawn at most ten times a second, gone when done. Draws nothing where there is no terminal.
class ProgressBar {
 public:
  ProgressBar(std::string label, bool quiet);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void label(std::string text);
  void update(std::uint64_t done, std::uint64_t total);  ///< a total of 0: not known
  void update_bytes(std::uint64_t done, std::uint64_t total);
  void clear();

 private:
  [[nodiscard]] bool due();
  void draw(const std::string& done, const std::string& total, double part);

  std::string label_;
  bool active_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

/// Thrown out of a callback of the library after Ctrl-C, SIGTERM or SIGHUP; the library then closes what it has open.
struct Interrupted {
  int signal;
};

/// From here on Ctrl-C, SIGTERM and the end of the terminal (unless that is ignored) are only noted; a second one ends the process
/// at once.
void note_signals();
/// \throws Interrupted when one was noted
void check_interrupt();

}  // namespace resonance::cli
