/// `resonance init`: a data root with its master index.
#include <fmt/format.h>

#include <optional>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/beamtime.hpp"
#include "text_layout.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path root;
  std::optional<std::string> researcher, zone;
};

int run(Session& session, const Options& options) {
  DataRootOptions how{.researcher = options.researcher, .zone = options.zone};
  if (!how.zone && !is_data_root(options.root)) how.zone = local_zone();  // what is there already stays
  const std::filesystem::path index = init_data_root(options.root, how);
  const auto zone = MasterIndex(options.root).zone();
  if (session.json) {
    Json result = Json::object({{"root", wire::path_to_json(options.root)}, {"index", wire::path_to_json(index)}});
    result.set("researcher", wire::optional_text_to_json(options.researcher));
    result.set("zone", wire::optional_text_to_json(zone));
    session.print(result);
  } else if (!session.quiet) {
    session.out.write(fmt::format("{}: master index of the data root\n", safe_text(index.string())));
    if (how.researcher) session.out.write(fmt::format("researcher: {}\n", safe_text(*how.researcher)));
    session.out.write(fmt::format("time zone: {}\n", safe_text(zone.value_or("UTC"))));
  }
  return 0;
}

}  // namespace

void add_init(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"init", "Make a data root: a folder with a master index",
                                           "  resonance init /data/rsoxs\n"
                                           "  resonance init /data/rsoxs --researcher \"Ada Example\"\n"
                                           "  resonance init /data/rsoxs --zone America/Los_Angeles"},
                                          run);
  app.add_option("ROOT", options.root, "The folder; made when missing")->required()->option_text(" ");
  app.add_option("--researcher", options.researcher, "Add this researcher to the master index")->option_text("NAME");
  app.add_option("--zone", options.zone, "Time zone of the facility (that of this machine)")->option_text("ZONE");
}

}  // namespace resonance::cli
