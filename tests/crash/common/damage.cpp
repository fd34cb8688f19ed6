#include "crash/common/damage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "crash/common/settings.hpp"

namespace resonance::crash {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLogHeader = 32, kFrameHeader = 24;  // of SQLite's log
constexpr std::size_t kBlock = 64;                         // of a shard: all 0, all 0xff, or it means something

std::size_t number_at(const std::vector<std::byte>& bytes, std::size_t at) {
  return static_cast<std::size_t>(bytes[at]) << 8 | static_cast<std::size_t>(bytes[at + 1]);
}

/// Of a page of SQLite's: what lies between its cell pointers and its cells is free.
void mark_page(const std::vector<std::byte>& bytes, std::size_t page, std::vector<bool>& used) {
  const auto header = page == 0 ? 100 : page;
  const auto type = std::to_integer<int>(bytes[header]);
  const bool leaf = type == 10 || type == 13;
  const bool tree = leaf || type == 2 || type == 5;
  const auto pointers = header + (leaf ? 8 : 12) + 2 * (tree ? number_at(bytes, header + 3) : 0);
  const auto cells = page + (tree ? number_at(bytes, header + 5) : 0);
  for (auto at = page; at < page + kPage; ++at) used[at] = !tree || at < pointers || at >= cells;
}

std::vector<bool> used_bytes(const SoundFile& file) {
  const auto& bytes = file.bytes;
  std::vector<bool> used(bytes.size(), file.kind == SoundFile::Kind::metadata);
  if (file.kind == SoundFile::Kind::database)
    for (std::size_t page = 0; page + kPage <= bytes.size(); page += kPage) mark_page(bytes, page, used);
  if (file.kind == SoundFile::Kind::log)
    for (std::size_t at = 0; at < bytes.size(); ++at)
      used[at] = at < kLogHeader || (at - kLogHeader) % (kPage + kFrameHeader) < kFrameHeader;
  if (file.kind == SoundFile::Kind::shard)
    for (std::size_t at = 0; at < bytes.size(); at += kBlock) {
      const auto end = std::min(bytes.size(), at + kBlock);
      const auto means_nothing = [&](std::byte value) {
        return std::all_of(bytes.data() + at, bytes.data() + end, [&](std::byte b) { return b == value; });
      };
      const bool some = !means_nothing(std::byte{0}) && !means_nothing(std::byte{0xFF});
      for (auto i = at; some && i < end; ++i) used[i] = true;
    }
  return used;
}

std::byte damaged(const SoundFile& file, const Damage& damage) {
  switch (damage.kind) {
    case Damage::Kind::zero:
      return std::byte{0};
    case Damage::Kind::ones:
      return std::byte{0xFF};
    default:
      return file.bytes[damage.offset] ^ std::byte(1u << mix(damage.offset) % 8);
  }
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (number_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void write(const std::byte* bytes, std::size_t count, std::uint64_t offset) const {
    if (::pwrite(number_, bytes, count, static_cast<off_t>(offset)) != static_cast<ssize_t>(count))
      throw std::system_error(errno, std::generic_category(), "pwrite");
  }
  void resize(std::uint64_t bytes) const {
    if (::ftruncate(number_, static_cast<off_t>(bytes)) != 0) throw std::system_error(errno, std::generic_category(), "ftruncate");
  }

 private:
  int number_;
};

}  // namespace

std::vector<SoundFile> sound_files(const fs::path& folder) {
  std::vector<SoundFile> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto name = entry.path().filename().string();
    SoundFile file;
    file.path = fs::relative(entry.path(), folder);
    if (name.ends_with(".db-lock") || name.ends_with(".db-shm") || name.ends_with(".partial")) continue;
    file.kind = name.ends_with(".db")    ? SoundFile::Kind::database
                : name.ends_with("-wal") ? SoundFile::Kind::log
                : name == "zarr.json"    ? SoundFile::Kind::metadata
                                         : SoundFile::Kind::shard;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    file.bytes.assign(reinterpret_cast<const std::byte*>(text.data()), reinterpret_cast<const std::byte*>(text.data()) + text.size());
    out.push_back(std::move(file));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

void add_damages(std::vector<Damage>& out, const SoundFile& file, std::uint32_t number, const DamageSample& sample) {
  using Kind = Damage::Kind;
  constexpr Kind kWays[] = {Kind::flipped_bit, Kind::zero, Kind::ones};
  const auto used = used_bytes(file);
  for (std::uint64_t at = 0; at < file.bytes.size(); ++at) {
    if (mix(at, 1) % (used[at] ? sample.used_stride : sample.stride) != 0) continue;
    auto way = mix(at, 2) % 3;
    for (unsigned tried = 0; tried < 3; ++tried, way = (way + 1) % 3) {
      const Damage damage{number, kWays[way], at};
      if (damaged(file, damage) == file.bytes[at]) continue;  // it is that already
      out.push_back(damage);
      if (!sample.three_ways) break;
    }
  }
  const auto size = file.bytes.size();
  for (std::uint64_t length = 0; length < size; length += std::max<std::uint64_t>(1, std::min<std::uint64_t>(512, size / 8)))
    out.push_back({number, Kind::cut, length});
  if (size > 0) out.push_back({number, Kind::cut, size - 1});
  for (const std::uint64_t more : {1, 512, 4096}) out.push_back({number, Kind::grown, more});
}

void inflict(const fs::path& folder, const SoundFile& file, const Damage& damage) {
  const Descriptor target(folder / file.path, O_WRONLY);
  if (damage.kind == Damage::Kind::cut) return target.resize(damage.offset);
  if (damage.kind == Damage::Kind::grown) {
    const std::vector<std::byte> more(damage.offset, std::byte{0xA5});
    return target.write(more.data(), more.size(), file.bytes.size());
  }
  const auto byte = damaged(file, damage);
  target.write(&byte, 1, damage.offset);
}

void heal(const fs::path& folder, const SoundFile& file, const Damage& damage) {
  const Descriptor target(folder / file.path, O_WRONLY);
  if (damage.kind == Damage::Kind::cut)
    return target.write(file.bytes.data() + damage.offset, file.bytes.size() - damage.offset, damage.offset);
  if (damage.kind == Damage::Kind::grown) return target.resize(file.bytes.size());
  target.write(&file.bytes[damage.offset], 1, damage.offset);
}

std::string words_of(const SoundFile& file, const Damage& damage) {
  constexpr const char* kWords[] = {"a bit flipped at byte", "zero at byte", "0xff at byte", "cut to", "longer by"};
  return fmt::format("{}: {} {}", file.path.string(), kWords[static_cast<int>(damage.kind)], damage.offset);
}

}  // namespace resonance::crash
