// Foreign files in, pictures out, and beamtimes that never were.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gil.hpp"
#include "images.hpp"
#include "json.hpp"
#include "options.hpp"
#include "resonance/error.hpp"
#include "resonance/exchange.hpp"
#include "resonance/index.hpp"
#include "resonance/simulation.hpp"
#include "wire/json_forms.hpp"

namespace resonance::python {

namespace {

using Path = std::filesystem::path;

/// The zone of the data root that a beamtime lies in.
std::optional<std::string> zone_of_root(const Path& beamtime) {
  try {
    const auto root = find_data_root(beamtime);
    if (!root.empty()) return MasterIndex(root).zone();
  } catch (const Error&) {  // the index is broken; whoever needs it says so
  }
  return std::nullopt;
}

nb::object import_one(const Path& file, const Path& into, std::optional<std::string> format, std::optional<std::string> sample,
                      std::optional<std::string> operator_name, std::vector<std::string> tags, std::optional<std::string> zone,
                      nb::object tell, nb::kwargs frames) {
  ImportOptions options;
  options.format = std::move(format);
  options.sample = std::move(sample);
  options.operator_name = std::move(operator_name);
  options.tags = std::move(tags);
  options.table = table_reading(frames);
  options.zone = std::move(zone);
  options.frames = frame_options(frames);
  options.on_run_change = listener_option(frames);
  options.progress = progress(tell);
  require_none_left(frames);
  return to_python(wire::to_json(without_gil([&] {
    options.root_zone = zone_of_root(into);
    const auto last = std::move(options);  // ends here, also after an error: the listener's thread wants the lock to log, and is joined
    return import_file(file, into, last);
  })));
}

nb::object simulate(const Path& database, std::uint64_t runs, std::uint64_t events, double rate, std::uint64_t height, std::uint64_t width,
                    const std::string& dtype, const std::string& durability, std::uint64_t seed, bool live, nb::object tell,
                    nb::kwargs frames) {
  SimulationOptions options;
  options.runs = runs;
  options.events = events;
  options.rate_hz = rate;
  options.height = height;
  options.width = width;
  options.dtype = parse_dtype(dtype);
  options.frames = frame_options(frames);
  require_none_left(frames);
  options.durability = parse_durability(durability);
  options.seed = seed;
  options.live = live;
  options.progress = progress(tell);
  return to_python(wire::to_json(without_gil([&] { return simulate_beamtime(database, options); })));
}

nb::list formats() {
  nb::list out;
  for (const auto& format : import_formats()) out.append(to_python(wire::to_json(format)));
  return out;
}

}  // namespace

void bind_exchange(nb::module_& module) {
  module.def("import_formats", &formats);
  module.def("import_file", &import_one, nb::arg("file"), nb::arg("into"), nb::arg("format") = nb::none(), nb::arg("sample") = nb::none(),
             nb::arg("operator") = nb::none(), nb::arg("tags") = std::vector<std::string>(), nb::arg("zone") = nb::none(),
             nb::arg("progress") = nb::none(), nb::arg("frames"));
  module.def("simulate", &simulate, nb::arg("database"), nb::arg("runs"), nb::arg("events"), nb::arg("rate"), nb::arg("height"),
             nb::arg("width"), nb::arg("dtype"), nb::arg("durability"), nb::arg("seed"), nb::arg("live"), nb::arg("progress") = nb::none(),
             nb::arg("frames"));
  module.def(
      "write_image_file",
      [](const Path& path, const Images& images, std::uint64_t first, std::uint64_t count, double low, double high, bool logarithmic) {
        without_gil([&] {
          write_image_file(path, images.sequence, first, count, {low, high, logarithmic},
                           [](std::uint64_t, std::uint64_t) { check_signals(); });
        });
      },
      nb::arg("path"), nb::arg("images"), nb::arg("first"), nb::arg("count"), nb::arg("low_percentile"), nb::arg("high_percentile"),
      nb::arg("logarithmic"));
}

}  // namespace resonance::python
