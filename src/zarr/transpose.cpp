#include "zarr/transpose.hpp"

#include <cstring>

namespace resonance::zarr {
namespace {

/// Strides of `in`, in elements, along the axes of the result.
Extents result_strides(const Extents& shape, const Extents& order) {
  Extents strides(shape.size());
  std::uint64_t step = 1;
  for (std::size_t axis = shape.size(); axis-- > 0; step *= shape[axis]) strides[axis] = step;
  return permuted(strides, order);
}

template <std::size_t ItemBytes>
void copy_strided(const std::byte* in, std::uint64_t stride, std::uint64_t count, std::byte* out) noexcept {
  for (std::uint64_t i = 0; i < count; ++i) std::memcpy(out + i * ItemBytes, in + i * stride * ItemBytes, ItemBytes);
}

using CopyLine = void (*)(const std::byte*, std::uint64_t, std::uint64_t, std::byte*);

CopyLine line_copier(std::size_t item_bytes) noexcept {
  switch (item_bytes) {
    case 1:
      return copy_strided<1>;
    case 2:
      return copy_strided<2>;
    case 4:
      return copy_strided<4>;
    default:
      return copy_strided<8>;
  }
}

}  // namespace

bool is_permutation_of_axes(const Extents& order, std::size_t rank) {
  if (order.size() != rank) return false;
  std::vector<bool> seen(rank);
  for (const auto axis : order) {
    if (axis >= rank || seen[axis]) return false;
    seen[axis] = true;
  }
  return true;
}

Extents composed(const Extents& first, const Extents& second) { return first.empty() ? second : permuted(first, second); }

Extents inverse(const Extents& order) {
  Extents out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) out[order[i]] = i;
  return out;
}

Extents permuted(const Extents& shape, const Extents& order) {
  Extents out;
  out.reserve(order.size());
  for (const auto axis : order) out.push_back(shape[axis]);
  return out;
}

void transpose(std::span<const std::byte> in, const Extents& shape, const Extents& order, std::size_t item_bytes,
               std::span<std::byte> out) {
  const Extents extents = permuted(shape, order), strides = result_strides(shape, order);
  const std::size_t last = extents.size() - 1;
  const std::uint64_t line_bytes = extents[last] * item_bytes;
  const auto copy_line = line_copier(item_bytes);
  Extents position(extents.size());
  std::uint64_t from = 0;
  for (std::uint64_t to = 0; to < out.size(); to += line_bytes) {
    copy_line(in.data() + from * item_bytes, strides[last], extents[last], out.data() + to);
    for (std::size_t axis = last; axis-- > 0;) {  // the next line: count up, the last axis but one first
      from += strides[axis];
      if (++position[axis] < extents[axis]) break;
      from -= strides[axis] * extents[axis];
      position[axis] = 0;
    }
  }
}

}  // namespace resonance::zarr
