/// `resonance import`: foreign files into a beamtime, one run each.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>

#include "app.hpp"
#include "frame_options.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "resonance/exchange.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/error_table.hpp"
#include "wire/json_forms.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::vector<std::filesystem::path> files;
  std::filesystem::path into;
  std::optional<std::string> format, sample, operator_name;
  std::vector<std::string> tags;
  std::vector<std::string> columns;
  std::optional<std::string> delimiter, decimal, comment, zone;
  std::uint64_t skip = 0;
  FrameWords frames;
};

/// "(a.fits, b.fits, c.fits, …)"
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) shown.push_back(safe_text(names[i]));
  return fmt::format("({}{})", fmt::join(shown, ", "), names.size() > kShown ? ", …" : "");
}

std::string in_words(const ImportReport& report) {
  const std::string file = safe_text(report.file.filename().string());
  const std::string uid = report.run_uid.substr(0, 8);
  if (report.already_there) return fmt::format("{}: {}, run {} already there, nothing changed\n", file, report.format, uid);
  std::string text =
      fmt::format("{}: {}, run {}, {}, {}", file, report.format, uid, counted(report.events, "event"), counted(report.frames, "frame"));
  if (!report.missing_frames.empty()) text += fmt::format(", {} missing {}", report.missing_frames.size(), some_of(report.missing_frames));
  text += "\n";
  for (const std::string& damaged : report.damaged_frames) text += fmt::format("  damaged: {}\n", safe_text(damaged));
  for (const std::string& unread : report.unsupported_frames) text += fmt::format("  not read: {}\n", safe_text(unread));
  for (const std::string& note : report.notes) text += fmt::format("  note: {}\n", safe_text(note));
  return text;
}

/// "barcode=text"; the name may hold a '='.
std::pair<std::string, ColumnKind> column_option(const std::string& text) {
  const auto equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("--column {}: say NAME=text, NAME=number, NAME=integer or NAME=time", safe_text(text)));
  return {text.substr(0, equals), parse_column_kind(text.substr(equals + 1))};
}

TableReading table_reading(const Options& options) {
  TableReading reading;
  for (const auto& column : options.columns) reading.columns.push_back(column_option(column));
  if (options.delimiter) reading.delimiter = parse_delimiter(*options.delimiter);
  if (options.decimal) reading.decimal = parse_decimal(*options.decimal);
  reading.comment = options.comment;
  reading.skip = options.skip;
  return reading;
}

ImportOptions library_options(const Options& options, ProgressBar& bar) {
  ImportOptions result;
  result.format = options.format;
  result.sample = options.sample;
  result.operator_name = options.operator_name;
  result.tags = options.tags;
  result.frames = frame_options(options.frames);
  result.table = table_reading(options);
  result.zone = options.zone;
  result.root_zone = zone_of_root(options.into);
  result.progress = [&bar](std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.update(done, total);
  };
  return result;
}

ImportReport import_one(const std::filesystem::path& file, const std::filesystem::path& into, const ImportOptions& options) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} is a folder; name the files in it, as in {}/*.txt", safe_text(file.string()), safe_text(file.string())),
                ErrorDetail{.file = file, .offset = {}});
  return import_file(file, into, options);
}

/// What happened to the files of one call.
struct Tally {
  Json reports = Json::array();
  std::size_t imported = 0, already_there = 0, failed = 0;
  int status = 0;  ///< of the first error
};

void record_failure(Session& session, const std::filesystem::path& file, const Error& error, Tally& tally) {
  ++tally.failed;
  const bool first = tally.status == 0;
  if (first) tally.status = wire::exit_status(error.code());
  if (session.json) tally.reports.push_back(Json::object({{"file", wire::path_to_json(file)}, {"error", wire::error_to_json(error)}}));
  if (first || !session.json) session.fail(error);  // as JSON it is one object; the report has the others
}

void import_files(Session& session, const Options& options, Tally& tally) {
  ProgressBar bar("importing", session.quiet);
  ImportOptions how = library_options(options, bar);
  how.on_run_change = listener_for(session, options.into);
  for (const std::filesystem::path& file : options.files) {
    bar.label(file.filename().string());
    check_interrupt();
    try {
      const ImportReport report = import_one(file, options.into, how);
      bar.clear();
      ++(report.already_there ? tally.already_there : tally.imported);
      if (session.json) {
        tally.reports.push_back(wire::to_json(report));
      } else if (!session.quiet) {
        session.out.write(in_words(report));
        session.out.flush();
      }
    } catch (const Error& error) {
      bar.clear();
      record_failure(session, file, error, tally);
    }
  }
}

int run(Session& session, const Options& options) {
  refuse_folder(options.into);
  note_signals();
  Tally tally;
  import_files(session, options, tally);
  if (session.json) session.print(tally.reports);
  if (!session.json && options.files.size() > 1)
    session.say(fmt::format("{} imported, {} already there, {} failed", tally.imported, tally.already_there, tally.failed));
  return tally.status;
}

}  // namespace

void add_import(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"import", "Import foreign files into a beamtime, each as one run",
                                           "  resonance import ZnPc_P100-AI.txt --into znpc.db --sample ZnPc\n"
                                           "  resonance import scans/*-AI.txt --into znpc.db --tag commissioning\n"
                                           "  resonance import export.csv --into x.db --column barcode=text --decimal comma\n\n"
                                           "Importing a file twice changes nothing."},
                                          run);
  std::vector<std::string> formats;
  std::string described = app.get_footer() + "\n\nFormats:";
  for (const ImportFormat& format : import_formats()) {
    formats.push_back(format.name);
    described += fmt::format("\n  {:<6} {}", format.name, wrapped(format.description, 80, 9));
  }
  app.footer(described);
  app.add_option("FILE", options.files, "Files to import")->required()->option_text("...");
  app.add_option("--into", options.into, "The beamtime; made when missing (required)")->required()->option_text("X.db");
  app.add_option("--sample", options.sample, "Name of the sample (what the file says)")->option_text("NAME");
  app.add_option("--operator", options.operator_name, "Who measured")->option_text("NAME");
  app.add_option("--tag", options.tags, "Tag the runs; repeatable")->option_text("TAG")->allow_extra_args(false);
  app.add_option("--column", options.columns, "It is text, number, integer or time; repeatable")
      ->option_text("NAME=TYPE")
      ->allow_extra_args(false);
  app.add_option("--delimiter", options.delimiter, "Between cells: tab, blank or a sign (found out)")->option_text("D");
  app.add_option("--decimal", options.decimal, "Decimal sign: point or comma (found out)")->option_text("D");
  app.add_option("--comment", options.comment, "How lines of comment begin ('#', '%', '//', '!')")->option_text("TEXT");
  whole_number(app.add_option("--skip", options.skip, "Lines before the table")->option_text("N"));
  app.add_option("--zone", options.zone, "Time zone of times that name none (the root's)")->option_text("ZONE");
  one_of(session, app.add_option("--format", options.format, "Format of the files (found from the content)")->option_text("F"), formats);
  add_frame_options(session, app, options.frames);
}

}  // namespace resonance::cli
