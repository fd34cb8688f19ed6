#include "frames/recover.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "frames/metadata_file.hpp"
#include "frames/shard_file.hpp"
#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::frames {

namespace {

/// Sealed shards are shorter than open ones, but for full raw ones, whose sealing is a sync.
bool is_open(const std::filesystem::path& shard, const Layout& layout) {
  return io::file_bytes(shard) == layout.data_bytes + layout.index_bytes;
}

/// What the writer was making when it died, a shard ahead of need among them. Nothing in such a file was ever acknowledged: it
/// gets its name before its first frame.
void remove_unfinished_files(io::FileSystem& files, const std::filesystem::path& array) {
  constexpr int kDepth = 4;  // c/<shard>/0/0
  for (const auto& file : io::list_files(array, kDepth))
    if (file.extension() == ".partial") files.remove(file);
}

}  // namespace

void finish_array(const std::shared_ptr<io::FileSystem>& files, const std::filesystem::path& store, const std::string& group,
                  std::uint64_t frames) {
  const auto folder = store / group;
  const auto layout = layout_of(read_metadata(folder));
  const auto per_shard = layout.frames_per_shard();
  for (std::uint64_t first = 0; first < frames; first += per_shard) {
    const std::uint64_t position[] = {first / per_shard, 0, 0};
    const auto path = folder / zarr::chunk_key(layout.metadata, position);
    if (!files->exists(path))
      throw Error(ErrorCode::corrupt, fmt::format("{} is lost", path.string()),
                  {.os_errno = 0, .file = path, .offset = {}, .database = false});
    if (!is_open(path, layout)) continue;
    ShardFile shard(files, path, layout, ShardFile::Unsealed{});
    const auto held = std::min(per_shard, frames - first);
    if (!layout.raw()) shard.take_back(held);  // frames that no transaction named
    shard.seal(held);
  }
  write_metadata(*files, folder, layout.metadata, frames, true);
  remove_unfinished_files(*files, folder);
}

}  // namespace resonance::frames
