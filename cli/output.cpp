#include "output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "resonance/error.hpp"
#include "text_layout.hpp"

namespace resonance::cli {

namespace {
constexpr std::size_t kBufferBytes = 64 * 1024;
}

void tell(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void occupy_standard_files() noexcept {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)  // open() takes the lowest one that is free
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

Output::Output(const std::filesystem::path& path) : path_(path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  const bool replace = !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
  if (replace) {
    // A link stays a link: what it points at is replaced.
    const auto real = std::filesystem::weakly_canonical(path, error);
    if (!error) path_ = real;
    temporary_ = path_;
    temporary_ += fmt::format(".{}.tmp", ::getpid());
  }
  fd_ = ::open((replace ? temporary_ : path_).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_EXCL : 0), 0666);
  if (fd_ < 0) {
    const int code = errno;
    temporary_.clear();
    fail(code);
  }
}

Output::~Output() {
  if (path_.empty()) return;
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void Output::write(std::string_view text) {
  if (buffer_.size() + text.size() > kBufferBytes) flush();
  if (text.size() >= kBufferBytes) {
    write_all(text);
  } else {
    buffer_ += text;
  }
}

void Output::write(std::span<const std::byte> bytes) { write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())); }

void Output::flush() {
  const std::string pending = std::move(buffer_);
  buffer_.clear();
  write_all(pending);
}

void Output::close() {
  flush();
  if (path_.empty()) return;
  const int fd = fd_;
  fd_ = -1;
  if (::close(fd) != 0) fail(errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  temporary_.clear();
}

bool Output::terminal() const { return ::isatty(fd_) != 0; }

void Output::write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      throw BrokenPipe{};
    } else if (errno != EINTR) {
      fail(errno);
    }
  }
}

void Output::fail(int error) const {
  // Of a redirected standard output we know neither file nor disk: that is the system's "no", whatever its reason.
  const bool full = (error == ENOSPC || error == EDQUOT) && !path_.empty();
  const std::string where = path_.empty() ? "standard output" : safe_text(path_.string());
  throw Error(full ? ErrorCode::no_space : ErrorCode::io, fmt::format("writing {}: {}", where, std::strerror(error)),
              ErrorDetail{.os_errno = error, .file = path_, .offset = {}});
}

}  // namespace resonance::cli
