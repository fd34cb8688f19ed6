// The private module `resonance._core`. What users see is in python/resonance/, which has the documentation of all of it.
#include "bindings.hpp"
#include "errors.hpp"
#include "resonance/version.hpp"

NB_MODULE(_core, module) {
  using namespace resonance::python;
  nanobind::set_leak_warnings(false);  // objects that live as long as the interpreter are no leak
  module.attr("__version__") = resonance::kVersion;
  bind_errors(module);
  bind_table(module);
  bind_images(module);
  bind_run(module);
  bind_catalog(module);
  bind_writer(module);
  bind_schema(module);
  bind_files(module);
  bind_exchange(module);
  bind_index(module);
}
