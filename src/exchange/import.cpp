/// Which importer takes a file. The formats themselves are in the folders beside this file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <vector>

#include "exchange/importers.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

struct Importer {
  const char* name;
  const char* description;
  bool (*takes)(std::string_view bytes);
  void (*import)(exchange::SourceFile source, const exchange::Target& target);
};

// Asked in this order: CSV is the least particular.
constexpr std::array kImporters{
    Importer{"fits", "one FITS image with its header", exchange::is_fits, exchange::import_fits},
    Importer{"bcs", "scan table of the ALS Beamline Control System (-AI.txt) with its FITS frames", exchange::is_bcs, exchange::import_bcs},
    Importer{"csv", "table with a header row; comma, semicolon or tab", exchange::is_csv, exchange::import_csv},
};

std::string names_of_formats() {
  std::vector<std::string> names;
  for (const auto& importer : kImporters) names.emplace_back(importer.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

const Importer& importer_named(std::string_view name) {
  for (const auto& importer : kImporters)
    if (name == importer.name) return importer;
  throw Error(ErrorCode::invalid_argument, fmt::format("there is no import format \"{}\"; there are {}", name, names_of_formats()));
}

const Importer& importer_for(std::string_view bytes) {
  for (const auto& importer : kImporters)
    if (importer.takes(bytes)) return importer;
  throw Error(ErrorCode::invalid_argument, fmt::format("its content is in none of the formats {}", names_of_formats()));
}

}  // namespace

std::vector<ImportFormat> import_formats() {
  std::vector<ImportFormat> formats;
  for (const auto& importer : kImporters) formats.push_back({importer.name, importer.description});
  return formats;
}

ImportReport import_file(const std::filesystem::path& file, const std::filesystem::path& database, const ImportOptions& options) {
  const Importer* importer = options.format ? &importer_named(*options.format) : nullptr;
  ImportReport report;
  report.file = file;
  exchange::SourceFile source{file, io::read_text(file, exchange::kMaxImportBytes)};
  try {
    if (importer == nullptr) importer = &importer_for(source.bytes);
    report.format = importer->name;
    importer->import(std::move(source), {database, options, report});
  } catch (Error& error) {
    error.add_context(fmt::format("importing {}", file.string()));
    throw;
  }
  return report;
}

}  // namespace resonance
