/// The `resonance` command: parse, act, and turn whatever goes wrong into one line and an exit status.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <new>

#include "app.hpp"
#include "resonance/error.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/error_table.hpp"

namespace resonance::cli {
namespace {

int report(const Session& session, const Error& error) {
  if (session.json) {
    fmt::print(stderr, "{}\n", Json::object({{"error", wire::error_to_json(error)}}).dump());
  } else {
    fmt::print(stderr, "resonance: {}\n", error.what());
  }
  return wire::exit_status(error.code());
}

/// The verb as the user spelled it: the first word that is no option. Global options take no values.
std::string_view spelled_verb(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view word = argv[i]; !word.starts_with('-')) return word;
  return {};
}

bool is_verb(const CLI::App& root, std::string_view word) {
  const auto verbs = root.get_subcommands({});
  return std::any_of(verbs.begin(), verbs.end(), [word](const CLI::App* verb) { return verb->get_name() == word; });
}

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

/// A call that does not follow the usage.
[[noreturn]] void refuse_usage(const CLI::App& root, std::string_view verb, const CLI::ParseError& error) {
  if (verb.empty()) refuse("name a verb; 'resonance --help' lists them");
  if (!is_verb(root, verb)) {
    const std::string near = nearest_verb(root, verb);
    const std::string hint = near.empty() ? "'resonance --help' lists the verbs" : fmt::format("did you mean '{}'?", near);
    refuse(fmt::format("'{}' is no verb; {}", safe_text(verb), hint));
  }
  refuse(fmt::format("{}: {}; see 'resonance {} --help'", verb, safe_text(error.what()), verb));
}

/// Parse, and leave the verb's work in session.action; no action after --help and --version, which are answered here.
void parse(CLI::App& root, Session& session, int argc, char** argv) {
  const std::string_view verb = spelled_verb(argc, argv);
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--json") session.json = true;  // an error of parsing is told as asked for, too
  try {
    root.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    session.out.write(root.help());  // of the verb, when there is one
  } catch (const CLI::CallForVersion& version) {
    session.out.write(fmt::format("{}\n", version.what()));
  } catch (const CLI::ParseError& error) {
    refuse_usage(root, verb, error);
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
    try {
      session.out.flush();  // what was found before the error
    } catch (...) {
      // the first failure is the one to tell
    }
    return report(session, error);
  } catch (const BrokenPipe&) {
    return 128 + SIGPIPE;
  } catch (const Interrupted& interrupted) {
    session.say("resonance: interrupted");
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
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is seen as EPIPE, so that a run in progress is closed
  return resonance::cli::run(argc, argv);
}
