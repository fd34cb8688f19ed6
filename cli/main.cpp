/// The `resonance` command: parse, act, and turn whatever goes wrong into one line and an exit status.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <new>

#include "app.hpp"
#include "arguments.hpp"
#include "resonance/error.hpp"
#include "terminal.hpp"
#include "wire/error_table.hpp"

namespace resonance::cli {
namespace {

int report(Session& session, const Error& error) {
  try {
    session.out.flush();  // what was found before the error
  } catch (...) {
    // the first failure is the one to tell
  }
  session.fail(error);
  return wire::exit_status(error.code());
}

/// Parse, and leave the verb's work in session.action; no action after --help and --version, which are answered here.
void parse(CLI::App& root, Session& session, int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (std::find(words.begin(), words.end(), "--json") != words.end()) session.json = true;  // an error of parsing is told as asked for, too
  try {
    auto backwards = arranged(root, session, words);
    std::reverse(backwards.begin(), backwards.end());  // as CLI11 wants them
    root.parse(std::move(backwards));
  } catch (const CLI::CallForHelp&) {
    session.out.write(root.help());  // of the verb, when there is one
  } catch (const CLI::CallForVersion& version) {
    session.out.write(fmt::format("{}\n", version.what()));
  } catch (const CLI::ParseError& error) {
    refuse_usage(root, words, error);
  }
}

int run(int argc, char** argv) {
  CLI::App root;
  Session session;
  try {
    build_app(root, session);
    parse(root, session, argc, argv);
    const int status = session.action ? session.action() : 0;
    session.out.close();
    return status;
  } catch (const Error& error) {
    return report(session, error);
  } catch (const BrokenPipe&) {
    return 128 + SIGPIPE;
  } catch (const Interrupted& interrupted) {
    if (!session.quiet) tell("resonance: interrupted\n");
    return 128 + interrupted.signal;
  } catch (const std::bad_alloc&) {
    return report(session, Error(ErrorCode::internal, "out of memory"));
  } catch (const std::exception& error) {
    return report(session, Error(ErrorCode::internal, fmt::format("internal error: {}", error.what())));
  }
}

}  // namespace
}  // namespace resonance::cli

int main(int argc, char** argv) {
  resonance::cli::occupy_standard_files();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is seen as EPIPE, so that a run in progress is closed
  return resonance::cli::run(argc, argv);
}
