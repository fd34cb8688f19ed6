#include "crash/model/disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

namespace resonance::crash {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kRoot = 1;  // the watched folder has the first number

std::string last_part(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

SparseFile::Page& SparseFile::page(std::uint64_t number) {
  auto& page = pages_[number];
  if (!page)
    page = std::make_shared<Page>();
  else if (page.use_count() > 1)
    page = std::make_shared<Page>(*page);
  return *page;
}

void SparseFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  grow_to(offset + bytes.size());
  while (!bytes.empty()) {
    const auto part = std::min<std::uint64_t>(bytes.size(), kPage - offset % kPage);
    std::copy_n(bytes.begin(), part, page(offset / kPage).begin() + static_cast<std::ptrdiff_t>(offset % kPage));
    bytes = bytes.subspan(part);
    offset += part;
  }
}

void SparseFile::resize(std::uint64_t bytes) {
  if (bytes < size_) {
    pages_.erase(pages_.lower_bound((bytes + kPage - 1) / kPage), pages_.end());
    if (bytes % kPage != 0 && pages_.contains(bytes / kPage)) {
      auto& last = page(bytes / kPage);
      std::fill(last.begin() + static_cast<std::ptrdiff_t>(bytes % kPage), last.end(), std::byte{0});
    }
  }
  size_ = bytes;
}

void SparseFile::save(const fs::path& path) const {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) throw std::system_error(errno, std::generic_category(), path.string());
  bool good = ::ftruncate(file, static_cast<off_t>(size_)) == 0;
  for (const auto& [number, page] : pages_) {
    const auto begin = number * kPage;
    if (begin >= size_) break;
    const auto bytes = std::min(kPage, size_ - begin);
    good = good && ::pwrite(file, page->data(), bytes, static_cast<off_t>(begin)) == static_cast<ssize_t>(bytes);
  }
  const int error = errno;
  ::close(file);
  if (!good) throw std::system_error(error, std::generic_category(), path.string());
}

Disk::Disk(const OperationLog& log) : log_(log) {
  first_[kRoot];
  for (const auto& state : log.first) {
    first_[state.folder][last_part(state.path)] = state.number;
    if (state.is_folder) {
      first_[state.number];
    } else {
      auto& file = files_[state.number];
      file.now.write(0, state.bytes);
      file.synced = file.now;
    }
  }
}

void Disk::advance_to(std::uint64_t position) {
  for (; position_ < position && position_ < log_.operations.size(); ++position_) {
    const auto& operation = log_.operations[position_];
    if (operation.changes_names()) {
      names_.push_back(position_);
      folders_[operation.folder].operations.push_back(position_);
      if (operation.from_folder != operation.folder) folders_[operation.from_folder].operations.push_back(position_);
    } else if (operation.kind == Kind::sync_folder) {
      auto& names = folders_[operation.file];
      names.synced = names.operations.size();
    } else {
      auto& file = files_[operation.file];
      if (operation.kind == Kind::write) file.now.write(operation.offset, operation.bytes);
      if (operation.kind == Kind::truncate) file.now.resize(operation.offset);
      file.pending.push_back(position_);
      if (operation.kind == Kind::sync) {
        file.synced = file.now;
        file.pending.clear();
      }
    }
  }
}

void Disk::apply_names(Tree& tree, const LoggedOperation& operation) const {
  const auto name = last_part(operation.path);
  switch (operation.kind) {
    case Kind::create:
      tree[operation.folder][name] = operation.file;
      break;
    case Kind::make_folder:
      tree[operation.folder][name] = operation.file;
      tree[operation.file];
      break;
    case Kind::unlink:
      tree[operation.folder].erase(name);
      break;
    default:
      if (auto& from = tree[operation.from_folder]; from.erase(last_part(operation.from)) != 0)
        tree[operation.folder][name] = operation.file;
  }
}

/// A prefix of all operations on names, at least as long as each folder's sync asks for.
std::vector<std::uint64_t> Disk::names_in_journal(Random& random) const {
  std::size_t least = 0;
  for (const auto& [folder, names] : folders_) {
    if (names.synced == 0) continue;
    const auto last = std::find(names_.begin(), names_.end(), names.operations[names.synced - 1]);
    least = std::max(least, static_cast<std::size_t>(last - names_.begin()) + 1);
  }
  const auto length = std::uniform_int_distribution<std::size_t>(least, names_.size())(random);
  return {names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(length)};
}

/// Of each folder a prefix of its own. A rename from one folder to another is in both or in neither.
std::vector<std::uint64_t> Disk::names_by_folder(Random& random) const {
  std::map<std::uint64_t, std::size_t> kept;
  for (const auto& [folder, names] : folders_)
    kept[folder] = std::uniform_int_distribution<std::size_t>(names.synced, names.operations.size())(random);
  const auto has = [&](std::uint64_t folder, std::uint64_t operation) {
    const auto& operations = folders_.at(folder).operations;
    const auto end = operations.begin() + static_cast<std::ptrdiff_t>(kept[folder]);
    return std::find(operations.begin(), end, operation) != end;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto at : names_) {
      const auto& operation = log_.operations[at];
      if (has(operation.folder, at) == has(operation.from_folder, at)) continue;
      for (const auto folder : {operation.folder, operation.from_folder}) {
        const auto& operations = folders_.at(folder).operations;
        const auto place = static_cast<std::size_t>(std::find(operations.begin(), operations.end(), at) - operations.begin());
        kept[folder] = std::max(kept[folder], place + 1);
      }
      changed = true;
    }
  }
  std::vector<std::uint64_t> out;
  for (const auto at : names_)
    if (has(log_.operations[at].folder, at)) out.push_back(at);
  return out;
}

std::vector<std::uint64_t> Disk::surviving_names(Survival survival, Random& random) const {
  if (survival == Survival::ordered) return names_in_journal(random);
  if (survival == Survival::folders) return names_by_folder(random);
  return names_;
}

/// Each block as it was after some of the writes to it: a disk keeps an older or a newer state of a block, never one out of order.
SparseFile Disk::torn(const File& file, std::uint64_t block, Random& random) const {
  SparseFile out = file.synced;
  std::map<std::uint64_t, std::size_t> versions;  // of each block: so many operations
  const auto count = file.pending.size();
  const auto lengths = std::uniform_int_distribution<std::size_t>(0, count)(random);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& operation = log_.operations[file.pending[i]];
    if (operation.kind == Kind::truncate && i < lengths) out.resize(operation.offset);
    if (operation.kind != Kind::write) continue;
    auto offset = operation.offset;
    for (auto bytes = std::span(operation.bytes); !bytes.empty();) {
      const auto part = std::min<std::uint64_t>(bytes.size(), block - offset % block);
      const auto [version, is_new] = versions.try_emplace(offset / block, 0);
      if (is_new) version->second = random() % 3 == 0 ? count : std::uniform_int_distribution<std::size_t>(0, count)(random);
      if (i < version->second) out.write(offset, bytes.first(part));
      bytes = bytes.subspan(part);
      offset += part;
    }
  }
  if (random() % 4 == 0) out.grow_to(file.now.size());
  return out;
}

SparseFile Disk::surviving_bytes(const File& file, Random& random, bool& tore_pages) const {
  if (file.pending.empty()) return file.now;
  switch (random() % 6) {
    case 0:
      return file.synced;
    case 1:
      return file.now;
    case 2: {  // writes whole, in their order
      SparseFile out = file.synced;
      const auto kept = random() % (file.pending.size() + 1);
      for (std::size_t i = 0; i < kept; ++i) {
        const auto& operation = log_.operations[file.pending[i]];
        if (operation.kind == Kind::write) out.write(operation.offset, operation.bytes);
        if (operation.kind == Kind::truncate) out.resize(operation.offset);
      }
      return out;
    }
    case 3:
      tore_pages = true;
      return torn(file, 512, random);
    default:
      return torn(file, SparseFile::kPage, random);
  }
}

void Disk::save_folder(const Tree& tree, std::uint64_t folder, const fs::path& path, Survival survival, Random& random,
                       bool& tore_pages) const {
  fs::create_directory(path);
  const auto it = tree.find(folder);
  if (it == tree.end()) return;
  for (const auto& [name, number] : it->second) {
    if (tree.contains(number)) {
      save_folder(tree, number, path / name, survival, random, tore_pages);
    } else if (const auto file = files_.find(number); file == files_.end()) {
      SparseFile().save(path / name);
    } else {
      (survival == Survival::everything ? file->second.now : surviving_bytes(file->second, random, tore_pages)).save(path / name);
    }
  }
}

bool Disk::save(const fs::path& folder, Survival survival, std::uint64_t seed) const {
  bool tore_pages = false;
  Random random(seed);
  Tree tree = first_;
  for (const auto at : surviving_names(survival, random)) apply_names(tree, log_.operations[at]);
  save_folder(tree, kRoot, folder, survival, random, tore_pages);
  return tore_pages;
}

}  // namespace resonance::crash
