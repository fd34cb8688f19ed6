// Any bytes as a store of one array: its metadata file and the file of its first chunk or shard. Byte 0: version 2 in the lowest
// bit, the metadata file left out in the next. Bytes 1 and 2: length of the metadata text. What follows it is the chunk file.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "frames/frame_array_reader.hpp"
#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"

namespace {

using namespace resonance;
namespace fs = std::filesystem;

constexpr std::uint64_t kMaxChunkBytes = 1 << 20, kMaxParts = 256;

/// One folder for the life of the process, in memory where there is a file system for that.
class Store {
 public:
  Store() {
    const char* wanted = std::getenv("TMPDIR");
    std::string name = wanted != nullptr ? wanted : fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    name += "/resonance-fuzz-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    fs::create_directories(array() / "c/0/0");
    fs::create_directories(array() / "0/0");
    // The first chunk by all the names that it can have.
    for (const auto* key : {"c.0.0.0", "c/0/0/0", "0.0.0", "0/0/0"}) fs::create_symlink(root_ / "chunk", array() / key);
  }
  ~Store() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] const fs::path& root() const noexcept { return root_; }
  [[nodiscard]] fs::path array() const { return root_ / "array"; }

  void fill(const char* metadata, std::span<const std::uint8_t> text, std::span<const std::uint8_t> chunk) const {
    for (const auto* name : {"zarr.json", ".zarray"}) ::unlink((array() / name).c_str());
    if (metadata != nullptr) write(array() / metadata, text);
    write(root_ / "chunk", chunk);
  }

 private:
  static void write(const fs::path& file, std::span<const std::uint8_t> bytes) {
    const int to = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0 || ::write(to, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
    ::close(to);
  }
  fs::path root_;
};

/// Arrays whose honest memory would be too much for a fuzzer; the limits themselves are tested elsewhere.
bool too_large(const Store& store) {
  const auto metadata = frames::read_metadata(store.array());
  return metadata.chunk_bytes() > kMaxChunkBytes || metadata.chunks_per_shard() > kMaxChunkBytes / 16 ||
         (metadata.shape.size() == 3 && (metadata.shape[1] > 4096 || metadata.shape[2] > 4096)) ||
         zarr::frame_parts(metadata, 0).size() > kMaxParts;
}

void read_frames(const Store& store) {
  if (too_large(store)) return;
  const frames::FrameArrayReader reader(store.root(), "array");
  std::vector<std::byte> frame(reader.geometry().frame_bytes());
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, ~std::uint64_t{0}}) {
    try {
      reader.read(number, frame);
      if (!reader.mappable()) continue;
      const auto mapped = reader.map(number);
      if (mapped.bytes.size() != frame.size()) std::abort();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Store store;
  if (size < 3) return 0;
  const std::span<const std::uint8_t> rest(data + 3, size - 3);
  const std::size_t text = std::min<std::size_t>(data[1] + 256u * data[2], rest.size());
  store.fill((data[0] & 2u) != 0 ? nullptr : (data[0] & 1u) != 0 ? ".zarray" : "zarr.json", rest.first(text), rest.subspan(text));
  try {
    read_frames(store);
  } catch (const Error& error) {
    switch (error.code()) {
      case ErrorCode::corrupt:
      case ErrorCode::unsupported:
      case ErrorCode::not_found:
      case ErrorCode::io:
        break;
      default:
        std::abort();
    }
  }
  return 0;
}
