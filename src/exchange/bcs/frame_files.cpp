#include "exchange/bcs/frame_files.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <optional>

#include "base/text.hpp"
#include "io/file_system.hpp"

namespace resonance::bcs {
namespace {

constexpr int kDepth = 3;

/// The name without one of the endings, in any case; nothing when it has none.
std::optional<std::string_view> without_one_of(std::string_view name, std::initializer_list<std::string_view> endings) {
  for (const std::string_view ending : endings) {
    if (name.size() <= ending.size()) continue;
    const auto end = name.substr(name.size() - ending.size());
    if (std::ranges::equal(end, ending, [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; }))
      return name.substr(0, name.size() - ending.size());
  }
  return std::nullopt;
}

/// The name without ".fits", ".fit" or ".fts", and what packers put behind; nothing when it ends otherwise.
std::optional<std::string_view> without_extension(std::string_view name) {
  const auto unpacked = without_one_of(name, {".fz", ".gz", ".bz2", ".xz", ".zst", ".zip", ".z", ".7z"});
  return without_one_of(unpacked.value_or(name), {".fits", ".fit", ".fts"});
}

}  // namespace

FrameFiles::FrameFiles(const std::filesystem::path& folder)
    : FrameFiles(folder.empty() ? "." : folder, io::list_files(folder.empty() ? "." : folder, kDepth)) {}

FrameFiles::FrameFiles(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files) {
  for (const auto& file : files) {
    const auto name = file.filename().string();
    const auto stem = without_extension(name);
    if (!stem) continue;
    const auto below = file.lexically_relative(folder);
    const auto depth = std::distance(below.begin(), below.end());
    const auto [at, added] = by_stem_.try_emplace(std::string(*stem), Place{file, depth, false});
    if (added) continue;
    if (!at->second.reported) ambiguous_.emplace_back(*stem);
    at->second.reported = true;
    if (depth < at->second.depth) {
      at->second.path = file;
      at->second.depth = depth;
    }
  }
}

const std::filesystem::path* FrameFiles::find(std::string_view name) const {
  name = trimmed(name);
  if (const auto slash = name.find_last_of("\\/"); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  if (name.empty()) return nullptr;
  const auto at = by_stem_.find(without_extension(name).value_or(name));
  return at == by_stem_.end() ? nullptr : &at->second.path;
}

}  // namespace resonance::bcs
