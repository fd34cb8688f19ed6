/// Frames between NumPy arrays and the library.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <vector>

#include "resonance/image_sequence.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::python {

/// The pixels of an array of `dimensions` axes, in C order and native byte order; held as long as this lives. Arrays of another
/// layout or byte order, and what NumPy can make an array of, are copied once.
class Pixels {
 public:
  /// \throws TypeError for what is no array of numbers or bools; ValueError for another number of axes
  Pixels(nanobind::handle array, int dimensions);
  ~Pixels();
  Pixels(Pixels&& other) noexcept;
  Pixels(const Pixels&) = delete;
  Pixels& operator=(const Pixels&) = delete;

  [[nodiscard]] FrameView frame() const;   ///< of two axes
  [[nodiscard]] FrameBlock block() const;  ///< of three

 private:
  bool take(nanobind::handle array, int dimensions);

  Py_buffer buffer_ = {};
  bool held_ = false;
  DType dtype_ = DType::uint16;
};

using AnyArray = nanobind::ndarray<nanobind::numpy>;
using ReadOnlyArray = nanobind::ndarray<nanobind::numpy, nanobind::ro>;

[[nodiscard]] nanobind::dlpack::dtype array_type(DType dtype);
/// A new array that owns the frame's memory.
[[nodiscard]] nanobind::object to_array(Frame&& frame);
/// A read-only array over memory that somebody else owns, and which `keep` keeps.
[[nodiscard]] nanobind::object to_view(const void* bytes, const std::vector<std::size_t>& shape, DType dtype,
                                       std::shared_ptr<const void> keep);

/// Writable memory of a caller's array, which must be in C order and native byte order.
class Target {
 public:
  explicit Target(nanobind::handle array);
  ~Target() { PyBuffer_Release(&buffer_); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  [[nodiscard]] std::span<std::byte> bytes() const noexcept {
    return {static_cast<std::byte*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)};
  }

 private:
  Py_buffer buffer_ = {};
};

}  // namespace resonance::python
