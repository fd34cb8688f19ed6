#include "archive/destination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archive/bag.hpp"
#include "archive/new_file.hpp"
#include "archive/strangers.hpp"
#include "base/text.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"
#include "resonance/version.hpp"

namespace resonance::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::size_t kPendingFiles = 256;
constexpr std::uint64_t kPendingBytes = 1ull << 30;

[[noreturn]] void refuse(const fs::path& folder, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{} {}", folder.string(), why),
              {.os_errno = 0, .file = folder, .offset = {}, .database = false});
}

/// A folder may be used when it is not there, is empty, or is ours: then one of the two files of records is in it, unless the
/// first backup died before it had made one.
void require_usable(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) refuse(folder, "is no folder");
  bool ours = false, others = false;
  io::walk(folder, [&](const io::WalkEntry& entry) {
    const auto name = entry.path.filename().string();
    ours = ours || name == kRecordsFile || name == kUnfinishedFile;
    others = others || (name != kDeclarationFile && !io::is_partial_name(name));
    return false;
  });
  if (others && !ours) refuse(folder, "holds something else than a backup; name an empty folder, or one that is not there yet");
}

/// What is opened for writing by its name: a link could lead anywhere, a pipe would keep us waiting.
void require_plain(const fs::path& file) {
  std::error_code ignored;
  const auto status = fs::symlink_status(file, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) refuse(file, "is no file; a backup consists of files and folders only");
}

void remove_partials(io::FileSystem& files, const fs::path& folder, bool with_payload) {
  std::vector<fs::path> found;
  io::walk(folder, [&](const io::WalkEntry& entry) {
    if (!entry.folder && io::is_partial_name(entry.path.filename().string())) found.push_back(entry.path);
    return with_payload;
  });
  for (const auto& path : found) files.remove(path);
}

/// Folders that a backup had made when it died may have names that are not on stable storage yet.
void sync_folders(io::FileSystem& files, const fs::path& folder) {
  files.sync_directory(folder);
  io::walk(folder, [&](const io::WalkEntry& entry) {
    if (entry.folder) files.sync_directory(entry.path);
    return true;
  });
}

/// Who cannot lock there (some network file systems) has to see to it himself that there is one backup at a time.
void require_alone(io::LockFile& lock, const fs::path& folder) {
  bool alone = true;
  try {
    alone = lock.try_lock(0);
  } catch (const Error&) {  // no locks here
  }
  if (!alone)
    throw Error(ErrorCode::busy, fmt::format("another process is backing up to {}", folder.string()),
                {.os_errno = 0, .file = folder, .offset = {}, .database = false});
}

}  // namespace

Destination::Destination(std::shared_ptr<io::FileSystem> files, const fs::path& folder, std::string beamtime)
    : files_(std::move(files)), beamtime_(std::move(beamtime)), buffer_(kPieceBytes), next_buffer_(kPieceBytes) {
  require_usable(folder);
  io::make_directories(*files_, fs::absolute(folder), true);
  folder_ = fs::canonical(folder);
  open(beamtime_);
}

void Destination::open(const std::string& beamtime) {
  for (const auto name : {kDeclarationFile, kRecordsFile, kUnfinishedFile}) require_plain(folder_ / name);
  lock_.emplace(folder_ / kDeclarationFile);
  require_alone(*lock_, folder_);
  const auto unfinished = folder_ / kUnfinishedFile;
  resumed_ = files_->exists(unfinished);
  auto name = read_records(folder_ / kRecordsFile, earlier_);
  if (auto begun = read_records(unfinished, earlier_); begun && !name) name = std::move(begun);
  if (name && *name != beamtime) refuse(folder_, fmt::format("holds the backup of another beamtime, {}", printable(*name, 300)));
  remove_partials(*files_, folder_, resumed_);
  if (resumed_) sync_folders(*files_, folder_);
  journal_.emplace(*files_, unfinished, beamtime);
  const auto declaration = files_->open(folder_ / kDeclarationFile, io::OpenMode::read_write);
  if (declaration->size() != kDeclaration.size()) {  // the lock made it, empty
    declaration->write_at(0, std::as_bytes(std::span(kDeclaration)));
    declaration->resize(kDeclaration.size());
    declaration->sync();
    files_->sync_directory(folder_);
  }
}

const FileRecord* Destination::earlier(std::string_view path) const {
  const auto it = earlier_.find(path);
  if (it == earlier_.end() || io::file_bytes(folder_ / it->first) != it->second.bytes) return nullptr;
  return files_->exists(folder_ / it->first) ? &it->second : nullptr;
}

void Destination::keep(const std::string& path) {
  if (const auto it = earlier_.find(path); it != earlier_.end()) add(std::move(it->second));
}

void Destination::add(FileRecord record) {
  earlier_.erase(record.path);
  bytes_ += record.bytes;
  current_.insert_or_assign(record.path, std::move(record));
}

/// A link could lead back into the beamtime.
void Destination::require_no_link(const std::string& path) const {
  auto at = folder_;
  for (const auto& part : fs::path(path).parent_path())
    if (std::error_code ignored; fs::is_symlink(at /= part, ignored)) refuse(at, "is a link; a backup consists of files and folders only");
}

fs::path Destination::place_of(const std::string& path) {
  const auto target = folder_ / path;
  if (const auto parent = target.parent_path(); parent != last_parent_) {
    require_no_link(path);
    io::make_directories(*files_, parent, true);
    last_parent_ = parent;
  }
  return target;
}

fs::path Destination::partial_place(const std::string& path) { return io::partial_name(place_of(path)); }

void Destination::copy(const io::StoreFile& source, std::uint64_t bytes, std::span<const std::byte> tail, FileRecord record,
                       const Progress& progress) {
  NewFile file(*files_, place_of(record.path));
  const auto fetch = [&](std::vector<std::byte>& buffer, std::uint64_t at) {
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), bytes - at));
    if (!piece.empty()) source.read_exact(at, piece);
    return piece;
  };
  auto piece = fetch(buffer_, 0);
  for (std::uint64_t at = 0; at < bytes;) {
    at += piece.size();
    std::span<std::byte> next;
    pool_.for_each(2, [&](std::uint64_t task) {  // hashing takes as long as all the rest
      if (task == 0) return file.hash(piece);
      file.write(piece);
      next = fetch(next_buffer_, at);
    });
    if (progress) progress(piece.size());
    piece = next;
    buffer_.swap(next_buffer_);
  }
  file.hash(tail);
  file.write(tail);
  record.bytes = file.bytes();
  record.sha256 = file.commit();
  finished(std::move(record));
}

void Destination::put(std::string_view text, FileRecord record) {
  NewFile file(*files_, place_of(record.path));
  file.hash(std::as_bytes(std::span(text)));
  file.write(std::as_bytes(std::span(text)));
  record.bytes = file.bytes();
  record.sha256 = file.commit();
  finished(std::move(record));
}

void Destination::adopt(const fs::path& path, FileRecord record) {
  const auto file = files_->open(path, io::OpenMode::read_write);
  Sha256 hash;
  while (const auto n = file->read_at(record.bytes, buffer_)) {
    hash.update(std::span(buffer_).first(n));
    record.bytes += n;
  }
  record.sha256 = hash.finish();
  file->sync();
  files_->rename(path, place_of(record.path));
  finished(std::move(record));
}

void Destination::finished(FileRecord record) {
  ++files_copied_;
  bytes_copied_ += record.bytes;
  pending_bytes_ += record.bytes;
  pending_folders_.insert((folder_ / record.path).parent_path());
  pending_.push_back(record);
  add(std::move(record));
  if (pending_.size() >= kPendingFiles || pending_bytes_ >= kPendingBytes) settle();
}

void Destination::settle() {
  for (const auto& folder : pending_folders_) files_->sync_directory(folder);
  if (!pending_.empty()) journal_->append(pending_);
  pending_folders_.clear();
  pending_.clear();
  pending_bytes_ = 0;
}

std::vector<FileRecord> Destination::left_over() const {
  std::vector<FileRecord> out;
  for (const auto& [path, record] : earlier_) out.push_back(record);
  return out;
}

std::string Destination::write_tag_file(std::string_view name, const std::string& text) {
  io::replace_file(*files_, folder_ / name, text, true);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return manifest_line(hash.finish(), name);
}

void Destination::abandon() {
  if (resumed_ || files_copied_ > 0 || !files_->exists(folder_ / kRecordsFile)) return;
  files_->remove(folder_ / kUnfinishedFile);
  files_->sync_directory(folder_);
}

void Destination::finish(double time, Teller& teller) {
  settle();
  const auto strangers = find_strangers(*files_, folder_, current_, earlier_, teller);
  std::string records = heading_line(beamtime_), manifest;
  for (const auto& [path, record] : current_) {
    records += record_line(record);
    manifest += manifest_line(record.sha256, path);
  }
  manifest += strangers.manifest;
  auto tags = strangers.tags + write_tag_file(kRecordsFile, records);
  tags += write_tag_file(kManifestFile, manifest);
  tags += write_tag_file(kInfoFile, fmt::format("Bag-Software-Agent: resonance {}\nBagging-Date: {}\nExternal-Identifier: {}\n"
                                                "Payload-Oxum: {}.{}\n{}",
                                                kVersion, iso_utc(time).substr(0, 10), encode_path(beamtime_), bytes_ + strangers.bytes,
                                                current_.size() + strangers.files, added_info(folder_)));
  Sha256 declaration;
  declaration.update(std::as_bytes(std::span(kDeclaration)));
  tags += manifest_line(declaration.finish(), kDeclarationFile);
  for (const auto& [path, record] : earlier_) {
    require_no_link(path);
    files_->remove(folder_ / path);
  }
  write_tag_file(kTagManifestFile, tags);
  files_->remove(folder_ / kUnfinishedFile);
  files_->sync_directory(folder_);
}

}  // namespace resonance::archive
