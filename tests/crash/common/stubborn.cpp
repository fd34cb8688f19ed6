#include "crash/common/stubborn.hpp"

#include <iterator>
#include <new>

#include "crash/common/settings.hpp"

namespace resonance::crash {

namespace fs = std::filesystem;

namespace {

constexpr const char* kStepNames[] = {"write_event", "write_events", "write_frame", "write_frames", "flush", "sync"};

bool commits(const WriterPlan& plan, Step::Kind kind) {
  return plan.level != Durability::group || (kind != Step::Kind::event && kind != Step::Kind::frame);
}

}  // namespace

StubbornRecorder::StubbornRecorder(fs::path database, WriterPlan plan, Means means)
    : database_(std::move(database)), plan_(plan), means_(std::move(means)) {}

bool StubbornRecorder::attempt(const std::string& call, const std::function<void()>& work) {
  means_.now_at(call);
  Trouble trouble;
  means_.inside(true);
  try {
    work();
    means_.inside(false);
    return true;
  } catch (const Error& error) {
    means_.inside(false);
    trouble = {call, true, error.code(), error.detail().file, error.what()};
  } catch (const std::bad_alloc&) {
    means_.inside(false);
    require(means_.may_lack_memory, "{} throws std::bad_alloc", call);
    trouble.call = call;
  }
  if (troubles_.empty()) means_.make_room();
  troubles_.push_back(std::move(trouble));
  return false;
}

void StubbornRecorder::run() {
  std::unique_ptr<RunWriter> writer;
  auto options = plan_.options();
  options.log = [this](std::string_view) { logged_ = true; };
  const auto open = [&] { writer = std::make_unique<RunWriter>(database_, options); };
  if (!attempt("opening", open)) {
    const bool opened = attempt("opening again", open);
    require(opened || !means_.room_was_made, "the beamtime cannot be opened again: {}", troubles_.back().words);
    if (!opened) return;
  }
  known_.push_back({});
  auto& known = known_.back();
  known.plan = plan_;
  known.seed = plan_.run_seed(0);
  known.state = RunNotes::opening;
  if (attempt("open_run", [&] { open_run(*writer, plan_, known.seed); })) {
    known.state = RunNotes::open;
    record_steps(*writer);
  }
  finish(*writer);
}

void StubbornRecorder::record_steps(RunWriter& writer) {
  auto& known = known_.back();
  Script script(known.seed);
  std::vector<std::string> uids[kStreams];
  for (unsigned i = 0; i < plan_.steps; ++i) {
    const auto step = script.next();
    const auto call = fmt::format("step {}, {}", i + 1, kStepNames[static_cast<int>(step.kind)]);
    known.begun = i + 1;
    const auto work = [&] { perform(writer, plan_, known.seed, step, uids); };
    if (!attempt(call, work) && !go_on_after(call, work)) return;
    known.acknowledged = i + 1;
    if (commits(plan_, step.kind)) known.committed = i + 1;
  }
}

/// \return whether it was done at the second attempt
bool StubbornRecorder::go_on_after(const std::string& call, const std::function<void()>& work) {
  const auto first = troubles_.back();
  const bool again = attempt(call + " again", work);
  const auto what = [&] { return again ? std::string("it succeeds") : troubles_.back().words; };
  const bool may_go_on =
      first.known && first.code == ErrorCode::no_space && plan_.level != Durability::group && means_.room_was_made && !means_.may_refuse();
  // A disk that is still full may keep the frames of the call from being taken back; then the writer is right to refuse.
  const bool stuck = !again && troubles_.back().words.find("taking back frames") != std::string::npos;
  require(!may_go_on || again || stuck, "room was made, and recording cannot go on: {}: {}; again: {}", call, first.words, what());
  return again;
}

void StubbornRecorder::finish(RunWriter& writer) {
  auto& known = known_.back();
  if (writer.run_open()) {
    known.state = RunNotes::closing;
    known.must_have_failed = means_.sync_failed();  // it may have been in the background: a call or two may have come between
    if (attempt("close_run", [&] { writer.close_run(); })) {
      known.state = RunNotes::closed;
      if (troubles_.empty()) known.committed = known.begun;
    }
  }
  attempt("close", [&] { writer.close(); });
  known.recovery_begun = known.recovered = known.troubled = true;  // the next writer that comes
}

std::uint64_t check_afterwards(const fs::path& database, std::vector<KnownRun> known, std::uint64_t seed, std::string_view tolerated) {
  auto plan = WriterPlan::of(mix(seed, 7));
  plan.steps = 3;
  StubbornRecorder next(database, plan, {});
  next.run();
  require(next.troubles().empty(), "the trouble is over, and {} says: {}", next.troubles().empty() ? "" : next.troubles().front().call,
          next.troubles().empty() ? "" : next.troubles().front().words);
  known.insert(known.end(), next.known().begin(), next.known().end());
  const Catalog catalog(database, {.threads = 1});
  for (const auto& run : known) check_run(catalog, run);
  return check_verified(database, {}, true, tolerated);
}

Belongings Belongings::now() {
  const auto entries = [](const char* folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  };
  return {entries("/proc/self/fd"), entries("/proc/self/task")};
}

}  // namespace resonance::crash
