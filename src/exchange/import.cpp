/// Which importer takes a file. The formats themselves are in the folders beside this file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/names.hpp"
#include "beamtime/place.hpp"
#include "exchange/importers.hpp"
#include "exchange/packed.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

struct Importer {
  const char* name;
  const char* description;
  bool (*takes)(std::string_view bytes);
  void (*import)(exchange::SourceFile source, const exchange::Target& target);
  void (*check)(const TableReading& reading);  // refuses what means nothing for the format
};

void refuse_reading(const TableReading& reading) {
  if (!reading.says_nothing())
    throw Error(ErrorCode::invalid_argument,
                "it is no table of text: what its columns are, delimiters, decimal signs, comments and lines to skip mean nothing");
}

void refuse_layout(const TableReading& reading) {
  if (reading.delimiter || reading.comment || reading.skip != 0)
    throw Error(ErrorCode::invalid_argument,
                "a table of BCS has tabs and a header of its own: delimiter, comment and lines to skip mean nothing");
  for (const auto& [name, kind] : reading.columns)
    if (kind == ColumnKind::time) throw Error(ErrorCode::invalid_argument, "the time of a table of BCS is its column Time, no other");
}

void take_reading(const TableReading&) {}

// Asked in this order: CSV is the least particular.
constexpr std::array kImporters{
    Importer{"fits", "FITS images with their headers; also tile-compressed (.fz) or in gzip", exchange::is_fits, exchange::import_fits,
             refuse_reading},
    Importer{"bcs", "scan table of the ALS Beamline Control System (-AI.txt) with its FITS frames", exchange::is_bcs, exchange::import_bcs,
             refuse_layout},
    Importer{"csv", "table of text: cells between commas, semicolons, tabs, bars or blanks", exchange::is_csv, exchange::import_csv,
             take_reading},
};

const Importer& importer_named(std::string_view name) {
  for (const auto& importer : kImporters)
    if (name == importer.name) return importer;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("there is no import format \"{}\"; there are {}", name, exchange::names_of_formats()));
}

const Importer& importer_for(std::string_view bytes) {
  exchange::require_unpacked(bytes);
  return *std::ranges::find_if(kImporters, [bytes](const Importer& importer) { return importer.takes(bytes); });  // CSV takes all
}

}  // namespace

namespace exchange {

std::string names_of_formats() {
  std::vector<std::string> names;
  for (const auto& importer : kImporters) names.emplace_back(importer.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace exchange

std::vector<ImportFormat> import_formats() {
  std::vector<ImportFormat> formats;
  for (const auto& importer : kImporters) formats.push_back({importer.name, importer.description});
  return formats;
}

ImportReport import_file(const std::filesystem::path& file, const std::filesystem::path& database, const ImportOptions& options) {
  const Importer* importer = options.format ? &importer_named(*options.format) : nullptr;
  if (options.sample) require_label(*options.sample, "sample name");
  for (const auto& tag : options.tags) require_label(tag, "tag");
  const auto place = beamtime::place_to_write(database);  // first: nothing is read for a name that will be refused
  ImportReport report;
  report.file = file;
  exchange::SourceFile source{file, io::read_text(file, exchange::kMaxImportBytes)};
  try {
    if (importer == nullptr) importer = &importer_for(source.bytes);
    report.format = importer->name;
    importer->check(options.table);
    importer->import(std::move(source), {place.database, options, report});
  } catch (Error& error) {
    error.add_context(fmt::format("importing {}", file.string()));
    throw;
  }
  return report;
}

}  // namespace resonance
