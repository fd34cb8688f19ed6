/// What a backup knows of its files: where each came from, how long it is, its SHA-256.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "io/file_system.hpp"

namespace resonance::archive {

struct FileRecord {
  std::string path = {};  ///< in the bag: "data/…"
  std::uint64_t bytes = 0;
  std::string sha256 = {};
  /// Length and time of change of the file that it was copied from; a time of 0: copy it again whatever they are.
  std::uint64_t source_bytes = 0;
  std::int64_t source_mtime_ns = 0;
  std::optional<std::uint64_t> frames = {};  ///< of a shard of ours: so many from its first one on
};

/// By path. About 300 bytes a file.
using FileRecords = std::map<std::string, FileRecord, std::less<>>;

/// The lines of a file of records, those of `beamtime` above all: JSON objects, the first one a heading.
/// \return the name of the beamtime in the heading; nothing when there is no such file, or none of its first line can be used.
/// Lines that were not written to their end are passed over.
std::optional<std::string> read_records(const std::filesystem::path& path, FileRecords& records);

[[nodiscard]] std::string heading_line(std::string_view beamtime);
[[nodiscard]] std::string record_line(const FileRecord& record);

/// A file of records that grows as files are finished. Losing its last lines costs copying these files again.
class Journal {
 public:
  /// Make it, durably, or go on behind its last whole line.
  Journal(io::FileSystem& files, const std::filesystem::path& path, std::string_view beamtime);
  void append(std::span<const FileRecord> records);

 private:
  std::unique_ptr<io::File> file_;
  std::uint64_t end_ = 0;
};

}  // namespace resonance::archive
