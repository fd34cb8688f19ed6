#include "crash/common/recorder.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "crash/common/settings.hpp"

namespace resonance::crash {

namespace {

using StepKind = Step::Kind;

/// Whether a call, once it returned, has brought itself and all before it into the database.
bool commits(const WriterPlan& plan, StepKind kind) {
  return plan.level != Durability::group || (kind != StepKind::event && kind != StepKind::frame);
}

/// \return steps done
unsigned record_run(RunWriter& writer, const WriterPlan& plan, std::uint64_t run_seed, const RecorderOptions& options, Board& board,
                    RunNotes& notes, unsigned most) {
  notes.state = RunNotes::opening;
  open_run(writer, plan, run_seed);
  notes.state = RunNotes::open;
  Script script(run_seed);
  std::vector<std::string> uids[kStreams];
  unsigned done = 0;
  for (; done < plan.steps && done < most && board.stop == 0; ++done) {
    const auto step = script.next();
    notes.begun = done + 1;
    perform(writer, plan, run_seed, step, uids);
    notes.when_ns[done % 64] = now_ns();
    notes.acknowledged = done + 1;
    if (commits(plan, step.kind)) notes.committed = done + 1;
    if (options.pause.count() > 0) std::this_thread::sleep_for(options.pause);
  }
  if (options.dies_before_closing) ::kill(::getpid(), SIGKILL);
  notes.state = RunNotes::closing;
  writer.close_run();
  notes.committed = done;
  notes.state = RunNotes::closed;
  return done;
}

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void record(const std::filesystem::path& database, const WriterPlan& plan, const RecorderOptions& options, Board& board) {
  RunWriter writer(database, plan.options());
  board.state = Board::opened;
  auto left = options.most_steps_in_all == 0 ? ~0u : options.most_steps_in_all;
  for (unsigned run = 0; run < options.most_runs && left > 0 && board.stop == 0; ++run) {
    board.runs = run + 1;
    left -= record_run(writer, plan, plan.run_seed(run), options, board, board.run[run], left);
  }
  board.state = Board::closing;
  writer.close();
  board.state = Board::closed;
}

pid_t start_recorder(const std::filesystem::path& database, const WriterPlan& plan, const RecorderOptions& options, Board& board) {
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int status = 0;
  try {
    record(database, plan, options, board);
  } catch (const std::exception& error) {
    board.fail(error.what());
    status = 3;
  }
  ::_exit(status);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool kill_and_wait(pid_t child) {
  ::kill(child, SIGKILL);
  return wait_for(child) == -SIGKILL;
}

bool has_left(pid_t child, int& status) {
  int raw = 0;
  const auto found = ::waitpid(child, &raw, WNOHANG);
  if (found == 0) return false;
  status = found < 0 ? -1 : WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw);
  return true;
}

}  // namespace resonance::crash
