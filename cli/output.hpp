/// Where results go: standard output, or a file that appears whole or not at all.
///
/// Every write is checked: a result that did not arrive is an error and never a silent success.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace resonance::cli {

/// The reader of standard output has gone away (`| head`): nothing is wrong, and nothing more is to be done.
struct BrokenPipe {};

/// Text on standard error, at once. That it cannot be written changes nothing: the exit status says what it says.
void tell(std::string_view text) noexcept;

/// A standard file that the caller closed stays one that cannot be read or written; else the next file opened would be it.
void occupy_standard_files() noexcept;

class Output {
 public:
  Output() = default;                                  ///< standard output
  explicit Output(const std::filesystem::path& path);  ///< a file; made beside its place and renamed by close()
  ~Output();                                           ///< throws away what was not closed
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// \throws BrokenPipe; Error(io, no_space)
  void write(std::string_view text);
  void write(std::span<const std::byte> bytes);
  void flush();
  void close();  ///< flush, and put the file in its place

  [[nodiscard]] bool terminal() const;

 private:
  void write_all(std::string_view text);
  [[noreturn]] void fail(int error) const;

  int fd_ = 1;
  std::filesystem::path path_, temporary_;  // both empty for standard output; no temporary for pipes and devices
  std::string buffer_;
};

}  // namespace resonance::cli
