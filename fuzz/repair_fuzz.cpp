// Any bytes as the rows of a beamtime's database: they replace bytes of a sound one, from a place on that the first two bytes name.
// Repairing it either says that nothing can be read, or makes a beamtime without faults.
#include <stdlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "resonance/error.hpp"
#include "resonance/repair.hpp"
#include "resonance/run_writer.hpp"

namespace {

using namespace resonance;
namespace fs = std::filesystem;

/// One folder for the life of the process, in memory where there is a file system for that.
class Place {
 public:
  Place() {
    const char* wanted = std::getenv("TMPDIR");
    std::string name = wanted != nullptr ? wanted : fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    name += "/resonance-fuzz-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    record();
    std::ifstream file(database(), std::ios::binary);
    sound_.assign(std::istreambuf_iterator<char>(file), {});
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] fs::path database() const { return root_ / "x.db"; }
  [[nodiscard]] const std::string& sound() const noexcept { return sound_; }
  void clear() const {
    fs::remove(root_ / "x.repaired.db");
    fs::remove_all(root_ / "x.repaired.zarr");
  }

 private:
  void record() const {
    RunWriterOptions options;
    options.durability = Durability::group;
    options.allow_undeclared = true;
    RunWriter writer(database(), options);
    for (const char* plan : {"first", "second"}) {
      writer.open_run(plan);
      writer.open_stream("primary", Json::object());
      for (int i = 0; i < 20; ++i) writer.write_event("primary", Json::object({{"x", i}}));
      writer.close_run();
    }
  }
  fs::path root_;
  std::string sound_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Place place;
  if (size < 2) return 0;
  auto bytes = place.sound();
  const std::size_t at = (data[0] + 256u * data[1]) * 4u % bytes.size();
  const auto length = std::min(size - 2, bytes.size() - at);
  std::copy_n(data + 2, length, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  std::ofstream(place.database(), std::ios::binary) << bytes;
  try {
    if (repair_beamtime(place.database(), {}, [](const RepairFinding&) {}).verified.num_faults != 0) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::unsupported) std::abort();
  }
  place.clear();
  return 0;
}
