/// For programs that fork() and go on using the library in the child.
#pragma once

namespace resonance {

/// While one lives, its thread is inside the library: a fork() that is announced waits for it. For fronts, around each call, and for
/// the threads of the library, around what they do. When a fork is on its way the constructor waits until it is over. May be nested.
class InsideLibrary {
 public:
  InsideLibrary() noexcept;
  ~InsideLibrary();
  InsideLibrary(const InsideLibrary&) = delete;
  InsideLibrary& operator=(const InsideLibrary&) = delete;
};

/// A child has none of the parent's other threads, and a lock that one of them held, SQLite's among them, is held there for ever. So
/// call this just before fork(): it returns when no other thread is inside, and keeps all out until after_fork_…(). Both waits end
/// after some seconds, whatever happens: a call that takes minutes, or that waits for the one who forks, delays a fork but never
/// blocks it. Threads: any, also several at once, also one that is inside (in a callback).
void before_fork() noexcept;
void after_fork_in_parent() noexcept;  ///< on the thread that called before_fork(), also when fork() failed
void after_fork_in_child() noexcept;

}  // namespace resonance
