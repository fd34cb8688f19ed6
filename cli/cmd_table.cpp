/// `resonance table`: the events of a run as CSV, JSON or Arrow.
#include <fmt/format.h>

#include <cctype>
#include <optional>

#include "app.hpp"
#include "event_table.hpp"
#include "resonance/error.hpp"
#include "resonance/exchange.hpp"
#include "run_reference.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
  std::string run;
  std::optional<std::string> stream, format, columns;
  std::vector<std::string> column;
  std::uint64_t first = 0;
  std::optional<std::uint64_t> limit;
  std::optional<std::filesystem::path> output;
};

std::vector<std::string> wanted_columns(const Options& options) {
  std::vector<std::string> names;
  if (options.columns) names = CLI::detail::split(*options.columns, ',');
  names.insert(names.end(), options.column.begin(), options.column.end());
  return names;
}

std::string ending_of(const Options& options) {
  std::string ending = options.output ? options.output->extension().string() : "";
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending;
}

std::string chosen_format(const Session& session, const Options& options) {
  if (options.format) return *options.format;
  if (session.json) return "json";
  const std::string ending = ending_of(options);
  if (ending.empty() || ending == ".csv") return "csv";
  if (ending == ".json") return "json";
  if (ending == ".arrow" || ending == ".arrows" || ending == ".feather") return "arrow";
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{}: a table is written as .csv, .json, .arrow, .arrows or .feather; name such a file, or say --format",
                          safe_text(options.output->string())));
}

void write_arrow_table(const Run& run, const StreamInfo& stream, const std::vector<std::string>& wanted, const RowRange& range,
                       ArrowForm form, Output& out) {
  TableOptions options{.columns = wanted, .first_seq_num = range.first_seq_num, .max_rows = range.max_rows, .progress = {}};
  options.progress = [](std::uint64_t) { check_interrupt(); };
  const Table table = run.table(stream.name, options);
  const auto sink = [&out](std::span<const std::byte> bytes) {
    check_interrupt();
    out.write(bytes);
  };
  write_arrow(table, sink, form);
}

void write_table(const Run& run, const Options& options, const std::string& format, Output& out) {
  const StreamInfo stream = choose_stream(run, options.stream);
  const RowRange range{options.first, options.limit.value_or(RowRange{}.max_rows)};
  const std::vector<std::string> wanted = wanted_columns(options);
  if (format == "arrow") {
    const auto columns = wanted.empty() ? wanted : plan_table(run, stream, wanted, range).columns;
    const std::string ending = ending_of(options);
    write_arrow_table(run, stream, columns, range, ending == ".arrow" || ending == ".feather" ? ArrowForm::file : ArrowForm::stream, out);
  } else {
    const TablePlan plan = plan_table(run, stream, wanted, range);
    format == "json" ? write_json_rows(run, plan, out) : write_csv(run, plan, out);
  }
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  if (options.output) keep_apart(*options.output, options.database);
  const std::string format = chosen_format(session, options);
  if (format == "arrow" && !options.output && session.out.terminal())
    throw Error(ErrorCode::invalid_argument, "Arrow is binary and not for a terminal; name a file with -o, or send it on with | or >");
  const Catalog catalog(options.database);
  warn_of_missing(session, catalog);
  const Run found = find_run(catalog, options.run);
  note_signals();
  if (!options.output) {
    write_table(found, options, format, session.out);
    return 0;
  }
  Output file(*options.output);
  write_table(found, options, format, file);
  file.close();
  session.say(fmt::format("wrote {}", safe_text(options.output->string())));
  return 0;
}

}  // namespace

void add_table(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"table", "Print the events of a run as a table",
                                           "  resonance table znpc.db -1 > scan.csv\n"
                                           "  resonance table znpc.db -1 --columns \"Beamline Energy,AI 3 Izero\" --limit 10\n"
                                           "  resonance table znpc.db 80276 -o scan.arrow\n\n"
                                           "FILE ends in .csv, .json, .arrow or .feather (an Arrow file, as pandas, polars\n"
                                           "and pyarrow.ipc.open_file read it), or .arrows (an Arrow stream, as on standard\n"
                                           "output)."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.run, "uid, a prefix of it, scan_id, or -1 for the newest")->required()->option_text(" ");
  app.add_option("--stream", options.stream, "Stream (primary, or the only one there is)")->option_text("S");
  app.add_option("--columns", options.columns, "Only these, after seq_num and time")->option_text("A,B");
  app.add_option("--column", options.column, "The same for one name, which may hold commas; repeatable")
      ->option_text("NAME")
      ->allow_extra_args(false);
  one_of(session, app.add_option("--format", options.format, "csv, json or arrow (by the ending of FILE, or csv)")->option_text("F"),
         {"csv", "json", "arrow"});
  whole_number(app.add_option("--first", options.first, "From this seq_num on")->option_text("N"));
  whole_number(app.add_option("--limit", options.limit, "At most N rows")->option_text("N"));
  app.add_option("-o,--output", options.output, "Write this file, whole or not at all")->option_text("FILE");
}

}  // namespace resonance::cli
