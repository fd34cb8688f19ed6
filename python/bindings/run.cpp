#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>

#include "bindings.hpp"
#include "gil.hpp"
#include "handles.hpp"
#include "images.hpp"
#include "json.hpp"
#include "options.hpp"
#include "table.hpp"
#include "wire/json_forms.hpp"

namespace resonance::python {

namespace {

template <class Work>
auto read(RunHandle& self, Work&& work) {
  return without_gil([&] { return work(self.get()); });
}

template <class List>
nb::list forms(const List& items) {
  nb::list out;
  for (const auto& item : items) out.append(to_python(wire::to_json(item)));
  return out;
}

TableData table(RunHandle& self, const std::string& stream, std::vector<std::string> columns, std::uint64_t first_seq_num,
                std::optional<std::uint64_t> max_rows, bool declared_types) {
  TableOptions options;
  options.columns = std::move(columns);
  options.first_seq_num = first_seq_num;
  options.declared_types = declared_types;
  if (max_rows) options.max_rows = *max_rows;
  options.progress = [](std::uint64_t) { check_signals(); };
  return {std::make_shared<const Table>(read(self, [&](const Run& run) { return run.table(stream, options); }))};
}

/// About how much memory a value takes.
std::uint64_t size_of(const Json& value) {
  std::uint64_t out = sizeof(Json);
  if (value.is_string()) out += value.as_string().size();
  if (value.is_array())
    for (const auto& item : value.as_array()) out += size_of(item);
  if (value.is_object())
    for (const auto& [key, item] : value.as_object()) out += key.size() + size_of(item);
  return out;
}

constexpr std::uint64_t kPageBytes = 8ull << 20;

/// Events from `first_seq_num` on: a page for the iterators of resonance.Run, of at most `limit` events and about kPageBytes; and
/// whether there may be more.
nb::tuple events(RunHandle& self, const std::string& stream, std::uint64_t first_seq_num, std::uint64_t limit) {
  std::vector<Event> found;
  bool more = false;
  read(self, [&](const Run& run) {
    std::uint64_t bytes = 0;
    run.for_each_event(
        stream,
        [&](const Event& event) {
          found.push_back(event);
          bytes += size_of(event.data) + size_of(event.timestamps);
          more = found.size() >= limit || bytes >= kPageBytes;
          return !more;
        },
        first_seq_num);
    return 0;
  });
  nb::list out;
  for (const auto& event : found)
    out.append(nb::make_tuple(to_python(std::string_view(event.uid)), event.seq_num, event.time, to_python(event.data),
                              to_python(event.timestamps)));
  return nb::make_tuple(out, more);
}

}  // namespace

void bind_run(nb::module_& module) {
  nb::class_<RunHandle>(module, "Run")
      .def_prop_ro("uid", [](RunHandle& self) { return self.uid(); })
      .def_prop_ro("database", [](RunHandle& self) { return self.catalog()->database(); })
      .def_prop_ro("frame_store", [](RunHandle& self) { return self.catalog()->store(); })
      .def("summary", [](RunHandle& self) { return to_python(wire::to_json(read(self, [](const Run& run) { return run.summary(); }))); })
      .def("state", [](RunHandle& self) { return to_python(to_string(read(self, [](const Run& run) { return run.state(); }))); })
      .def("metadata", [](RunHandle& self) { return to_python(read(self, [](const Run& run) { return run.metadata(); })); })
      .def("sample",
           [](RunHandle& self) -> nb::object {
             const auto sample = read(self, [](const Run& run) { return run.sample(); });
             return sample ? to_python(*sample) : nb::object(nb::none());
           })
      .def("reason",
           [](RunHandle& self) -> nb::object {
             const auto reason = read(self, [](const Run& run) { return run.reason(); });
             return reason ? to_python(std::string_view(*reason)) : nb::object(nb::none());
           })
      .def("streams", [](RunHandle& self) { return forms(read(self, [](const Run& run) { return run.streams(); })); })
      .def("fields", [](RunHandle& self) { return read(self, [](const Run& run) { return run.fields(); }); })
      .def("frame_stores", [](RunHandle& self) { return forms(read(self, [](const Run& run) { return run.frame_stores(); })); })
      .def("notes", [](RunHandle& self) { return forms(read(self, [](const Run& run) { return run.notes(); })); })
      .def("data_key_ranges", [](RunHandle& self) { return forms(read(self, [](const Run& run) { return run.data_key_ranges(); })); })
      .def("lost_frames", [](RunHandle& self) { return forms(read(self, [](const Run& run) { return run.lost_frames(); })); })
      .def("table", &table, nb::arg("stream"), nb::arg("columns"), nb::arg("first_seq_num"), nb::arg("max_rows") = nb::none(),
           nb::arg("declared_types") = true)
      .def("events", &events, nb::arg("stream"), nb::arg("first_seq_num"), nb::arg("limit"))
      .def(
          "images",
          [](RunHandle& self, const std::string& field) { return read(self, [&](const Run& run) { return Images{run.images(field)}; }); },
          nb::arg("field"))
      .def(
          "images_since",
          [](RunHandle& self, const Images& seen) {
            return read(self, [&](const Run& run) { return Images{run.images_since(seen.sequence)}; });
          },
          nb::arg("seen"));
}

}  // namespace resonance::python
