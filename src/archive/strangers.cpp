#include "archive/strangers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "archive/bag.hpp"
#include "archive/sha256.hpp"
#include "base/text.hpp"
#include "io/store_folder.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"

namespace resonance::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::uint64_t kMaxInfoBytes = 1 << 20;
constexpr std::array kOurTagFiles = {kDeclarationFile, kInfoFile, kManifestFile, kTagManifestFile, kRecordsFile, kUnfinishedFile};
constexpr std::array<std::string_view, 4> kOurLabels = {"Bag-Software-Agent", "Bagging-Date", "External-Identifier", "Payload-Oxum"};

bool is_other_manifest(std::string_view name) {
  return name != kManifestFile && name != kTagManifestFile && name.ends_with(".txt") &&
         (name.starts_with("manifest-") || name.starts_with("tagmanifest-"));
}

class Search {
 public:
  Search(io::FileSystem& files, const fs::path& bag, const FileRecords& ours, const FileRecords& going, Teller& teller)
      : files_(files), bag_(bag), store_(bag), ours_(ours), going_(going), teller_(teller), buffer_(kPieceBytes) {}

  Strangers run() {
    std::vector<std::string> found;
    const auto root = bag_.string().size() + 1;
    io::walk(bag_, [&](const io::WalkEntry& entry) {
      auto name = entry.path.string().substr(root);
      if (!entry.folder && !is_ours(name)) found.push_back(std::move(name));
      return true;
    });
    std::sort(found.begin(), found.end());
    for (const auto& name : found) add(name);
    if (out_.files > 0)
      teller_.note({.kind = "extra_file",
                    .file = bag_ / first_,
                    .message = fmt::format("{} in {}data that no backup put there ({}{}); the manifest has them as they are",
                                           out_.files == 1 ? "there is a file" : fmt::format("there are {} files", out_.files),
                                           bag_.string() + "/", printable(first_, 300), out_.files > 1 ? ", …" : "")});
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool is_ours(const std::string& name) const {
    return ours_.contains(name) || going_.contains(name) || std::find(kOurTagFiles.begin(), kOurTagFiles.end(), name) != kOurTagFiles.end();
  }

  void add(const std::string& name) {
    if (io::is_partial_name(fs::path(name).filename().string()) || is_other_manifest(name)) return files_.remove(bag_ / name);
    const bool payload = name.starts_with(kPayloadFolder);
    if (!is_utf8(name)) return refuse(name, payload, "its name is no UTF-8");
    std::error_code ignored;
    if (!fs::is_regular_file(fs::symlink_status(bag_ / name, ignored))) return refuse(name, payload, "it is a link, a pipe or a device");
    try {
      const auto file = store_.open(name);
      if (!file) return;
      (payload ? out_.manifest : out_.tags) += manifest_line(hash_of(*file), name);
      if (!payload) return;
      if (out_.files++ == 0) first_ = name;
      out_.bytes += file->bytes();
    } catch (const Error& error) {
      refuse(name, payload, error.what());
    }
  }

  void refuse(const std::string& name, bool payload, std::string_view why) {
    if (!payload) return;  // beside data/ a bag may hold anything
    teller_.fault({.kind = "extra_file",
                   .file = bag_ / name,
                   .message = fmt::format("{} was not put there by a backup and cannot be in its manifest: {}; the bag is not valid until "
                                          "it is moved away",
                                          printable((bag_ / name).string(), 400), why)});
  }

  std::string hash_of(const io::StoreFile& file) {
    Sha256 hash;
    for (std::uint64_t at = 0; at < file.bytes();) {
      const auto piece = std::span(buffer_).first(std::min<std::uint64_t>(buffer_.size(), file.bytes() - at));
      file.read_exact(at, piece);
      hash.update(piece);
      at += piece.size();
    }
    return hash.finish();
  }

  io::FileSystem& files_;
  const fs::path& bag_;
  const io::StoreFolder store_;
  const FileRecords &ours_, &going_;
  Teller& teller_;
  std::vector<std::byte> buffer_;
  std::string first_;
  Strangers out_;
};

}  // namespace

Strangers find_strangers(io::FileSystem& files, const fs::path& bag, const FileRecords& ours, const FileRecords& going, Teller& teller) {
  return Search(files, bag, ours, going, teller).run();
}

std::string added_info(const fs::path& bag) {
  std::string text, out;
  try {
    text = io::read_text(bag / kInfoFile, kMaxInfoBytes);
  } catch (const Error&) {  // there is none, or nothing that a person wrote
    return {};
  }
  if (!is_utf8(text)) return {};
  bool added = false;
  for (std::string_view rest = text; !rest.empty();) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const bool goes_on = line.front() == ' ' || line.front() == '\t';  // with the line before
    if (!goes_on) {
      const auto label = line.substr(0, line.find(':'));
      added = label.size() < line.size() && std::find(kOurLabels.begin(), kOurLabels.end(), label) == kOurLabels.end();
    }
    if (added) out += fmt::format("{}\n", line);
  }
  return out;
}

}  // namespace resonance::archive
