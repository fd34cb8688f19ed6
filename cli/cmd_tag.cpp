/// `resonance tag`: show, add and remove the tags of a run.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/annotations.hpp"
#include "resonance/catalog.hpp"
#include "run_reference.hpp"
#include "run_text.hpp"
#include "text_layout.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
  std::string run;
  std::vector<std::string> add, remove;
};

struct Changes {
  std::vector<std::string> added, removed;
};

Json to_json(const std::vector<std::string>& tags) { return Json(Json::Array(tags.begin(), tags.end())); }

Changes change(Session& session, const Options& options, const std::string& uid) {
  Changes out;
  if (options.add.empty() && options.remove.empty()) return out;
  Annotations annotations(options.database, annotation_options(session, options.database));
  if (!options.remove.empty()) out.removed = annotations.remove_tags(uid, options.remove);
  if (!options.add.empty()) out.added = annotations.add_tags(uid, options.add);
  annotations.close();
  return out;
}

std::string in_words(const Changes& changes) {
  std::vector<std::string> words;
  if (!changes.added.empty()) words.push_back(safe_text(fmt::format("added {}", fmt::join(changes.added, ", "))));
  if (!changes.removed.empty()) words.push_back(safe_text(fmt::format("removed {}", fmt::join(changes.removed, ", "))));
  return words.empty() ? "nothing to change" : fmt::format("{}", fmt::join(words, "; "));
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  const auto uid = find_run(Catalog(options.database), options.run).uid();  // -1 stays the run that it is now
  const auto changes = change(session, options, uid);
  const auto summary = Catalog(options.database).run(uid).summary();
  const auto& tags = summary.tags;
  if (session.json) {
    session.print(
        Json::object({{"run", uid}, {"tags", to_json(tags)}, {"added", to_json(changes.added)}, {"removed", to_json(changes.removed)}}));
    return 0;
  }
  for (const auto& tag : tags) session.out.write(safe_text(tag) + "\n");
  if (!options.add.empty() || !options.remove.empty())
    session.say(fmt::format("{}: {}", run_name(summary), in_words(changes)));
  else if (tags.empty())
    session.say(run_name(summary) + ": no tags");
  return 0;
}

}  // namespace

void add_tag(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"tag", "Show, add and remove tags of a run",
                                           "  resonance tag znpc.db -1 good reference\n"
                                           "  resonance tag znpc.db 80276 \"carbon edge\" --remove good\n"
                                           "  resonance tag znpc.db -1\n\n"
                                           "Prints the tags that the run has then, one a line. Works while it is recorded.\n"
                                           "Runs with a tag: resonance ls znpc.db --tag good"},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.run, "uid, a prefix of it, scan_id, or -1 for the newest")->required()->option_text(" ");
  app.add_option("TAG", options.add, "Tags to add")->option_text(" ");
  app.add_option("--remove", options.remove, "Take this tag away; repeatable")->option_text("TAG")->allow_extra_args(false);
}

}  // namespace resonance::cli
