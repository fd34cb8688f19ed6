#include "catalog/selection.hpp"

#include <fmt/format.h>

#include "resonance/error.hpp"

namespace resonance::catalog {

namespace {

constexpr auto kAll = FrameSelection::kAll;

void require_step(bool good, const char* what) {
  if (!good) throw Error(ErrorCode::invalid_argument, fmt::format("the step of the {} is 0", what));
}

FrameSteps select_frames(const ImageSequence::Impl& images, const FrameSelection& wanted) {
  require_step(wanted.step != 0, "frames");
  const std::uint64_t size = images.refs().size();
  const bool forwards = wanted.step > 0;
  const auto stride = forwards ? static_cast<std::uint64_t>(wanted.step) : 0 - static_cast<std::uint64_t>(wanted.step);
  if (wanted.first >= size) {
    if (wanted.count == 0 || (wanted.count == kAll && wanted.first == (forwards ? size : 0))) return {0, 0, wanted.step};
    (void)images.ref(wanted.first);
  }
  const auto most = (forwards ? size - 1 - wanted.first : wanted.first) / stride + 1;
  const auto count = wanted.count == kAll ? most : wanted.count;
  if (count > most)
    throw Error(ErrorCode::not_found,
                fmt::format("{} frames from {} in steps of {} are wanted; {} of run {} has {} frames, so there are {} of them", count,
                            wanted.first, wanted.step, images.arrays().field(), images.arrays().run_uid(), size, most));
  return {wanted.first, count, wanted.step};
}

frames::Axis select_pixels(std::uint64_t start, std::uint64_t count, std::uint64_t step, std::uint64_t length, const char* what) {
  require_step(step != 0, what);
  const auto most = start < length ? (length - start - 1) / step + 1 : 0;
  if (start > length || (count != kAll && count > most))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} {} from {} in steps of {} are not all in a frame that has {}",
                                                         count == kAll ? "the" : fmt::to_string(count), what, start, step, length));
  return {start, count == kAll ? most : count, step};
}

}  // namespace

Selected select(const ImageSequence::Impl& images, const FrameSelection& selection) {
  Selected out;
  out.frames = select_frames(images, selection);
  if (out.frames.count > 0)
    out.geometry = images.one_geometry(out.frames.first, out.frames.count, out.frames.step);
  else if (!images.groups().empty())
    out.geometry = images.groups().front().geometry;
  out.window.rows = select_pixels(selection.row, selection.rows, selection.row_step, out.geometry.height, "rows");
  out.window.columns = select_pixels(selection.column, selection.columns, selection.column_step, out.geometry.width, "columns");
  return out;
}

}  // namespace resonance::catalog
