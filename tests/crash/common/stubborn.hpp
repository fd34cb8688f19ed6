/// Records one run on a machine that fails, as a stubborn user would: notes what each call said, tries again, closes, and goes home.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crash/common/checker.hpp"
#include "crash/common/script.hpp"
#include "resonance/error.hpp"

namespace resonance::crash {

/// What a call said.
struct Trouble {
  std::string call;
  bool known = false;  ///< it was an Error; else std::bad_alloc
  ErrorCode code = ErrorCode::internal;
  std::filesystem::path file;
  std::string words;
};

class StubbornRecorder {
 public:
  struct Means {
    std::function<void()> make_room = [] {};                   ///< after the first trouble
    std::function<bool()> sync_failed = [] { return false; };  ///< of what was recorded, since the run was opened: it must refuse
    std::function<bool()> may_refuse = [] { return false; };   ///< a sync of anything failed
    bool room_was_made = true;                                 ///< make_room() ends the trouble
    bool may_lack_memory = false;                              ///< std::bad_alloc is no surprise
    std::function<void(const std::string&)> now_at = [](const auto&) {};  ///< told each call before it is made
    std::function<void(bool)> inside = [](bool) {};                       ///< true before, false after each call
  };
  StubbornRecorder(std::filesystem::path database, WriterPlan plan, Means means);

  /// Open, record, close. \throws Broken when it cannot go on where it should, or can where it should not
  void run();

  [[nodiscard]] const std::vector<Trouble>& troubles() const noexcept { return troubles_; }
  /// Whether the writer logged anything.
  [[nodiscard]] bool logged() const noexcept { return logged_; }
  /// The run, as known after run(); nothing when it was not begun.
  [[nodiscard]] const std::vector<KnownRun>& known() const noexcept { return known_; }

 private:
  bool attempt(const std::string& call, const std::function<void()>& work);
  void record_steps(RunWriter& writer);
  bool go_on_after(const std::string& call, const std::function<void()>& work);
  void finish(RunWriter& writer);

  std::filesystem::path database_;
  WriterPlan plan_;
  Means means_;
  std::vector<Trouble> troubles_;
  std::vector<KnownRun> known_;
  std::atomic<bool> logged_ = false;
};

/// After the trouble is over: the next writer opens the beamtime and records a run; what was acknowledged is there, and verify
/// finds nothing, but faults of the kind `tolerated`. \return how many of these \throws Broken
std::uint64_t check_afterwards(const std::filesystem::path& database, std::vector<KnownRun> known, std::uint64_t seed,
                               std::string_view tolerated = {});

/// Open file handles and threads of this process.
struct Belongings {
  std::size_t handles = 0, threads = 0;
  [[nodiscard]] static Belongings now();
  bool operator==(const Belongings&) const = default;
};

}  // namespace resonance::crash
