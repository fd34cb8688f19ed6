#include "images.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <tuple>

#include "bindings.hpp"
#include "gil.hpp"
#include "pixels.hpp"
#include "resonance/exchange.hpp"

namespace resonance::python {

namespace {

constexpr std::uint64_t kBytesPerCall = 64ull << 20;  // read at a time, so that Ctrl-C is heard

/// Every `step`-th frame from `first`, and of them the rows and columns given as (start, count, step).
using Part = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;

FrameSelection selection_of(std::uint64_t first, std::uint64_t count, std::int64_t step, const Part& rows, const Part& columns) {
  return {first,
          count,
          step,
          std::get<0>(rows),
          std::get<1>(rows),
          std::get<2>(rows),
          std::get<0>(columns),
          std::get<1>(columns),
          std::get<2>(columns)};
}

void read_into(const Images& self, std::uint64_t first, std::uint64_t count, std::int64_t step, const Part& rows, const Part& columns,
               nb::handle out) {
  const Target target(out);
  without_gil([&] {
    auto selection = selection_of(first, count, step, rows, columns);
    const auto frame_bytes = count == 0 ? 0 : target.bytes().size() / count;
    if (frame_bytes == 0 || target.bytes().size() != count * frame_bytes) return self.sequence.read(selection, target.bytes());
    const auto at_once = std::max<std::uint64_t>(1, kBytesPerCall / frame_bytes);
    for (std::uint64_t done = 0; done < count; done += at_once) {
      selection.count = std::min(at_once, count - done);
      selection.first = first + static_cast<std::uint64_t>(static_cast<std::int64_t>(done) * step);
      self.sequence.read(selection, target.bytes().subspan(done * frame_bytes, selection.count * frame_bytes));
      check_signals();
    }
  });
}

nb::object map(const Images& self, std::uint64_t i) {
  const auto mapped = without_gil([&] { return self.sequence.map(i); });
  return to_view(mapped.view.bytes.data(), {mapped.view.height, mapped.view.width}, mapped.view.dtype, mapped.keep);
}

/// One array, or None when the frames do not lie side by side.
nb::object map_range(const Images& self, std::uint64_t first, std::uint64_t count) {
  const auto stack = without_gil([&] { return self.sequence.map(first, count); });
  if (!stack.contiguous()) return nb::none();
  return to_view(stack.parts[0].bytes.data(), {stack.count, stack.height, stack.width}, stack.dtype, stack.keep);
}

/// Rows and columns of the chosen frames, of which there is at least one. \throws ValueError when they differ
nb::tuple geometry(const Images& self, std::uint64_t first, std::uint64_t count, std::int64_t step) {
  const auto shape = self.sequence.shape_of({.first = first, .count = count, .step = step});
  return nb::make_tuple(shape[1], shape[2]);
}

nb::list seq_nums(const Images& self) {
  nb::list out;
  for (std::uint64_t i = 0; i < self.sequence.size(); ++i) out.append(self.sequence.seq_num(i));
  return out;
}

/// (first frame, name) of each stream that frames come from.
nb::list streams(const Images& self) {
  nb::list out;
  const std::string* last = nullptr;
  for (std::uint64_t i = 0; i < self.sequence.size(); ++i) {
    const auto& name = self.sequence.stream(i);
    if (last == nullptr || *last != name) out.append(nb::make_tuple(i, name));
    last = &name;
  }
  return out;
}

nb::bytes png(nb::object array, double low, double high, bool logarithmic) {
  const Pixels pixels(array, 2);
  const auto file = without_gil([&] { return encode_png(pixels.frame(), {low, high, logarithmic}); });
  return nb::bytes(file.data(), file.size());
}

}  // namespace

void bind_images(nb::module_& module) {
  module.def("encode_png", &png, nb::arg("frame"), nb::arg("low_percentile") = 0.5, nb::arg("high_percentile") = 99.5,
             nb::arg("logarithmic") = false);
  nb::class_<Images>(module, "Images")
      .def("__len__", [](const Images& self) { return self.sequence.size(); })
      .def_prop_ro("field", [](const Images& self) { return self.sequence.field(); })
      .def_prop_ro("shape",
                   [](const Images& self) {
                     const auto shape = self.sequence.shape();
                     return nb::make_tuple(shape[0], shape[1], shape[2]);
                   })
      .def_prop_ro("dtype", [](const Images& self) { return std::string(to_string(self.sequence.dtype())); })
      .def_prop_ro("uniform", [](const Images& self) { return self.sequence.uniform(); })
      .def_prop_ro("mappable", [](const Images& self) { return without_gil([&] { return self.sequence.mappable(); }); })
      .def_prop_ro("offset", [](const Images& self) { return self.sequence.offset(); })
      .def("geometry", &geometry, nb::arg("first"), nb::arg("count"), nb::arg("step"))
      .def("seq_nums", &seq_nums)
      .def("streams", &streams)
      .def(
          "zarr_group", [](const Images& self, std::uint64_t i) { return self.sequence.zarr_group(i); }, nb::arg("i"))
      .def(
          "frame", [](const Images& self, std::uint64_t i) { return to_array(without_gil([&] { return self.sequence[i]; })); },
          nb::arg("i"))
      .def("read_into", &read_into, nb::arg("first"), nb::arg("count"), nb::arg("step"), nb::arg("rows"), nb::arg("columns"),
           nb::arg("out"))
      .def("map", &map, nb::arg("i"))
      .def("map_range", &map_range, nb::arg("first"), nb::arg("count"))
      .def(
          "verify", [](const Images& self, std::uint64_t i) { return without_gil([&] { return self.sequence.verify(i); }); }, nb::arg("i"));
}

}  // namespace resonance::python
