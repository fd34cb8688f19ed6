/// resonance::Error → Python exceptions, by the border table of wire/.
#pragma once

#include <nanobind/nanobind.h>

namespace resonance::python {

/// Register the translator, and for tests `_error_rows()` and `_raise(code, …)`.
void bind_errors(nanobind::module_& module);

}  // namespace resonance::python
