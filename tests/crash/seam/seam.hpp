/// One seam under everything that writes: the system calls themselves.
///
/// A program that links this has its own open, pwrite, ftruncate, fdatasync, rename, unlink, mkdir and so on, which pass on to
/// the C library and tell an observer before and after. So SQLite, the frame store, locks and copies past the page cache all
/// go into one order, and no code path can be forgotten: what is not a system call does not reach a disk.
///
/// What the C library itself opens (stdio) goes past it; the library under test keeps no data that way. Only files below one watched
/// folder are told. SQLite's `-shm` files are left out: they are memory, not data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace resonance::crash {

enum class Kind : std::uint8_t { create, write, truncate, sync, sync_folder, rename, unlink, make_folder };
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;

/// One call that changes what is on disk. Paths are relative to the watched folder; the folder itself is "".
struct Operation {
  Kind kind = Kind::write;
  std::uint64_t file = 0;    ///< the file or folder: a number that stays with it through renames and is never given again; 0: not made yet
  std::string path = {};     ///< how it is called now; for a rename: afterwards
  std::string from = {};     ///< rename: how it was called
  std::uint64_t offset = 0;  ///< write: where; truncate: the new length
  std::span<const std::byte> bytes = {};  ///< write: what; valid during the call
};

/// What is to become of an operation.
struct Verdict {
  int error = 0;                  ///< not 0: it does not happen, and fails with this errno
  bool pretend = false;           ///< it does not happen, and is said to have succeeded
  std::uint64_t at_most = ~0ull;  ///< write: only that many bytes, which the caller is told
};

/// Sees the operations, one at a time, in their order. May end the process with _exit().
/// What an observer itself does to files is not told.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual Verdict before(const Operation&) { return {}; }
  /// `error`: the errno it failed with, or 0. Of a short write, `bytes` are those that were written.
  virtual void after(const Operation&, int /*error*/) {}
};

/// Watches a folder as long as it lives. One at a time. The folder is number 1, files that are there follow in the order of their paths.
class Watch {
 public:
  Watch(const std::filesystem::path& folder, Observer& observer);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
};

/// The number of a file or folder below the watched one; 0 when it has none.
[[nodiscard]] std::uint64_t number_of(const std::string& relative_path);

/// Runs `work` where no operation can come in between: acknowledgements are put into the order of the operations so.
void between_operations(void (*work)(void*), void* context);
template <class Work>
void between_operations(Work&& work) {
  between_operations([](void* context) { (*static_cast<std::remove_reference_t<Work>*>(context))(); }, &work);
}

}  // namespace resonance::crash
