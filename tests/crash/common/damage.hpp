/// One small change to one file, and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace resonance::crash {

struct Damage {
  enum class Kind : std::uint8_t { flipped_bit, zero, ones, cut, grown };
  std::uint32_t file = 0;  // which one
  Kind kind = Kind::flipped_bit;
  std::uint64_t offset = 0;  // of the byte; of a cut: the new length; grown: by how much
};

/// A file that can be damaged, as it is when it is sound.
struct SoundFile {
  enum class Kind : std::uint8_t { database, log, metadata, shard };
  std::filesystem::path path;  // below the beamtime's folder
  Kind kind = Kind::database;
  std::vector<std::byte> bytes;
};

/// The database, its log, and the files of the store below `folder`.
[[nodiscard]] std::vector<SoundFile> sound_files(const std::filesystem::path& folder);

/// How many of all the changes there could be.
struct DamageSample {
  bool three_ways = false;        ///< each byte flipped, zero and 0xff; else one of these, by its offset
  std::uint64_t stride = 1;       ///< of bytes that mean nothing (free space in pages, blocks of a shard that are all 0 or all 0xff)
                                  ///< and of pages in the log take one in so many
  std::uint64_t used_stride = 1;  ///< of the others
};

/// With { true, 1, 1 } that is every byte; cuts and growths besides.
void add_damages(std::vector<Damage>& out, const SoundFile& file, std::uint32_t number, const DamageSample& sample);

void inflict(const std::filesystem::path& folder, const SoundFile& file, const Damage& damage);
void heal(const std::filesystem::path& folder, const SoundFile& file, const Damage& damage);
[[nodiscard]] std::string words_of(const SoundFile& file, const Damage& damage);

}  // namespace resonance::crash
