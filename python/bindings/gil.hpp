/// The one place where the interpreter's lock is let go and taken back.
#pragma once

#include <nanobind/nanobind.h>

#include <utility>

namespace resonance::python {

namespace nb = nanobind;

/// Run work that waits or computes while other Python threads go on. It must not touch Python objects.
template <class Work>
decltype(auto) without_gil(Work&& work) {
  const nb::gil_scoped_release released;
  return std::forward<Work>(work)();
}

/// Let Python see Ctrl-C in the middle of work without the lock. \throws what the signal's handler raised
inline void check_signals() {
  const nb::gil_scoped_acquire acquired;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

}  // namespace resonance::python
