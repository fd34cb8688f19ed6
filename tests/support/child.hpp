/// A second process, for what only a second process can show: locks, and death at any moment.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace resonance::test {

/// Run `work` in a forked child, which leaves without any destructor. \return its exit status; -1 when a signal ended it, 99 when it threw
template <class Work>
int in_child(Work&& work) {
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    int status = 99;
    try {
      status = work();
    } catch (...) {  // told by the status
    }
    ::_exit(status);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// In a child: become somebody whom file permissions bind. \return false when that cannot be
inline bool bound_by_permissions() { return ::geteuid() != 0 || ::seteuid(65534) == 0; }

}  // namespace resonance::test
