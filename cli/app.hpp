/// What the verbs share: the session of one call, and how a verb is added to the command.
///
/// Each verb lives in cmd_<verb>.cpp and knows only the public API, wire/ and the helpers of this folder.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "output.hpp"
#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance::cli {

/// One call of the command.
struct Session {
  bool json = false;                                               ///< machine-readable results
  bool quiet = false;                                              ///< no messages, no progress
  Output out;                                                      ///< standard output
  std::function<int()> action;                                     ///< what the parsed verb does; its value is the exit status
  std::map<const CLI::Option*, std::vector<std::string>> choices;  ///< words an option takes, for completion
  std::set<const CLI::App*> asking;                                ///< verbs with a QUERY, which may begin with '-'

  // Messages go to standard error, behind the results so far.
  void say(std::string_view message);   ///< one line, unless quiet
  void warn(std::string_view message);  ///< the same with "resonance: " before it, quiet or not
  void fail(const Error& error);        ///< the error in one line, or as a JSON object
  void print(const Json& value);        ///< one JSON document on standard output
};

/// The text of a verb in `--help`. Every verb has examples.
struct VerbText {
  const char* name;
  const char* summary;
  const char* examples;  ///< lines, each indented by two blanks
};

CLI::App* new_verb(CLI::App& root, const VerbText& text);

template <typename Options>
struct Verb {
  CLI::App& app;
  Options& options;
};

/// Add a verb whose options are parsed into an `Options` and handed to `run`.
template <typename Options>
Verb<Options> add_verb(CLI::App& root, Session& session, const VerbText& text, int (*run)(Session&, const Options&)) {
  auto options = std::make_shared<Options>();  // shared by the callback and the action that it makes
  CLI::App* app = new_verb(root, text);
  app->callback([&session, options, run] { session.action = [&session, options, run] { return run(session, *options); }; });
  return {*app, *options};
}

/// Let `option` take only these words, and let completion offer them.
void one_of(Session& session, CLI::Option* option, std::vector<std::string> words);

/// Let `option` take only digits; CLI11 alone would wrap a negative number around.
void whole_number(CLI::Option* option);

/// A path that names the database of an existing beamtime.
/// \throws Error(invalid_argument) for a folder, naming databases in it; Error(not_found) with a hint
void require_beamtime(const std::filesystem::path& path);
/// The same for a file that may be made: only folders are refused.
void refuse_folder(const std::filesystem::path& path);
/// Refuse to write a result over the beamtime it comes from. \throws Error(invalid_argument)
void keep_apart(const std::filesystem::path& output, const std::filesystem::path& database);

void add_init(CLI::App& root, Session& session);
void add_import(CLI::App& root, Session& session);
void add_simulate(CLI::App& root, Session& session);
void add_ls(CLI::App& root, Session& session);
void add_show(CLI::App& root, Session& session);
void add_table(CLI::App& root, Session& session);
void add_image(CLI::App& root, Session& session);
void add_schema(CLI::App& root, Session& session);
void add_migrate(CLI::App& root, Session& session);
void add_stat(CLI::App& root, Session& session);
void add_verify(CLI::App& root, Session& session);
void add_recover(CLI::App& root, Session& session);
void add_repair(CLI::App& root, Session& session);
void add_backup(CLI::App& root, Session& session);
void add_tail(CLI::App& root, Session& session);
void add_tag(CLI::App& root, Session& session);
void add_note(CLI::App& root, Session& session);
void add_search(CLI::App& root, Session& session);
void add_index(CLI::App& root, Session& session);
void add_sample(CLI::App& root, Session& session);
void add_researcher(CLI::App& root, Session& session);
void add_completion(CLI::App& root, Session& session);

/// Build the whole command.
void build_app(CLI::App& root, Session& session);
/// The verb nearest in spelling to `word`; empty when none is near.
std::string nearest_verb(const CLI::App& root, std::string_view word);

}  // namespace resonance::cli
