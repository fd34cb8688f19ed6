#include "pixels.hpp"

#include <nanobind/stl/string.h>

#include <fmt/format.h>

#include <bit>
#include <optional>
#include <string_view>
#include <utility>

#include "resonance/error.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

static_assert(std::endian::native == std::endian::little);

/// Element type of a buffer's format (the words of Python's struct module); nothing for other byte orders and kinds.
std::optional<DType> type_of(const char* format, Py_ssize_t item_size) {
  if (format == nullptr) return DType::uint8;
  std::string_view text(format);
  if (!text.empty() && (text[0] == '@' || text[0] == '=' || text[0] == '<')) text.remove_prefix(1);
  if (text.size() != 1) return {};
  const auto by_size = [item_size](DType one, DType two, DType four, DType eight) -> std::optional<DType> {
    switch (item_size) {
      case 1:
        return one;
      case 2:
        return two;
      case 4:
        return four;
      case 8:
        return eight;
      default:
        return {};
    }
  };
  switch (text[0]) {
    case '?':
      return DType::boolean;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
      return by_size(DType::int8, DType::int16, DType::int32, DType::int64);
    case 'B':
    case 'H':
    case 'I':
    case 'L':
    case 'Q':
      return by_size(DType::uint8, DType::uint16, DType::uint32, DType::uint64);
    case 'e':
      return DType::float16;
    case 'f':
      return DType::float32;
    case 'd':
      return DType::float64;
    default:
      return {};
  }
}

/// What NumPy makes of it: C order, native byte order.
nb::object in_order(nb::handle array) {
  const auto numpy = nb::module_::import_("numpy");
  nb::object made = numpy.attr("asarray")(array);
  const auto kind = nb::cast<std::string>(nb::object(made.attr("dtype").attr("kind")));
  if (kind.find_first_of("biuf") == std::string::npos) {
    PyErr_Format(PyExc_TypeError, "frames are arrays of bool, integers or floats, not of %S", nb::object(made.attr("dtype")).ptr());
    throw nb::python_error();
  }
  made = made.attr("astype")(made.attr("dtype").attr("newbyteorder")("="), nb::arg("order") = "C", nb::arg("copy") = false);
  return made;
}

/// \throws Error(invalid_argument) pixels of a numpy.ma array are masked: what lies under the mask is no measurement
void require_unmasked(nb::handle array) {
  if (!nb::hasattr(array, "filled")) return;
  if (nb::cast<bool>(nb::module_::import_("numpy.ma").attr("is_masked")(array)))
    throw Error(ErrorCode::invalid_argument, "pixels of the frame are masked; fill them first: frame.filled(0)");
}

void require_axes(int found, int wanted) {
  if (found == wanted) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} has {} axes (rows, columns{}), not {}", wanted == 2 ? "a frame" : "a block of frames", wanted,
                          wanted == 2 ? "" : " of each frame", found));
}

}  // namespace

bool Pixels::take(nb::handle array, int dimensions) {
  if (PyObject_GetBuffer(array.ptr(), &buffer_, PyBUF_FULL_RO) != 0) {
    PyErr_Clear();
    return false;
  }
  held_ = true;
  const auto type = type_of(buffer_.format, buffer_.itemsize);
  if (type && PyBuffer_IsContiguous(&buffer_, 'C') != 0) {
    require_axes(buffer_.ndim, dimensions);
    dtype_ = *type;
    return true;
  }
  PyBuffer_Release(&buffer_);
  held_ = false;
  return false;
}

Pixels::Pixels(nb::handle array, int dimensions) {
  require_unmasked(array);
  try {
    if (take(array, dimensions)) return;
    const auto made = in_order(array);
    require_axes(static_cast<int>(nb::cast<long>(made.attr("ndim"))), dimensions);
    if (take(made, dimensions)) return;
    PyErr_Format(PyExc_TypeError, "frames cannot be of dtype %S", nb::object(made.attr("dtype")).ptr());
    throw nb::python_error();
  } catch (...) {
    if (held_) PyBuffer_Release(&buffer_);
    throw;
  }
}

Pixels::~Pixels() {
  if (held_) PyBuffer_Release(&buffer_);
}

Pixels::Pixels(Pixels&& other) noexcept : buffer_(other.buffer_), held_(std::exchange(other.held_, false)), dtype_(other.dtype_) {}

FrameView Pixels::frame() const {
  return {{static_cast<const std::byte*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)},
          static_cast<std::uint64_t>(buffer_.shape[0]),
          static_cast<std::uint64_t>(buffer_.shape[1]),
          dtype_};
}

FrameBlock Pixels::block() const {
  return {{static_cast<const std::byte*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)},
          static_cast<std::uint64_t>(buffer_.shape[0]),
          static_cast<std::uint64_t>(buffer_.shape[1]),
          static_cast<std::uint64_t>(buffer_.shape[2]),
          dtype_};
}

nb::dlpack::dtype array_type(DType dtype) {
  using Code = nb::dlpack::dtype_code;
  const auto bits = static_cast<std::uint8_t>(item_size(dtype) * 8);
  const auto name = to_string(dtype);
  const auto code = dtype == DType::boolean     ? Code::Bool
                    : name.starts_with("float") ? Code::Float
                    : name.starts_with("u")     ? Code::UInt
                                                : Code::Int;
  return {static_cast<std::uint8_t>(code), bits, 1};
}

namespace {

/// NumPy has two types of 64 bits, C's long and long long. They hold the same and compare equal, but programs that look types up (zarr,
/// and with it xarray) know the first alone, which is numpy.int64.
nb::object as_numpy(nb::object array, DType dtype) {
  if (dtype != DType::int64 && dtype != DType::uint64) return array;
  return array.attr("view")(nb::module_::import_("numpy").attr(dtype == DType::int64 ? "int64" : "uint64"));
}

}  // namespace

nb::object to_array(Frame&& frame) {
  auto* held = new Frame(std::move(frame));
  const nb::capsule owner(held, [](void* pointer) noexcept { delete static_cast<Frame*>(pointer); });
  const std::size_t shape[] = {held->height, held->width};
  return as_numpy(nb::cast(AnyArray(held->bytes.data(), 2, shape, owner, nullptr, array_type(held->dtype))), held->dtype);
}

nb::object to_view(const void* bytes, const std::vector<std::size_t>& shape, DType dtype, std::shared_ptr<const void> keep) {
  auto* held = new std::shared_ptr<const void>(std::move(keep));
  const nb::capsule owner(held, [](void* pointer) noexcept { delete static_cast<std::shared_ptr<const void>*>(pointer); });
  return as_numpy(nb::cast(ReadOnlyArray(bytes, shape.size(), shape.data(), owner, nullptr, array_type(dtype))), dtype);
}

Target::Target(nb::handle array) {
  if (PyObject_GetBuffer(array.ptr(), &buffer_, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) != 0) {
    PyErr_Clear();
    throw Error(ErrorCode::invalid_argument, "out must be a writable array in C order");
  }
}

}  // namespace resonance::python
