/// The one place where the interpreter's lock is let go and taken back.
#pragma once

#include <nanobind/nanobind.h>
#include <unistd.h>

#include <cxxabi.h>

#include <utility>

#include "resonance/fork.hpp"

namespace resonance::python {

namespace nb = nanobind;

/// Run what waits for the interpreter's lock. CPython (before 3.14) ends a thread that asks for the lock of an interpreter that is
/// shutting down with pthread_exit(), whose unwinding C++ cannot pass on through destructors and nanobind: the process would abort.
/// Such a thread, a daemon in the middle of a call, sleeps here instead until the process is gone.
template <class Work>
decltype(auto) or_sleep(Work&& work) {
#ifdef __GLIBCXX__
  try {
    return std::forward<Work>(work)();
  } catch (abi::__forced_unwind&) {
    for (;;) ::pause();  // to leave this handler without going on with the unwinding would abort, too
  }
#else
  return std::forward<Work>(work)();
#endif
}

/// Without the interpreter's lock, outside of the library: for waits that a fork() need not wait for.
class GilReleased {
 public:
  GilReleased() : state_(PyEval_SaveThread()) {}
  ~GilReleased() {
    or_sleep([this] { PyEval_RestoreThread(state_); });
  }
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  PyThreadState* state_;
};

/// Without the interpreter's lock, inside the library.
class InLibrary {
  const GilReleased released_;
  const InsideLibrary inside_;  // second, so that it ends before the lock is waited for, and who forks has the lock
};

/// Run work that waits or computes while other Python threads go on. It must not touch Python objects.
template <class Work>
decltype(auto) without_gil(Work&& work) {
  const InLibrary in;
  return std::forward<Work>(work)();
}

/// Run work with the lock, in the middle of work without it.
template <class Work>
void with_gil(Work&& work) {
  struct Held {
    PyGILState_STATE state = or_sleep([] { return PyGILState_Ensure(); });
    ~Held() { PyGILState_Release(state); }
  };
  const Held held;
  or_sleep([&] { std::forward<Work>(work)(); });
}

/// Let Python see Ctrl-C in the middle of work without the lock, then run `work` with it. \throws what the signal's handler raised
template <class Work>
void check_signals_and(Work&& work) {
  with_gil([&] {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    std::forward<Work>(work)();
  });
}
inline void check_signals() {
  check_signals_and([] {});
}

/// For long work: calls `tell(…)`, or only looks for Ctrl-C when there is nobody to tell.
inline auto progress(const nb::object& tell) {
  return [&tell](auto... counts) {
    check_signals_and([&] {
      if (!tell.is_none()) tell(counts...);
    });
  };
}

}  // namespace resonance::python
