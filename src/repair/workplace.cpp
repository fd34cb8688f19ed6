#include "repair/workplace.hpp"

#include <fmt/format.h>

#include "beamtime/place.hpp"
#include "io/link.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"

namespace resonance::repair {

namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = "made-by-resonance-repair";

[[noreturn]] void throw_taken(const fs::path& path, std::string_view advice) {
  throw Error(ErrorCode::already_exists, fmt::format("{} is there already; {}", path.string(), advice),
              {.os_errno = 0, .file = path, .offset = {}, .database = false});
}

bool there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

fs::path folder_of(fs::path output) { return output.replace_extension(".partial"); }

}  // namespace

Workplace::Workplace(std::shared_ptr<io::FileSystem> files, fs::path output)
    : files_(std::move(files)), output_(std::move(output)), folder_(folder_of(output_)) {
  constexpr const char* kAdvice = "move it away, or name another output with -o";
  for (const char* side : {"", "-wal", "-journal"})
    if (const fs::path file = output_.string() + side; there(file)) throw_taken(file, kAdvice);
  std::error_code ignored;
  const bool ours = there(folder_ / kMark) || (fs::is_directory(folder_, ignored) && fs::is_empty(folder_, ignored));
  if (there(folder_) && !ours) throw_taken(folder_, "the repaired beamtime would be made there; move it away");
  take_back_store();
  if (there(beamtime::place_at(output_).store)) throw_taken(beamtime::place_at(output_).store, kAdvice);
  clear();
  files_->make_directory(folder_);
  if (!there(folder_ / kMark)) files_->open(folder_ / kMark, io::OpenMode::create_new);
}

Workplace::~Workplace() {
  try {
    take_back_store();
    clear();
    io::remove_tree(folder_);
  } catch (const std::exception&) {  // the next repair does it
  }
}

/// All but the mark, which goes last: a folder without it that is not empty is refused the next time.
void Workplace::clear() {
  if (!there(folder_)) return;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().filename() != kMark) io::remove_tree(entry.path());
}

fs::path Workplace::store() const { return beamtime::place_at(database()).store; }

/// Killed between the two renames of publish(), a repair leaves its store without a database.
void Workplace::take_back_store() {
  if (there(folder_ / kMark) && there(database()) && !there(store()) && there(beamtime::place_at(output_).store))
    files_->rename(beamtime::place_at(output_).store, store());
}

void Workplace::publish() {
  const auto parent = fs::absolute(output_).parent_path();
  // Files that were made are synced already, those that were linked are as durable as they were. Their names are new.
  files_->open(database(), io::OpenMode::read_write)->sync();
  io::walk(store(), [&](const io::WalkEntry& entry) { return entry.folder && (files_->sync_directory(entry.path), true); });
  if (there(store())) files_->sync_directory(store());
  files_->sync_directory(folder_);
  if (there(store())) {
    files_->rename(store(), beamtime::place_at(output_).store);
    files_->sync_directory(parent);
  }
  files_->rename(database(), output_);
  files_->sync_directory(parent);
}

}  // namespace resonance::repair
