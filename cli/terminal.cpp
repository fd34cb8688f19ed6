#include "terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <limits>

#include "output.hpp"
#include "text_layout.hpp"

namespace resonance::cli {

namespace {

std::size_t columns_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool dumb() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) == "dumb";
}

volatile std::sig_atomic_t noted_signal = 0;
void note(int signal) { noted_signal = signal; }

}  // namespace

std::size_t line_width() {
  if (const char* columns = std::getenv("COLUMNS")) {
    char* end = nullptr;
    const unsigned long value = std::strtoul(columns, &end, 10);
    if (end != columns && *end == '\0' && value >= 20 && value < 10000) return value;
  }
  return ::isatty(STDOUT_FILENO) ? columns_of(STDOUT_FILENO) : std::numeric_limits<std::size_t>::max() / 2;
}

bool colours_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) && !dumb() && (no_color == nullptr || *no_color == '\0');
}

std::string painted(std::string_view text, const char* colour, bool colours) {
  if (!colours || *colour == '\0' || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", colour, text);
}

ProgressBar::ProgressBar(std::string label, bool quiet) : label_(safe_text(label)), active_(!quiet && ::isatty(STDERR_FILENO) && !dumb()) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::label(std::string text) { label_ = safe_text(text); }

namespace {

double share(std::uint64_t done, std::uint64_t total) noexcept {
  return total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total);
}

}  // namespace

bool ProgressBar::due() {
  const auto now = std::chrono::steady_clock::now();
  if (!active_ || now - last_ < std::chrono::milliseconds(100)) return false;
  last_ = now;
  return true;
}

void ProgressBar::update(std::uint64_t done, std::uint64_t total) {
  if (due()) draw(fmt::format("{}", done), total > 0 ? fmt::format("{}", total) : "", share(done, total));
}

void ProgressBar::update_bytes(std::uint64_t done, std::uint64_t total) {
  if (due()) draw(human_bytes(done), total > 0 ? human_bytes(total) : "", share(done, total));
}

void ProgressBar::draw(const std::string& done, const std::string& total, double part) {
  constexpr std::size_t kBar = 24;
  const std::size_t width = std::min<std::size_t>(columns_of(STDERR_FILENO), 100);
  std::string behind = " " + done;
  if (!total.empty()) {
    part = std::min(1.0, part);
    const auto full = static_cast<std::size_t>(part * kBar);
    behind = fmt::format(" [{}{}] {:3.0f} %  {}/{}", std::string(full, '#'), std::string(kBar - full, '.'), part * 100, done, total);
  }
  const std::size_t room = width > behind.size() + 1 ? width - behind.size() - 1 : 0;
  tell(fmt::format("\r\x1b[K{}{}", fitted(label_, room), behind));
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) tell("\r\x1b[K");
  drawn_ = false;
}

void note_signals() {
  struct sigaction action{};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction before{};
  const bool ignored = ::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;  // as under nohup
  if (!ignored) ::sigaction(SIGHUP, &action, nullptr);
}

void check_interrupt() {
  if (noted_signal != 0) throw Interrupted{noted_signal};
}

}  // namespace resonance::cli
