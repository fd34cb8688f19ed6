#include "archive/frame_judge.hpp"

#include <optional>
#include <vector>

#include "frames/frame_array_reader.hpp"
#include "frames/pixel_check.hpp"
#include "resonance/error.hpp"

namespace resonance::archive {

namespace {

std::uint64_t count_of(const FrameRanges& frames) {
  std::uint64_t out = 0;
  for (const auto& [first, last] : frames) out += last - first + 1;
  return out;
}

}  // namespace

FrameRanges FrameJudge::bad_frames(const std::filesystem::path& store, const std::string& group, Checksums::const_iterator begin,
                                   Checksums::const_iterator end) const {
  FrameRanges out;
  std::optional<frames::FrameArrayReader> reader;
  std::vector<std::byte> pixels;
  try {
    reader.emplace(store, group);
    pixels.resize(reader->geometry().frame_bytes());
  } catch (const std::exception&) {  // none of them can be read, or a frame is too large for the memory
  }
  for (auto it = begin; it != end; ++it) {
    bool good = false;
    try {
      if (reader) reader->read(it->first, pixels);
      good = reader && frames::pixel_checksum(pixels, item_size(reader->geometry().dtype)) == it->second;
    } catch (const Error&) {  // it is lost, or its file cannot be read
    }
    if (!good) add_range(out, it->first, it->first);
  }
  return out;
}

FrameRanges FrameJudge::worse_in_source(const std::string& run_uid, const std::string& group, std::uint64_t first, std::uint64_t last) {
  if (group != group_) {
    checksums_ = snapshot_.checksums_of(run_uid, group);
    group_ = group;
  }
  const auto begin = checksums_.lower_bound(first), end = checksums_.upper_bound(last);
  auto now = bad_frames(source_, group, begin, end);
  if (now.empty() || count_of(bad_frames(copy_, group, begin, end)) > count_of(now)) return {};
  return now;
}

}  // namespace resonance::archive
