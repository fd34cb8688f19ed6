#include "frames/metadata_file.hpp"

#include <fmt/format.h>

#include "zarr/group_metadata.hpp"
#include "zarr/metadata_v2.hpp"

namespace resonance::frames {

namespace {

constexpr std::uint64_t kMaxMetadataBytes = 16 << 20;

/// What `parse` makes of the file; nothing when there is no such file.
template <class Parse>
auto parse_file(const std::filesystem::path& file, Parse&& parse) -> std::optional<decltype(parse(std::string_view()))> {
  try {
    return parse(io::read_text(file, kMaxMetadataBytes));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return std::nullopt;
    auto detail = error.detail();
    if (detail.file.empty()) detail.file = file;
    const bool no_file = error.code() == ErrorCode::invalid_argument;  // a folder or a device of that name
    throw Error(no_file ? ErrorCode::corrupt : error.code(), fmt::format("reading {}: {}", file.string(), error.what()), std::move(detail));
  }
}

}  // namespace

zarr::ArrayMetadata read_metadata(const std::filesystem::path& array) {
  if (auto metadata = parse_file(array / "zarr.json", zarr::parse_array_metadata)) return std::move(*metadata);
  auto metadata = parse_file(array / ".zarray", zarr::parse_v2_array_metadata);
  if (!metadata)
    throw Error(ErrorCode::not_found, fmt::format("no Zarr array: neither {} nor a .zarray is there", (array / "zarr.json").string()),
                {.os_errno = 0, .file = array / "zarr.json", .offset = {}, .database = false});
  if (auto attributes = parse_file(array / ".zattrs", zarr::parse_v2_attributes)) metadata->attributes = std::move(*attributes);
  return std::move(*metadata);
}

void write_metadata(io::FileSystem& files, const std::filesystem::path& array, zarr::ArrayMetadata metadata, std::uint64_t frames,
                    bool durable) {
  metadata.shape[0] = frames;
  io::replace_file(files, array / "zarr.json", zarr::dump_array_metadata(metadata), durable);
}

std::optional<Error> group_fault(const std::filesystem::path& group) {
  const auto file = group / "zarr.json";
  try {
    if (parse_file(file, zarr::parse_group_metadata)) return std::nullopt;
    return Error(ErrorCode::not_found, fmt::format("{} is not there", file.string()),
                 {.os_errno = 0, .file = file, .offset = {}, .database = false});
  } catch (const Error& error) {
    return error;
  }
}

void make_groups(io::FileSystem& files, const std::filesystem::path& store, const std::filesystem::path& node) {
  io::make_directories(files, node, true);
  for (auto group = node;; group = group.parent_path()) {
    if (!files.exists(group / "zarr.json")) io::replace_file(files, group / "zarr.json", zarr::dump_group_metadata(), true);
    if (group == store) break;
  }
}

}  // namespace resonance::frames
