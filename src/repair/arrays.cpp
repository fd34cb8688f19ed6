#include "repair/arrays.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "frames/metadata_file.hpp"
#include "io/link.hpp"
#include "io/store_folder.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"
#include "zarr/metadata.hpp"

namespace resonance::repair {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostNotes = 1000;
constexpr const char* kGroupFiles[] = {"zarr.json", ".zgroup", ".zattrs", ".zmetadata"};

/// A path below the store, as Zarr has them.
bool is_inside(const std::string& group) {
  const fs::path path(group);
  if (group.empty() || path.is_absolute() || group.find('\0') != std::string::npos) return false;
  for (const auto& part : path)
    if (part.empty() || part == "." || part == "..") return false;
  return true;
}

class Linker {
 public:
  Linker(RepairContext& context, const fs::path& store) : context_(context), files_(*context.files), old_(context.store), store_(store) {}

  void link_array(const std::string& group, bool ours) {
    std::error_code ignored;
    if (!is_inside(group) || !fs::is_directory(context_.store / group, ignored)) return;
    link_groups_above(group, ours);
    io::walk(context_.store / group, [&](const io::WalkEntry& entry) {
      if (entry.folder) return true;
      if (entry.path.extension() != ".partial") link(entry.path.lexically_relative(context_.store));
      return false;
    });
  }

 private:
  void link(const fs::path& relative) {
    const auto to = store_ / relative;
    if (files_.exists(to)) return;  // an array inside another one
    try {
      old_.require_inside(relative.string());
      io::make_directories(files_, to.parent_path(), false);
      ++(io::link_or_copy(files_, context_.store / relative, to) ? context_.report.files_linked : context_.report.files_copied);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::not_found) throw;
      files_.remove(to);  // what leads out of the store, or is no file, is missed where its frames are looked for
    }
  }

  void link_groups_above(const fs::path& group, bool ours) {
    for (auto folder = group.parent_path();; folder = folder.parent_path()) {
      if (!done_.insert(folder.string()).second) return;
      io::make_directories(files_, store_ / folder, false);
      bool any = false;
      for (const auto* name : kGroupFiles) {
        if (!files_.exists(context_.store / folder / name)) continue;
        link(folder / name);
        any = any || files_.exists(store_ / folder / name);
      }
      if (ours || any)
        mend_group(folder, ours);
      else
        make_group(folder);
      if (folder.empty()) return;
    }
  }

  void make_group(const fs::path& folder) {
    const auto file = store_ / folder / "zarr.json";
    files_.remove(file);  // another name of the damaged one
    io::replace_file(files_, file, zarr::dump_group_metadata(), false);
  }

  /// Others may do without a zarr.json, and have one that we do not understand.
  void mend_group(const fs::path& folder, bool ours) {
    const auto fault = frames::group_fault(store_ / folder);
    if (!fault || fault->code() == ErrorCode::io || (!ours && fault->code() != ErrorCode::corrupt)) return;
    make_group(folder);
    ++context_.report.files_written;
    const auto file = context_.store / folder / "zarr.json";
    context_.tell({.outcome = Outcome::mended,
                   .kind = "group",
                   .file = file,
                   .message = fmt::format("{} was made anew: {}", file.string(),
                                          fault->code() == ErrorCode::not_found ? "it was not there" : fault->what())});
  }

  RepairContext& context_;
  io::FileSystem& files_;
  const io::StoreFolder old_;
  const fs::path store_;
  std::set<std::string> done_;
};

}  // namespace

void link_arrays(RepairContext& context, FrameStatements& statements, const fs::path& store) {
  Linker linker(context, store);
  auto groups = statements.groups();
  // Ours first: groups above them are ours, too.
  const auto is_ours = [&](const std::string& group) { return statements.store(group).has_value(); };
  const auto foreign = std::stable_partition(groups.begin(), groups.end(), is_ours);
  for (auto group = groups.begin(); group != groups.end(); ++group) {
    linker.link_array(*group, group < foreign);
    context.progress("linking frames", static_cast<std::uint64_t>(group - groups.begin()) + 1, groups.size());
  }
}

namespace {

bool holds_files(const fs::path& folder) {
  bool any = false;
  io::walk(folder, [&](const io::WalkEntry& entry) { return any = any || !entry.folder, !any; });
  return any;
}

}  // namespace

void note_left_out(RepairContext& context, const fs::path& store) {
  std::uint64_t told = 0;
  io::walk(context.store, [&](const io::WalkEntry& entry) {
    if (context.files->exists(store / entry.path.lexically_relative(context.store))) return entry.folder;
    if (entry.folder && !holds_files(entry.path)) return false;
    if (++told <= kMostNotes)
      context.tell({.kind = "left_out",
                    .file = entry.path,
                    .message = fmt::format("{} belongs to nothing that is in the repaired beamtime; it stays where it is",
                                           printable(entry.path.string(), 1000))});
    return false;
  });
}

}  // namespace resonance::repair
