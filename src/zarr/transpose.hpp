/// Reordering the axes of a chunk (Zarr v3, transpose codec).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace resonance::zarr {

using Extents = std::vector<std::uint64_t>;

/// Is `order` a permutation of 0 … rank-1?
[[nodiscard]] bool is_permutation_of_axes(const Extents& order, std::size_t rank);
/// The one permutation that does `first`, then `second`. An empty `first` is the identity.
[[nodiscard]] Extents composed(const Extents& first, const Extents& second);
[[nodiscard]] Extents inverse(const Extents& order);
/// `shape` with its axes in `order`.
[[nodiscard]] Extents permuted(const Extents& shape, const Extents& order);

/// Axis i of `out` is axis order[i] of `in`, whose shape is `shape`; both in C order and of equal size.
void transpose(std::span<const std::byte> in, const Extents& shape, const Extents& order, std::size_t item_bytes, std::span<std::byte> out);

}  // namespace resonance::zarr
