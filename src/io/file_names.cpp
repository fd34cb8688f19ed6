#include "io/file_names.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <string_view>

#include "io/proc_file.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"

namespace resonance::io {

namespace fs = std::filesystem;

namespace {

constexpr int kMostLinks = 40;                // as the kernel follows them
constexpr std::size_t kMostLookedAt = 20000;  // files, for the other names of one

/// A line of /proc/self/mountinfo: "36 35 98:0 /root /mount/point rw,noatime …"
struct Mount {
  std::string_view device;
  std::string root, point;
};

/// Blanks and backslashes are written as \040.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '\\' && i + 3 < text.size() && std::from_chars(&text[i + 1], &text[i + 4], value, 8).ptr == &text[i + 4]) {
      out += static_cast<char>(value);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

Mount parse_mount(std::string_view line) {
  std::string_view word[5];
  for (auto& each : word) {
    const auto end = std::min(line.find(' '), line.size());
    each = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return {word[2], unescaped(word[3]), unescaped(word[4])};
}

std::vector<Mount> parse_mounts(std::string_view text) {
  std::vector<Mount> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(parse_mount(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// What `root` of a file system is called where `mount` shows a part of it; empty when it does not show it.
std::string name_through(const Mount& mount, const std::string& root) {
  if (mount.root == "/") return mount.point == "/" ? root : mount.point + root;
  const bool inside = root.starts_with(mount.root) && root.size() > mount.root.size() && root[mount.root.size()] == '/';
  return inside ? (mount.point == "/" ? "" : mount.point) + root.substr(mount.root.size()) : std::string();
}

}  // namespace

std::optional<NamedFile> named_file(const fs::path& path) noexcept {
  struct statx status{};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE | STATX_INO | STATX_NLINK, &status) != 0 || !S_ISREG(status.stx_mode))
    return std::nullopt;
  return NamedFile{{makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino},
                   status.stx_nlink,
                   (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
}

std::vector<fs::path> other_names(const fs::path& path, const FileIdentity& file) {
  std::vector<fs::path> out;
  std::size_t looked_at = 0;
  const auto look = [&](const WalkEntry& entry) {
    if (++looked_at > kMostLookedAt) return false;
    std::error_code ignored;
    if (entry.folder) return entry.depth == 0 && entry.path.extension() != ".zarr";
    if (entry.path == path || fs::is_symlink(entry.path, ignored)) return false;
    if (const auto found = named_file(entry.path); found && found->identity == file) out.push_back(entry.path);
    return false;
  };
  const auto closed = [](const fs::path&, const Error&) {};  // nobody can say what is in there
  walk(path.parent_path(), look, closed);
  if (const auto above = path.parent_path().parent_path(); out.empty() && above != path.parent_path()) walk(above, look, closed);
  return out;
}

fs::path mounted_from(const fs::path& path) {
  const auto text = read_proc("/proc/self/mountinfo");
  const auto mounts = parse_mounts(text);
  const Mount* of_file = nullptr;
  for (const auto& mount : mounts)
    if (mount.point == path.string()) of_file = &mount;  // the last one is on top
  if (of_file == nullptr) return {};
  const auto here = named_file(path);
  for (const auto& mount : mounts) {
    if (&mount == of_file || mount.device != of_file->device) continue;
    const fs::path name = name_through(mount, of_file->root);
    if (name.empty() || name == path) continue;
    if (const auto there = named_file(name); there && here && there->identity == here->identity) return name;
  }
  return of_file->root;
}

fs::path end_of_link(fs::path path) {
  const auto first = path;
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    if (links == kMostLinks)
      throw Error(ErrorCode::invalid_argument, fmt::format("{} is a symbolic link that leads in a circle; remove it", first.string()),
                  {.os_errno = 0, .file = first, .offset = {}, .database = false});
    const auto target = fs::read_symlink(path, error);
    if (error) break;
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  return path;
}

}  // namespace resonance::io
