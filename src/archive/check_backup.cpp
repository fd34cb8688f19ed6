#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archive/bag.hpp"
#include "archive/file_records.hpp"
#include "archive/sha256.hpp"
#include "archive/teller.hpp"
#include "base/text.hpp"
#include "io/page_cache.hpp"
#include "io/store_folder.hpp"
#include "io/walk.hpp"
#include "resonance/backup.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace archive {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::uint64_t kMaxTagBytes = 8ull << 30;

void require_backup(const fs::path& folder) {
  std::error_code ignored;
  const ErrorDetail detail{.os_errno = 0, .file = folder, .offset = {}, .database = false};
  if (!fs::exists(folder, ignored)) throw Error(ErrorCode::not_found, fmt::format("there is no folder {}", folder.string()), detail);
  for (const auto name : {kRecordsFile, kUnfinishedFile, kManifestFile})
    if (fs::exists(folder / name, ignored)) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} holds no backup: neither {} nor {} is in it", folder.string(), kManifestFile, kRecordsFile), detail);
}

class Check {
 public:
  Check(const fs::path& folder, const CheckBackupOptions& options, Teller& teller)
      : folder_(folder), options_(options), teller_(teller), bag_(folder), buffer_(kPieceBytes) {}

  BackupCheckReport run() {
    if (is_unfinished()) return report_;
    try {
      beamtime_ = read_records(folder_ / kRecordsFile, records_);
    } catch (const Error& error) {
      tell("changed_file", std::string(kRecordsFile), error.what());
    }
    for (const auto& [path, record] : records_) {
      total_ += record.bytes;
      if (is_at_top(path)) recorded_ = path;
    }
    check_manifest(kTagManifestFile, false);
    check_manifest(kManifestFile, true);
    look_for_more();
    return report_;
  }

  /// The one database at the top of the payload; empty when there is none.
  [[nodiscard]] const fs::path& database() const noexcept { return database_; }

 private:
  bool is_unfinished() {
    std::error_code ignored;
    report_.finished = !fs::exists(folder_ / kUnfinishedFile, ignored);
    if (!report_.finished)
      tell("unfinished", std::string(kUnfinishedFile),
           fmt::format("the backup in {} is unfinished; run the backup again, it goes on where it stopped", folder_.string()));
    return !report_.finished;
  }

  void tell(const char* kind, const std::string& path, std::string message) {
    teller_.fault({.kind = kind, .file = folder_ / path, .message = std::move(message)});
  }

  void check_manifest(std::string_view name, bool payload) {
    std::string text;
    try {
      text = io::read_text(folder_ / name, kMaxTagBytes);
    } catch (const Error& error) {
      return tell("missing_file", std::string(name), error.what());
    }
    const bool sound = read_manifest(text, [&](std::string_view digest, std::string path) {
      if (payload && may_be_database(path)) database_ = folder_ / path;
      check_file(path, digest, payload);
      if (payload) seen_.push_back(std::move(path));
    });
    if (!sound) tell("changed_file", std::string(name), fmt::format("{} has lines that are none of a manifest", (folder_ / name).string()));
  }

  /// By what the backup noted; else, when that is damaged, by its name.
  [[nodiscard]] bool may_be_database(const std::string& path) const {
    if (!is_at_top(path)) return false;
    if (!recorded_.empty()) return path == recorded_;
    if (beamtime_ && fs::path(path).stem() != *beamtime_) return false;
    return database_.empty() || path.ends_with(".db");
  }
  static bool is_at_top(std::string_view path) {
    return path.starts_with(kPayloadFolder) && path.find('/', kPayloadFolder.size()) == std::string_view::npos;
  }

  void check_file(const std::string& path, std::string_view digest, bool payload) {
    const auto words = printable((folder_ / path).string(), 400);
    try {
      const auto file = bag_.open(path);
      if (!file) return tell("missing_file", path, fmt::format("{} is missing; back up again, or take it from another copy", words));
      if (const auto record = records_.find(path); record != records_.end() && record->second.bytes != file->bytes())
        return tell("changed_file", path, fmt::format("{} has {} bytes, {} were written", words, file->bytes(), record->second.bytes));
      io::drop_from_cache(*file);
      const auto found = hash_of(*file);
      if (found != lower(digest))
        tell("changed_file", path, fmt::format("{} was changed: its SHA-256 is {}, not {}", words, found, digest));
      if (!payload) return;
      ++report_.files;
      report_.bytes += file->bytes();
    } catch (const Error& error) {
      tell("changed_file", path, error.what());
    }
  }

  std::string hash_of(const io::StoreFile& file) {
    Sha256 hash;
    for (std::uint64_t at = 0; at < file.bytes();) {
      const auto piece = std::span(buffer_).first(std::min<std::uint64_t>(buffer_.size(), file.bytes() - at));
      file.read_exact(at, piece);
      hash.update(piece);
      at += piece.size();
      done_ += piece.size();
      if (options_.progress) options_.progress("reading", done_, std::max(done_, total_));
    }
    return hash.finish();
  }

  static std::string lower(std::string_view digest) {
    std::string out(digest);
    for (char& c : out)
      if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return out;
  }

  /// Files of the payload that no line of the manifest names.
  void look_for_more() {
    std::sort(seen_.begin(), seen_.end());
    const auto root = folder_.string().size() + 1;
    io::walk(folder_ / kPayloadFolder.substr(0, kPayloadFolder.size() - 1), [&](const io::WalkEntry& entry) {
      if (entry.folder) return true;
      if (const auto name = entry.path.string().substr(root); !std::binary_search(seen_.begin(), seen_.end(), name))
        tell("extra_file", name, fmt::format("{} is in no manifest; the backup did not put it there", printable(entry.path.string(), 400)));
      return false;
    });
  }

  const fs::path folder_;
  const CheckBackupOptions& options_;
  Teller& teller_;
  const io::StoreFolder bag_;
  FileRecords records_;
  std::optional<std::string> beamtime_;  // its name, if that can be read
  std::string recorded_;                 // the database, as the backup noted it
  std::vector<std::string> seen_;
  fs::path database_;
  std::vector<std::byte> buffer_;
  std::uint64_t done_ = 0, total_ = 0;
  BackupCheckReport report_;
};

/// Whether frames and events of the copy agree.
void check_beamtime(const fs::path& database, const CheckBackupOptions& options, Teller& teller, BackupCheckReport& report) {
  VerifyOptions verify{.runs = {}, .frames = options.frames, .full = true, .threads = options.threads, .progress = {}};
  if (options.progress) verify.progress = [&](std::uint64_t done, std::uint64_t total) { options.progress("verifying", done, total); };
  if (std::error_code ignored; !fs::is_regular_file(fs::symlink_status(database, ignored))) return;  // told with the other files
  try {
    report.beamtime = verify_beamtime(database, verify, [&](const Fault& fault) { teller.tell(fault); });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::not_found) throw;
    teller.fault({.kind = "database", .file = database, .message = error.what()});
  }
}

}  // namespace

}  // namespace archive

BackupCheckReport check_backup(const std::filesystem::path& folder, const CheckBackupOptions& options,
                               const std::function<void(const Fault&)>& visit) {
  using namespace archive;
  require_backup(folder);
  Teller teller(visit);
  Check check(std::filesystem::canonical(folder), options, teller);
  auto report = check.run();
  if (report.finished && !check.database().empty()) check_beamtime(check.database(), options, teller, report);
  if (report.finished && check.database().empty())
    teller.fault({.kind = "missing_file", .file = folder, .message = fmt::format("the backup in {} names no database", folder.string())});
  report.num_faults = teller.faults();
  report.num_notes = teller.notes();
  return report;
}

}  // namespace resonance
