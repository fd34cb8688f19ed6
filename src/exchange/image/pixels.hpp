/// Elements of a frame by their C++ type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "exchange/image/half.hpp"
#include "resonance/types.hpp"

namespace resonance::image {

/// The frame has at least one pixel and exactly the bytes that its geometry says. \throws Error(invalid_argument)
void require_whole(const FrameView& frame);

/// Element `i`; the bytes need no alignment.
template <class T>
[[nodiscard]] T load(const std::byte* bytes, std::uint64_t i) noexcept {
  T value;
  std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
  return value;
}

/// The value as a double; 64-bit integers are rounded.
template <class T>
[[nodiscard]] double as_double(T value) noexcept {
  if constexpr (std::is_same_v<T, Half>)
    return to_float(value);
  else
    return static_cast<double>(value);
}

/// Call `visitor.template operator()<T>()` with the element type; bool is uint8_t, float16 is Half.
template <class Visitor>
decltype(auto) visit_dtype(DType dtype, Visitor&& visitor) {
  switch (dtype) {
    case DType::boolean:
    case DType::uint8:
      return visitor.template operator()<std::uint8_t>();
    case DType::int8:
      return visitor.template operator()<std::int8_t>();
    case DType::int16:
      return visitor.template operator()<std::int16_t>();
    case DType::int32:
      return visitor.template operator()<std::int32_t>();
    case DType::int64:
      return visitor.template operator()<std::int64_t>();
    case DType::uint16:
      return visitor.template operator()<std::uint16_t>();
    case DType::uint32:
      return visitor.template operator()<std::uint32_t>();
    case DType::uint64:
      return visitor.template operator()<std::uint64_t>();
    case DType::float16:
      return visitor.template operator()<Half>();
    case DType::float32:
      return visitor.template operator()<float>();
    case DType::float64:
      break;
  }
  return visitor.template operator()<double>();
}

}  // namespace resonance::image
