/// Which pixels of a frame are wanted. Arithmetic and copying only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "frames/layout.hpp"

namespace resonance::frames {

/// Positions start, start + step, … along one axis; `count` of them.
struct Axis {
  std::uint64_t start = 0;
  std::uint64_t count = 0;
  std::uint64_t step = 1;
};

/// Chosen rows and columns of a frame; all positions are inside it.
struct Window {
  Axis rows, columns;
  [[nodiscard]] std::uint64_t pixels() const noexcept { return rows.count * columns.count; }
  [[nodiscard]] bool is_whole(const Geometry& geometry) const noexcept {
    return rows.count == geometry.height && columns.count == geometry.width;
  }
};

[[nodiscard]] inline Window whole_of(const Geometry& geometry) noexcept { return {{0, geometry.height, 1}, {0, geometry.width, 1}}; }

/// What an axis has in common with [begin, begin + length): positions relative to `begin`, and which of the axis' they are.
struct AxisPart {
  Axis axis;
  std::uint64_t first = 0;  ///< number in the axis of the part's first position
};
[[nodiscard]] AxisPart part_within(const Axis& axis, std::uint64_t begin, std::uint64_t length) noexcept;

/// Pixels at regular distances in memory, all distances in bytes.
struct PixelGrid {
  std::uint64_t offset = 0;  ///< of the first pixel
  std::uint64_t rows = 0, row_stride = 0;
  std::uint64_t columns = 0, column_stride = 0;
  std::uint64_t item = 1;
  [[nodiscard]] std::uint64_t row_span() const noexcept { return (columns - 1) * column_stride + item; }  ///< first to last byte of a row
};

/// Copy rows [first_row, first_row + rows) of a grid. `from` begins at byte `from_offset` of the grid's memory; rows of the result
/// are `to_stride` bytes apart.
void copy_pixels(const PixelGrid& grid, std::uint64_t first_row, std::uint64_t rows, const std::byte* from, std::uint64_t from_offset,
                 std::byte* to, std::uint64_t to_stride) noexcept;

/// Call `visit(first_row, rows, offset, bytes)` for stretches of memory that together hold all rows: rows that lie no more than
/// `max_gap` bytes apart are fetched at once, as long as that makes no more than `max_bytes`.
template <class Visit>
void for_each_stretch(const PixelGrid& grid, std::uint64_t max_gap, std::uint64_t max_bytes, Visit&& visit) {
  const auto span = grid.row_span();
  const bool close = grid.rows < 2 || grid.row_stride <= max_gap || grid.row_stride - max_gap <= span;
  const auto at_once = close ? std::max<std::uint64_t>(1, max_bytes / std::max<std::uint64_t>(1, grid.row_stride)) : 1;
  for (std::uint64_t row = 0; row < grid.rows; row += at_once) {
    const auto rows = std::min(at_once, grid.rows - row);
    visit(row, rows, grid.offset + row * grid.row_stride, (rows - 1) * grid.row_stride + span);
  }
}

}  // namespace resonance::frames
