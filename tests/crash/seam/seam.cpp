#include "crash/seam/seam.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "crash/seam/seam_state.hpp"

namespace resonance::crash {

namespace fs = std::filesystem;

thread_local bool inside_observer = false;

std::string_view to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::create:
      return "create";
    case Kind::write:
      return "write";
    case Kind::truncate:
      return "truncate";
    case Kind::sync:
      return "sync";
    case Kind::sync_folder:
      return "sync_folder";
    case Kind::rename:
      return "rename";
    case Kind::unlink:
      return "unlink";
    case Kind::make_folder:
      return "make_folder";
  }
  return "?";
}

SeamState& SeamState::instance() {
  static auto* state = new SeamState;  // never destroyed: files are closed after main()
  return *state;
}

void SeamState::start(const fs::path& folder, Observer& new_observer) {
  root_ = fs::canonical(folder).string();
  next_ = 1;
  numbers_.clear();
  names_.clear();
  inodes_.clear();
  for (auto& number : descriptors_) number = 0;
  std::vector<std::string> paths{""};
  for (const auto& entry : fs::recursive_directory_iterator(root_)) paths.push_back(fs::relative(entry.path(), root_).string());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) adopt(path);
  observer = &new_observer;
  watching = true;
}

void SeamState::stop() {
  watching = false;
  observer = nullptr;
}

std::optional<std::string> SeamState::relative(const char* path) const {
  if (path == nullptr) return std::nullopt;
  std::string text(path);
  if (text.empty() || text.front() != '/' || text.find("/.") != std::string::npos) text = fs::absolute(text).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  if (!text.starts_with(root_) || text.ends_with("-shm")) return std::nullopt;
  if (text.size() == root_.size()) return std::string();
  if (text[root_.size()] != '/') return std::nullopt;
  return text.substr(root_.size() + 1);
}

std::uint64_t SeamState::number_of_descriptor(int descriptor) const noexcept {
  const auto place = static_cast<std::size_t>(descriptor);
  return descriptor >= 0 && place < kDescriptors ? descriptors_[place].load() : 0;
}

std::uint64_t SeamState::number_of_path(const std::string& path) const {
  const auto it = numbers_.find(path);
  return it == numbers_.end() ? 0 : it->second;
}

std::string SeamState::name_of(std::uint64_t number) const {
  const auto it = names_.find(number);
  return it == names_.end() ? "(removed)" : it->second;
}

std::uint64_t SeamState::adopt(const std::string& path) {
  const auto number = next_++;
  numbers_[path] = number;
  names_[number] = path;
  struct stat info{};
  if (::lstat((root_ + (path.empty() ? "" : "/") + path).c_str(), &info) == 0) inodes_[{info.st_dev, info.st_ino}] = number;
  return number;
}

void SeamState::opened(int descriptor, std::optional<std::string> path) {
  const auto place = static_cast<std::size_t>(descriptor);
  if (descriptor < 0 || place >= kDescriptors) return;
  std::uint64_t number = path ? number_of_path(*path) : 0;
  struct stat info{};
  // Also through another name, as /proc/self/fd/7.
  if (number == 0 && ::fstat(descriptor, &info) == 0)
    if (const auto it = inodes_.find({info.st_dev, info.st_ino}); it != inodes_.end()) number = it->second;
  descriptors_[place] = number;
}

void SeamState::closed(int descriptor) noexcept {
  const auto place = static_cast<std::size_t>(descriptor);
  if (descriptor >= 0 && place < kDescriptors) descriptors_[place] = 0;
}

void SeamState::renamed(const std::string& from, const std::string& to) {
  if (number_of_path(to) != 0) removed(to);
  std::vector<std::pair<std::string, std::uint64_t>> moved;
  for (auto it = numbers_.lower_bound(from); it != numbers_.end() && it->first.starts_with(from);) {
    const bool it_or_in_it = it->first.size() == from.size() || it->first[from.size()] == '/';
    if (it_or_in_it) moved.emplace_back(to + it->first.substr(from.size()), it->second);
    it = it_or_in_it ? numbers_.erase(it) : std::next(it);
  }
  for (auto& [path, number] : moved) {
    names_[number] = path;
    numbers_[std::move(path)] = number;
  }
}

void SeamState::removed(const std::string& path) {
  const auto number = number_of_path(path);
  numbers_.erase(path);
  names_.erase(number);
  std::erase_if(inodes_, [&](const auto& item) { return item.second == number; });
}

Watch::Watch(const fs::path& folder, Observer& observer) {
  auto& state = SeamState::instance();
  const std::lock_guard lock(state.mutex);
  state.start(folder, observer);
}

Watch::~Watch() {
  auto& state = SeamState::instance();
  const std::lock_guard lock(state.mutex);
  state.stop();
}

std::uint64_t number_of(const std::string& relative_path) {
  auto& state = SeamState::instance();
  const std::lock_guard lock(state.mutex);
  return state.number_of_path(relative_path);
}

void between_operations(void (*work)(void*), void* context) {
  const std::lock_guard lock(SeamState::instance().mutex);
  work(context);
}

}  // namespace resonance::crash
