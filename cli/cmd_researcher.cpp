/// `resonance researcher`: the people whose beamtimes are in a data root.
#include <fmt/format.h>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path root;
  std::optional<std::string> name, email, orcid, affiliation, folder;
  [[nodiscard]] bool says_something() const { return email || orcid || affiliation || folder; }
};

void list(Session& session, const MasterIndex& index) {
  const auto researchers = index.researchers();
  const auto beamtimes = index.beamtimes();
  if (session.json) {
    Json out = Json::array();
    for (const auto& researcher : researchers) out.push_back(wire::to_json(researcher));
    return session.print(out);
  }
  TextTable table({{"researcher", false, Cut::middle},
                   {"beamtimes", true},
                   {"runs", true},
                   {"folder", false, Cut::last},
                   {"email", false, Cut::middle},
                   {"affiliation", false, Cut::middle}});
  for (const auto& researcher : researchers) {
    std::uint64_t count = 0, runs = 0;
    for (const auto& beamtime : beamtimes) {
      if (beamtime.researcher != researcher.name) continue;
      ++count;
      runs += beamtime.num_runs;
    }
    table.add({researcher.name, fmt::to_string(count), fmt::to_string(runs), researcher.root_path, researcher.email.value_or(""),
               researcher.affiliation.value_or("")});
  }
  session.out.write(table.render(line_width(), colours_wanted()));
}

void show(Session& session, const MasterIndex& index, const std::string& name) {
  for (const auto& researcher : index.researchers()) {
    if (researcher.name != name) continue;
    auto out = wire::to_json(researcher);
    Json beamtimes = Json::array();
    TextTable table({{"beamtime", false, Cut::middle}, {"database", false, Cut::last}, {"from"}, {"to"}, {"runs", true}});
    for (const auto& beamtime : index.beamtimes()) {
      if (beamtime.researcher != name) continue;
      beamtimes.push_back(wire::to_json(beamtime));
      table.add({beamtime.label, beamtime.db_path, beamtime.time_start ? local_minute(*beamtime.time_start) : "",
                 beamtime.time_stop ? local_minute(*beamtime.time_stop) : "", fmt::to_string(beamtime.num_runs)});
    }
    if (session.json) {
      out.set("beamtimes", std::move(beamtimes));
      return session.print(out);
    }
    session.out.write(safe_text(researcher.name) + "\n");
    const auto line = [&](const char* what, const std::optional<std::string>& text) {
      if (text) session.out.write(fmt::format("  {:<12} {}\n", what, safe_text(*text)));
    };
    line("email", researcher.email);
    line("orcid", researcher.orcid);
    line("affiliation", researcher.affiliation);
    line("folder", researcher.root_path);
    if (!table.empty()) session.out.write("\n" + table.render(line_width(), colours_wanted()));
    return;
  }
  throw Error(ErrorCode::not_found, fmt::format("{} knows no researcher '{}'; 'resonance researcher {}' lists all",
                                                safe_text(index.root().string()), safe_text(name), safe_text(index.root().string())));
}

bool knows(const MasterIndex& index, const std::string& name) {
  for (const auto& researcher : index.researchers())
    if (researcher.name == name) return true;
  return false;
}

int run(Session& session, const Options& options) {
  MasterIndex index(options.root);
  use_clocks_of(options.root);
  if (!options.name) {
    if (options.says_something()) throw Error(ErrorCode::invalid_argument, "researcher: whose? Give the name behind the data root");
    list(session, index);
    return 0;
  }
  if (options.says_something()) {
    Researcher researcher;
    researcher.name = *options.name;
    researcher.email = options.email;
    researcher.orcid = options.orcid;
    researcher.affiliation = options.affiliation;
    for (const auto& known : index.researchers())
      if (known.name == researcher.name) researcher.root_path = known.root_path;
    if (options.folder) researcher.root_path = *options.folder;
    const bool known = knows(index, *options.name);
    index.register_researcher(researcher);
    session.say(safe_text(fmt::format("{}: {}", *options.name, known ? "changed" : "added")));
  }
  show(session, index, *options.name);
  return 0;
}

}  // namespace

void add_researcher(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"researcher", "List, show, add and change the researchers of a data root",
                                           "  resonance researcher /data/rsoxs\n"
                                           "  resonance researcher /data/rsoxs \"Ada Smith\" --email ada@example.org\n"
                                           "  resonance researcher /data/rsoxs \"Ada Smith\"\n\n"
                                           "A name with something about it adds the researcher, or changes what is given.\n"
                                           "Beamtimes in the researcher's folder (of the same name, when none is given) are\n"
                                           "theirs; others are given to them with 'resonance index add'."},
                                          run);
  app.add_option("ROOT", options.root, "The data root")->required()->option_text(" ");
  app.add_option("NAME", options.name, "The researcher")->option_text(" ");
  app.add_option("--email", options.email, "Where to write to")->option_text("TEXT");
  app.add_option("--orcid", options.orcid, "ORCID iD")->option_text("ID");
  app.add_option("--affiliation", options.affiliation, "Where they work")->option_text("TEXT");
  app.add_option("--folder", options.folder, "Whose beamtimes are theirs; . is all of the root")->option_text("DIR");
}

}  // namespace resonance::cli
