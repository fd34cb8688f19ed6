/// The one family of exceptions of Resonance.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace resonance {

/// What kind of failure an Error reports. Each front maps these through one table (src/wire/error_table.cpp).
enum class ErrorCode : int {
  invalid_argument = 1,  ///< the caller's value is wrong
  not_found = 2,         ///< no such run, stream, field, file
  already_exists = 3,    ///< the name is taken
  invalid_state = 4,     ///< closed, or no run is open
  busy = 5,              ///< another process writes
  corrupt = 6,           ///< bytes contradict the format
  unsupported = 7,       ///< newer format, unknown codec, no migration path
  no_space = 8,          ///< the disk or the quota is full
  io = 9,                ///< the operating system said no
  internal = 10,         ///< a bug of ours
};

/// Where an error happened, as far as it is known.
struct ErrorDetail {
  int os_errno = 0;                     ///< errno of the failing call; 0 when none
  std::filesystem::path file;           ///< the file concerned; empty when none
  std::optional<std::uint64_t> offset;  ///< byte offset in that file
  bool database = false;                ///< true when SQLite reported it
};

/// Everything the library throws on purpose.
///
/// `what()` reads from the outermost action inwards: "reading frame 17 of runs/…/ccd: decoding chunk 17: zstd: …".
/// A layer prepends what it was doing with add_context() and rethrows with `throw;`, so code and detail stay as they were.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string message, ErrorDetail detail = {});

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const ErrorDetail& detail() const noexcept { return detail_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

  /// Prepend "doing: " to the message.
  void add_context(std::string_view doing);

 private:
  ErrorCode code_;
  std::string message_;
  ErrorDetail detail_;
};

/// The code's name as written in documentation and JSON ("invalid_argument").
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

}  // namespace resonance
