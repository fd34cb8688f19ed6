// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include "exchange/image/npy.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <string>

namespace resonance::image {
namespace {

std::string type_text(DType dtype) {
  const char kind = [dtype] {
    switch (dtype) {
      case DType::boolean:
        return 'b';
      case DType::int8:
      case DType::int16:
      case DType::int32:
      case DType::int64:
        return 'i';
      case DType::float16:
      case DType::float32:
      case DType::float64:
        return 'f';
      default:
        return 'u';
    }
  }();
  const char order = item_size(dtype) == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
  return fmt::format("{}{}{}", order, kind, item_size(dtype));
}

}  // namespace

std::vector<std::byte> npy_header(std::span<const std::uint64_t> shape, DType dtype) {
  std::string extents;
  for (const auto extent : shape) extents += fmt::format("{}, ", extent);
  if (shape.size() > 1)
    extents.resize(extents.size() - 2);  // "(3,)" keeps its comma, "(2, 3)" ends without
  else if (shape.size() == 1)
    extents.resize(extents.size() - 1);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type_text(dtype), extents);
  constexpr std::size_t prefix = 10;  // magic, version, length of the text
  constexpr std::size_t alignment = 64;
  text.append((alignment - (prefix + text.size() + 1) % alignment) % alignment, ' ');
  text += '\n';
  const auto length = static_cast<std::uint16_t>(text.size());
  std::string file = "\x93NUMPY";
  file += {'\x01', '\x00', static_cast<char>(length & 0xFF), static_cast<char>(length >> 8)};
  file += text;
  std::vector<std::byte> bytes(file.size());
  std::memcpy(bytes.data(), file.data(), file.size());
  return bytes;
}

}  // namespace resonance::image
