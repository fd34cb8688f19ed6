/// One function per file of bindings; module.cpp calls them all.
#pragma once

#include <nanobind/nanobind.h>

namespace resonance::python {

void bind_writer(nanobind::module_& module);
void bind_catalog(nanobind::module_& module);
void bind_run(nanobind::module_& module);
void bind_images(nanobind::module_& module);
void bind_table(nanobind::module_& module);
void bind_schema(nanobind::module_& module);
void bind_files(nanobind::module_& module);
void bind_exchange(nanobind::module_& module);
void bind_index(nanobind::module_& module);

}  // namespace resonance::python
