/// What a disk may hold after a crash: built from the operation log, operation by operation.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "crash/seam/operation_log.hpp"

namespace resonance::crash {

/// A file of pages, of which those that were never written are zero. Copies share pages.
class SparseFile {
 public:
  static constexpr std::uint64_t kPage = 4096;
  void write(std::uint64_t offset, std::span<const std::byte> bytes);
  void resize(std::uint64_t bytes);
  void grow_to(std::uint64_t bytes) { size_ = std::max(size_, bytes); }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  void save(const std::filesystem::path& path) const;

 private:
  using Page = std::array<std::byte, kPage>;
  Page& page(std::uint64_t number);
  std::uint64_t size_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Page>> pages_;  // shared until one of the copies writes
};

/// How much of what was not synced is there.
enum class Survival : std::uint8_t {
  everything,  ///< the page cache outlived its writers: the death of the process
  ordered,     ///< names as a journal keeps them, in one order; of the bytes any part
  folders,     ///< names of each folder in an order of its own; of the bytes any part
};
inline constexpr int kSurvivals = 3;

/// The operations of a log, carried out up to a position that only grows.
class Disk {
 public:
  explicit Disk(const OperationLog& log);

  void advance_to(std::uint64_t position);
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

  /// One state in which the disk may be after a crash at this position. Everything that was synced is in it.
  /// \return whether parts of pages were lost
  bool save(const std::filesystem::path& folder, Survival survival, std::uint64_t seed) const;

 private:
  struct File {
    SparseFile synced, now;
    std::vector<std::uint64_t> pending;  // operations since the last sync
  };
  struct Names {               // of one folder
    std::uint64_t synced = 0;  // so many of `operations` are on stable storage
    std::vector<std::uint64_t> operations;
  };
  using Random = std::mt19937_64;
  using Tree = std::map<std::uint64_t, std::map<std::string, std::uint64_t>>;  // folder → name → file

  void apply_names(Tree& tree, const LoggedOperation& operation) const;
  [[nodiscard]] std::vector<std::uint64_t> surviving_names(Survival survival, Random& random) const;
  [[nodiscard]] std::vector<std::uint64_t> names_in_journal(Random& random) const;
  [[nodiscard]] std::vector<std::uint64_t> names_by_folder(Random& random) const;
  [[nodiscard]] SparseFile surviving_bytes(const File& file, Random& random, bool& tore_pages) const;
  [[nodiscard]] SparseFile torn(const File& file, std::uint64_t block, Random& random) const;
  void save_folder(const Tree& tree, std::uint64_t folder, const std::filesystem::path& path, Survival survival, Random& random,
                   bool& tore_pages) const;

  const OperationLog& log_;
  std::uint64_t position_ = 0;
  Tree first_;
  std::map<std::uint64_t, File> files_;
  std::map<std::uint64_t, Names> folders_;
  std::vector<std::uint64_t> names_;  // all operations on names, in order
};

}  // namespace resonance::crash
