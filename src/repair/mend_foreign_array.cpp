// Arrays of somebody else, and arrays of which nothing is left.
#include <utility>

#include "frames/frame_array_reader.hpp"
#include "frames/pixel_check.hpp"
#include "io/link.hpp"
#include "repair/array_mender.hpp"
#include "resonance/error.hpp"

namespace resonance::repair {

namespace {

constexpr std::uint64_t kForeignFrames = 4096;  // looked at together

}  // namespace

void ArrayMender::leave_out() {
  if (frames_.lost(group_) == 0) {
    frames_.delete_store(group_);
  } else if (store_) {
    store_->num_frames = 0;
    frames_.put_store(*store_);
  }
  io::remove_tree(folder_);
}

void ArrayMender::lose_all(const std::string& why) {
  for_each_reference(0, [&](const Reference& reference, LostRange& lost) {
    const FrameState state{.there = false, .decodes = false, .why = why, .offset = {}};
    lost.add(reference.number, state, old_);
    frames_.lose(reference.id, context_.now, reason(state));
  });
  leave_out();
}

void ArrayMender::mend_foreign() {
  if (foreign_format_) return;  // it need not be damaged because we do not understand it
  std::optional<frames::FrameArrayReader> reader;
  std::string why = metadata_error_;
  try {
    reader.emplace(task_.store, group_);
  } catch (const Error& error) {
    why = error.what();
  }
  if (!reader) return lose_all(why);
  std::vector<std::byte> pixels(reader->geometry().frame_bytes());
  for_each_reference(0, [&](const Reference& reference, LostRange& lost) {
    FrameState state;
    try {
      reader->read(reference.number, pixels);
      state.there =
          !reference.crc32c || std::cmp_equal(*reference.crc32c, frames::pixel_checksum(pixels, item_size(reader->geometry().dtype)));
      state.why = "its pixels are not those that were recorded";
    } catch (const Error& error) {
      state.why = error.what();
    }
    if (state.there) return;
    lost.add(reference.number, state, old_);
    frames_.lose(reference.id, context_.now, reason(state));
  });
}

LostRange::Tell ArrayMender::teller() {
  return [this](const fs::path& file, auto first, auto last, const auto& why, auto offset) { tell_lost(file, first, last, why, offset); };
}

void ArrayMender::for_each_reference(std::uint64_t first, const std::function<void(const Reference&, LostRange&)>& visit) {
  LostRange lost(teller());
  while (named_ && first <= *named_) {
    const auto references = frames_.at_least(first, kForeignFrames);
    for (const auto& reference : references)
      if (reference.id > 0) visit(reference, lost);
    if (references.size() < kForeignFrames) break;
    first = references.back().number + 1;
  }
  lost.finish();
}

}  // namespace resonance::repair
