/// `resonance note`: the log of notes of a run, and one more for it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/annotations.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "run_reference.hpp"
#include "run_text.hpp"
#include "terminal.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
  std::string run;
  std::vector<std::string> text;
  std::optional<std::string> author;
};

/// What is on standard input, without the line feed at its end.
std::string read_input() {
  constexpr std::size_t kMost = 1 << 20;  // the library takes less, and says how much
  std::string out;
  char part[4096];
  for (std::size_t n = 0; out.size() < kMost && (n = std::fread(part, 1, sizeof part, stdin)) > 0;) out.append(part, n);
  if (std::ferror(stdin) != 0) throw Error(ErrorCode::io, "standard input cannot be read");
  out.erase(out.find_last_not_of("\r\n") + 1);
  return out;
}

int show_log(Session& session, const Run& run) {
  const auto notes = run.notes();
  if (session.json) {
    Json list = Json::array();
    for (const Note& note : notes) list.push_back(wire::to_json(note));
    session.print(list);
    return 0;
  }
  for (const Note& note : notes) session.out.write(note_text(note, 0, colours_wanted()));
  if (notes.empty()) session.say(run_name(run.summary()) + ": no notes");
  return 0;
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  use_clocks_of(options.database);
  const Run found = find_run(Catalog(options.database), options.run);
  if (options.text.empty() && options.author)
    throw Error(ErrorCode::invalid_argument, "the author of what? Give the note's text, or - to read it from standard input");
  if (options.text.empty()) return show_log(session, found);
  const bool from_input = options.text.size() == 1 && options.text.front() == "-";
  const auto text = from_input ? read_input() : fmt::format("{}", fmt::join(options.text, " "));
  Annotations annotations(options.database, annotation_options(session, options.database));
  const auto note = annotations.add_note(found.uid(), text, options.author);
  annotations.close();
  if (session.json)
    session.print(wire::to_json(note));
  else
    session.say("noted for " + run_name(found.summary()));
  return 0;
}

}  // namespace

void add_note(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"note", "Write into the log of a run, or show it",
                                           "  resonance note znpc.db -1 \"beam lost at event 40\"\n"
                                           "  resonance note znpc.db 80276 --author \"J. Doe\" sample moved by 0.1 mm\n"
                                           "  resonance note znpc.db -1\n"
                                           "  resonance note znpc.db -1 - < remarks.txt\n\n"
                                           "Without TEXT it prints the notes, oldest first. Notes are a log: they can be\n"
                                           "added, not changed. Works while the run is recorded. Before a text that begins\n"
                                           "with '-' write --."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.run, "uid, a prefix of it, scan_id, or -1 for the newest")->required()->option_text(" ");
  app.add_option("TEXT", options.text, "The note; - reads standard input")->option_text(" ");
  app.add_option("--author", options.author, "Who says so")->option_text("NAME");
}

}  // namespace resonance::cli
