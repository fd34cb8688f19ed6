/// The folder that a backup is written to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/file_records.hpp"
#include "archive/teller.hpp"
#include "base/worker_pool.hpp"
#include "io/file_lock.hpp"
#include "io/file_system.hpp"
#include "io/store_folder.hpp"

namespace resonance::archive {

/// Files appear in it under their names when they are complete and synced; what is finished is noted in a journal, whose
/// existence says that the backup is not finished. One process at a time.
class Destination {
 public:
  /// Make the folder, or go on in it. \throws Error(invalid_argument) not empty and no backup of this beamtime; Error(busy)
  Destination(std::shared_ptr<io::FileSystem> files, const std::filesystem::path& folder, std::string beamtime);

  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  /// What an earlier backup put there and this one has not dealt with yet; nothing when the file is gone or has another length.
  [[nodiscard]] const FileRecord* earlier(std::string_view path) const;
  /// It stays as it is.
  void keep(const std::string& path);

  using Progress = std::function<void(std::uint64_t bytes)>;  ///< so many more are read
  /// The first bytes of a file, and `tail` behind them, as `record.path`; the record's length and SHA-256 are filled in.
  void copy(const io::StoreFile& source, std::uint64_t bytes, std::span<const std::byte> tail, FileRecord record, const Progress& progress);
  void put(std::string_view text, FileRecord record);
  /// A complete file of this folder gets its name.
  void adopt(const std::filesystem::path& file, FileRecord record);
  /// A name for such a file, in a folder that is there.
  [[nodiscard]] std::filesystem::path partial_place(const std::string& path);

  /// Names on stable storage, then into the journal. Done by itself from time to time.
  void settle();
  /// Paths that this backup has not dealt with.
  [[nodiscard]] std::vector<FileRecord> left_over() const;
  /// Write manifests and bag-info.txt, remove what is left over, and call it finished.
  /// Files in it that are not ours stay, and are told of.
  void finish(double time, Teller& teller);
  /// Leave it as it was found, when nothing was put into it.
  void abandon();

  [[nodiscard]] std::uint64_t files() const noexcept { return current_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t files_copied() const noexcept { return files_copied_; }
  [[nodiscard]] std::uint64_t bytes_copied() const noexcept { return bytes_copied_; }

 private:
  void open(const std::string& beamtime);
  void require_no_link(const std::string& path) const;
  std::filesystem::path place_of(const std::string& path);
  void finished(FileRecord record);
  void add(FileRecord record);
  std::string write_tag_file(std::string_view name, const std::string& text);

  std::shared_ptr<io::FileSystem> files_;  // shared with the caller, who may inject faults
  std::filesystem::path folder_;
  const std::string beamtime_;
  std::optional<io::LockFile> lock_;
  std::optional<Journal> journal_;
  bool resumed_ = false;  // an earlier backup did not come to its end
  FileRecords earlier_, current_;
  std::filesystem::path last_parent_;  // made and looked at
  std::vector<FileRecord> pending_;    // finished, but not in the journal
  std::set<std::filesystem::path> pending_folders_;
  std::uint64_t pending_bytes_ = 0;
  std::uint64_t bytes_ = 0, files_copied_ = 0, bytes_copied_ = 0;
  WorkerPool pool_{1};
  std::vector<std::byte> buffer_, next_buffer_;
};

}  // namespace resonance::archive
