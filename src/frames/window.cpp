#include "frames/window.hpp"

#include <cstring>

namespace resonance::frames {

namespace {

template <std::size_t Item>
void pick(const std::byte* from, std::uint64_t stride, std::uint64_t count, std::byte* to) noexcept {
  for (std::uint64_t i = 0; i < count; ++i) std::memcpy(to + i * Item, from + i * stride, Item);
}

void copy_row(const PixelGrid& grid, const std::byte* from, std::byte* to) noexcept {
  if (grid.column_stride == grid.item) {
    std::memcpy(to, from, grid.columns * grid.item);
    return;
  }
  switch (grid.item) {
    case 1:
      return pick<1>(from, grid.column_stride, grid.columns, to);
    case 2:
      return pick<2>(from, grid.column_stride, grid.columns, to);
    case 4:
      return pick<4>(from, grid.column_stride, grid.columns, to);
    default:
      return pick<8>(from, grid.column_stride, grid.columns, to);
  }
}

}  // namespace

AxisPart part_within(const Axis& axis, std::uint64_t begin, std::uint64_t length) noexcept {
  AxisPart out;
  out.axis.step = axis.step;
  if (axis.start < begin) out.first = (begin - axis.start - 1) / axis.step + 1;
  if (out.first >= axis.count) return out;
  const auto at = axis.start + out.first * axis.step;
  if (at - begin >= length) return out;
  out.axis.start = at - begin;
  out.axis.count = std::min(axis.count - out.first, (length - out.axis.start - 1) / axis.step + 1);
  return out;
}

void copy_pixels(const PixelGrid& grid, std::uint64_t first_row, std::uint64_t rows, const std::byte* from, std::uint64_t from_offset,
                 std::byte* to, std::uint64_t to_stride) noexcept {
  for (std::uint64_t row = first_row; row < first_row + rows; ++row)
    copy_row(grid, from + (grid.offset + row * grid.row_stride - from_offset), to + row * to_stride);
}

}  // namespace resonance::frames
