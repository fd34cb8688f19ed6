/// Make an image of a disk after a crash, and check it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "crash/model/check.hpp"
#include "crash/model/disk.hpp"
#include "crash/model/scenarios.hpp"

namespace resonance::crash {

/// One image of one recording: all that is needed to make it again.
struct ImageName {
  std::uint64_t position = 0;
  Survival survival = Survival::everything;
  std::uint64_t seed = 0;
};
[[nodiscard]] std::string to_string(const ImageName& name);  ///< "412:2:77"

/// `disk` stands at name.position. \return what is wrong
[[nodiscard]] std::vector<std::string> check_image(const Recording& recording, const Disk& disk, const ImageName& name,
                                                   const std::filesystem::path& room, CheckOptions options);

/// What is done with image number n. One in sixteen is looked at from all sides; of the others half are read before recovery, half
/// verified behind it, so that there is time for more images.
[[nodiscard]] inline CheckOptions checks_of(std::uint64_t n) {
  const bool all = n % 16 == 0;
  return {.before = all || n % 2 == 1, .verify = all || n % 2 == 0, .again = all};
}

/// "behind operation 411, rename x.zarr/runs/RUN/ccd/c/0/0/0"
[[nodiscard]] std::string place_of(const Recording& recording, std::uint64_t position);

/// A folder in memory when there is one, removed at the end.
class Room {
 public:
  Room();
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A recording as a file, so that an image can be made again although threads never run the same way twice.
void save_recording(const Recording& recording, const std::filesystem::path& path);
void load_recording(const std::filesystem::path& path, Recording& out);

}  // namespace resonance::crash
