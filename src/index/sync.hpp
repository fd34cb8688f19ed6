/// Bringing an index up to date with what is below its data root.
#pragma once

#include <filesystem>
#include <map>
#include <set>

#include "index/data_root.hpp"
#include "index/index_file.hpp"
#include "index/record_stream.hpp"
#include "resonance/index.hpp"

namespace resonance::index {

/// One pass over a data root. `known_ids`: ids that beamtimes had in an older index, by their path.
class Sync {
 public:
  Sync(const std::filesystem::path& root, IndexFile& index, const SyncOptions& options, std::map<std::string, std::int64_t> known_ids = {});

  SyncReport run();
  /// Beamtimes of `known_ids` that are there, as far as anybody can tell, but could not be read.
  [[nodiscard]] std::vector<std::string> unread() const;

 private:
  /// A file that is read, while it is read.
  struct Reading {
    const FoundFile& file;
    std::optional<Owner> owner;
    std::vector<std::string> seen;
    bool is_new = false;
    std::uint64_t written = 0, removed = 0;
    std::uint64_t copies = 0;
    std::string copy_of, fault;
  };

  void scan();
  void find_gone();
  void find_moved();
  [[nodiscard]] std::vector<const FoundFile*> find_changed() const;
  [[nodiscard]] std::vector<const FoundFile*> find_copies() const;
  void complete_report();
  void read_all(std::vector<const FoundFile*> files);
  bool read_file(RecordStream& stream, std::size_t number, const FoundFile& file);
  void put(Reading& reading, std::vector<RunRecord>&& batch);
  void put_run(Reading& reading, const RunRecord& record);
  Owner owner_for(Reading& reading, const RunRecord& record);
  void settle(Reading& reading, const FileEnd& end);
  void drop_vanished(Reading& reading);
  void remove_gone();
  void move(std::int64_t beamtime_id, const std::string& from, const std::string& to);
  [[nodiscard]] bool is_gone(const std::string& db_path) const;
  [[nodiscard]] bool is_on_disk(std::int64_t beamtime_id);
  [[nodiscard]] bool changed_since(const FoundFile& file) const;
  bool tell();

  const std::filesystem::path root_;
  IndexFile& index_;
  const SyncOptions& options_;
  const std::map<std::string, std::int64_t> known_ids_;
  RootScan found_;
  std::set<std::string, std::less<>> found_paths_;
  std::map<std::string, FileRow> rows_;              // as they were at the beginning, and what was settled since
  std::map<std::string, FileRow> gone_;              // rows of files that are not there any more
  std::map<std::string, std::int64_t> known_paths_;  // of the index at the beginning
  SyncReport report_;
  IndexProgress progress_;
};

}  // namespace resonance::index
