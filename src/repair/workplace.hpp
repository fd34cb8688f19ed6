/// Where the repaired beamtime is made, and how it appears.
#pragma once

#include <filesystem>
#include <memory>

#include "io/file_system.hpp"

namespace resonance::repair {

/// A folder `<output without .db>.partial` beside the output. What a repair that was killed left in it is thrown away: it holds
/// copies and links only.
class Workplace {
 public:
  /// \throws Error(already_exists) the output is there, or something else has the folder's name
  Workplace(std::shared_ptr<io::FileSystem> files, std::filesystem::path output);
  ~Workplace();  ///< the folder goes, unless that fails
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  [[nodiscard]] std::filesystem::path database() const { return folder_ / output_.filename(); }  ///< the one being made
  [[nodiscard]] std::filesystem::path store() const;
  [[nodiscard]] std::filesystem::path scratch() const { return folder_ / "damaged.db"; }  ///< a copy of the damaged one

  /// Everything is complete: on stable storage, then the store by its name, then the database.
  void publish();

 private:
  void take_back_store();
  void clear();

  std::shared_ptr<io::FileSystem> files_;  // shared with the caller
  const std::filesystem::path output_, folder_;
};

}  // namespace resonance::repair
