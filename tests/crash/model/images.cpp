#include "crash/model/images.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <system_error>

namespace resonance::crash {

namespace fs = std::filesystem;

std::string to_string(const ImageName& name) { return fmt::format("{}:{}:{}", name.position, static_cast<int>(name.survival), name.seed); }

std::string place_of(const Recording& recording, std::uint64_t position) {
  if (position == 0) return "before the first operation";
  return fmt::format("behind operation {} of {}, {}", position, recording.log.operations.size(),
                     recording.log.operations.at(position - 1).name());
}

std::vector<std::string> check_image(const Recording& recording, const Disk& disk, const ImageName& name, const fs::path& room,
                                     CheckOptions options) {
  const auto folder = room / "image";
  fs::remove_all(folder);
  options.torn_sectors = disk.save(folder, name.survival, name.seed);
  const Crash crash{name.position, name.survival == Survival::everything ? Death::process : Death::power};
  auto out = check_beamtime(folder / "x.db", recording.expected, crash, options);
  if (recording.also != nullptr && out.empty()) out = recording.also(folder);
  fs::remove_all(folder);
  return out;
}

Room::Room() {
  std::error_code ignored;
  auto place = fs::path("/dev/shm");
  if (const auto space = fs::space(place, ignored); ignored || space.available < (256u << 20)) place = fs::temp_directory_path();
  auto name = (place / "resonance-images-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
  path_ = name;
}

Room::~Room() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace resonance::crash
