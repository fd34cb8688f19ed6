/// `resonance schema`: which version a database has, its tables, and what differs from the format.
#include <fmt/format.h>

#include "app.hpp"
#include "resonance/beamtime.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
};

std::string version_in_words(const SchemaDescription& schema) {
  if (schema.kind == "unknown") return fmt::format("neither a beamtime nor a master index (user_version {})", schema.user_version);
  const std::string kind = schema.kind == "index" ? "master index" : schema.kind;
  const char* state = schema.user_version == schema.current_version  ? "current"
                      : schema.user_version < schema.current_version ? "older than this program's"
                                                                     : "newer than this program's";
  return fmt::format("{}, version {} ({})", kind, schema.user_version, state);
}

void print_tables(Session& session, const SchemaDescription& schema) {
  TextTable table({{"table"}, {"kind"}, {"rows", true}, {"columns", false, Cut::end}}, "  ");
  for (const bool core : {true, false})
    for (const TableDescription& found : schema.tables)
      if (found.core == core)
        table.add({found.name, core ? "core" : "side", fmt::to_string(found.rows), fmt::format("{}", fmt::join(found.columns, " "))});
  session.out.write(table.render(line_width(), colours_wanted()));
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  const SchemaDescription schema = describe_schema(options.database);
  if (session.json) {
    session.print(wire::to_json(schema));
    return 0;
  }
  session.out.write(fmt::format("{}: {}\n", safe_text(options.database.string()), version_in_words(schema)));
  print_tables(session, schema);
  for (const auto& [name, version] : schema.extensions)
    session.out.write(fmt::format("extension {}, version {}\n", safe_text(name), version));
  for (const std::string& fault : schema.faults) session.out.write(painted("fault: ", kRed, colours_wanted()) + safe_text(fault) + "\n");
  if (schema.faults.empty()) session.out.write("no faults: core tables and indexes are exactly as the format says\n");
  return 0;
}

}  // namespace

void add_schema(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"schema", "Show the version and the tables of a database",
                                           "  resonance schema znpc.db\n"
                                           "  resonance schema /data/rsoxs/index.db --json"},
                                          run);
  app.add_option("X.db", options.database, "A beamtime or a master index")->required()->option_text(" ");
}

}  // namespace resonance::cli
