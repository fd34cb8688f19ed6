#include "app.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "resonance/error.hpp"
#include "resonance/version.hpp"
#include "text_layout.hpp"
#include "wire/error_table.hpp"
#include "wire/spelling.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {

namespace fs = std::filesystem;

void Session::say(std::string_view message) {
  if (quiet) return;
  out.flush();
  tell(fmt::format("{}\n", message));
}

void Session::warn(std::string_view message) {
  out.flush();
  tell(fmt::format("resonance: {}\n", message));
}

void Session::fail(const Error& error) {
  if (!json) return warn(error.what());
  out.flush();
  tell(wire::json_text(Json::object({{"error", wire::error_to_json(error)}})) + "\n");
}

void Session::print(const Json& value) {
  out.write(wire::json_text(value, 2));
  out.write("\n");
}

CLI::App* new_verb(CLI::App& root, const VerbText& text) {
  CLI::App* app = root.add_subcommand(text.name, text.summary);
  app->footer(fmt::format("With every verb: --json (machine-readable), --quiet (no messages).\n\nExamples:\n{}", text.examples));
  return app;
}

void one_of(Session& session, CLI::Option* option, std::vector<std::string> words) {
  session.choices[option] = words;
  option->check(CLI::Validator(
      [words = std::move(words)](std::string& value) {
        if (std::find(words.begin(), words.end(), value) != words.end()) return std::string();
        return fmt::format("'{}' is none of {}", safe_text(value), fmt::join(words, ", "));
      },
      "", "choice"));
}

void whole_number(CLI::Option* option) {
  option->check(CLI::Validator(
      [](std::string& value) {
        const bool digits = !value.empty() && value.size() < 20 && value.find_first_not_of("0123456789") == std::string::npos;
        return digits ? std::string() : fmt::format("'{}' is no whole number from 0 on", safe_text(value));
      },
      "", "whole number"));
}

namespace {

/// Databases in a folder, for a message: the first few names.
std::string databases_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".db" && it->path().filename() != "index.db") names.push_back(safe_text(it->path().filename().string()));
    if (names.size() > 1000) break;
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) return "there is no .db file in it";
  const bool more = names.size() > 4;
  if (more) names.resize(4);
  return fmt::format("name a .db file in it: {}{}", fmt::join(names, ", "), more ? ", …" : "");
}

}  // namespace

void refuse_folder(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return;
  std::string hint = databases_in(path);
  if (path.extension() == ".zarr") {
    if (fs::path database = fs::path(path).replace_extension(".db"); fs::exists(database, error))
      hint = fmt::format("it is the frame store of {}", safe_text(database.string()));
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is a folder, not a beamtime; {}", safe_text(path.string()), hint),
              ErrorDetail{.file = path, .offset = {}});
}

void require_beamtime(const fs::path& path) {
  if (path.empty()) throw Error(ErrorCode::invalid_argument, "the name of the beamtime is empty");
  refuse_folder(path);
  std::error_code error;
  if (fs::exists(path, error) || error || fs::is_symlink(path, error)) return;  // where a link leads, the library says
  fs::path with_extension = path;
  with_extension += ".db";
  std::string message = fmt::format("{}: no such file", safe_text(path.string()));
  if (fs::exists(with_extension, error)) message += fmt::format("; did you mean {}?", safe_text(with_extension.string()));
  if (const auto store = fs::path(path).replace_extension(".zarr"); store != path && fs::is_directory(store, error))
    message += fmt::format("; its frame store {} is there without it: copy the database, too", safe_text(store.string()));
  throw Error(ErrorCode::not_found, message, ErrorDetail{.file = path, .offset = {}});
}

void keep_apart(const fs::path& output, const fs::path& database) {
  std::error_code error;
  if (fs::equivalent(output, database, error))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is the beamtime itself; write to another file", safe_text(output.string())));
}

void build_app(CLI::App& root, Session& session) {
  root.name("resonance");
  root.description("Record, import, find and read synchrotron beamtimes.");
  root.set_help_flag("-h,--help", "Say how it is used");
  root.set_version_flag("--version", fmt::format("resonance {}", kVersion), "Say which version this is");
  root.add_flag("--json", session.json, "Machine-readable results on standard output");
  root.add_flag("--quiet", session.quiet, "No messages and no progress");
  root.fallthrough();
  root.get_formatter()->column_width(22);  // leaves 58 of 80 columns for what an option does
  root.require_subcommand(1);
  root.footer(
      "A run is named by its uid, a unique prefix of it, its scan_id, or -1 (the\nnewest), -2, …\n"
      "More about a verb: resonance VERB --help\n\nExamples:\n  resonance simulate demo.db\n  resonance ls demo.db\n  resonance show "
      "demo.db -1");
  for (auto* add : {add_init, add_import, add_simulate, add_ls,     add_show,   add_table,      add_tail,   add_tag,
                    add_note, add_image,  add_search,   add_index,  add_sample, add_researcher, add_schema, add_migrate,
                    add_stat, add_verify, add_recover,  add_repair, add_backup, add_completion})
    add(root, session);
}

std::string nearest_verb(const CLI::App& root, std::string_view word) {
  Nearest nearest(word);
  for (const CLI::App* verb : root.get_subcommands({})) {
    nearest.offer(verb->get_name());
    if (verb->get_name().starts_with(word)) nearest.offer(verb->get_name(), 0);
  }
  return nearest.best();
}

}  // namespace resonance::cli
