/// Tags and notes: what people say about a run after it began. Also while it is recorded, and by whoever reads it years later.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/types.hpp"

namespace resonance {

class RunListener;  // run_writer.hpp
namespace io {
class FileSystem;
}

struct AnnotationOptions {
  std::chrono::milliseconds busy_timeout{10000};  ///< wait for another process's transaction
  bool allow_network_file_system = false;         ///< write where SQLite's locks cannot be trusted (NFS, SMB, FUSE …)
  std::function<double()> clock;                  ///< seconds since the Unix epoch, UTC; default: the system clock
  std::shared_ptr<RunListener> on_change;         ///< shared; told of a run whose tags or notes changed, after the commit
  std::shared_ptr<io::FileSystem> file_system;    ///< shared by all that test or embed one; default: POSIX
};

/// Write tags and notes into one beamtime.
///
/// A run is named as Catalog::run() takes it. Tags can be taken away again; notes cannot, and cannot be changed: they are a log.
/// Durability  on stable storage when a call returns.
/// Recording   goes on meanwhile, in this process or another: a call holds the beamtime for one short transaction. Files of the
///             Python package get our side tables when they are opened.
/// Threads     any thread may call; calls are serialised. Not usable in a child after fork().
/// Errors      each call may throw Error(io, no_space, busy, corrupt) from below; it has then changed nothing, but when the sync
///             failed: after that nothing more is written (invalid_state).
class Annotations {
 public:
  /// Open the beamtime for writing. \throws Error(not_found) no such file; Error(corrupt) no beamtime; Error(unsupported) newer version
  explicit Annotations(const std::filesystem::path& database, AnnotationOptions options = {});
  ~Annotations();  ///< close(); what goes wrong then loses nothing
  Annotations(Annotations&&) noexcept;
  Annotations& operator=(Annotations&&) noexcept;

  /// \return those that the run did not have
  /// \throws Error(not_found) no such run; Error(invalid_argument) a tag that is no label: 1 to 255 bytes of UTF-8, no control characters
  std::vector<std::string> add_tags(std::string_view run, std::span<const std::string> tags);
  /// \return those that the run had
  std::vector<std::string> remove_tags(std::string_view run, std::span<const std::string> tags);

  /// Append to the run's notes. `text`: up to 64 KiB of UTF-8, lines welcome, not blank, no NUL. `author`: a label, as tags are.
  /// \throws Error(not_found, invalid_argument)
  Note add_note(std::string_view run, std::string_view text, const std::optional<std::string>& author = {});

  /// Release the beamtime. Idempotent.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace resonance
