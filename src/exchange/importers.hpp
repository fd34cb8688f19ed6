/// What an importer is given, and the importers there are.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/time_zone.hpp"
#include "resonance/exchange.hpp"

namespace resonance::exchange {

inline constexpr std::uint64_t kMaxImportBytes = 512ull << 20;  ///< of the file named; frames beside it count for themselves

/// One foreign file in memory. Nobody else reads it, so that what is hashed is what is imported.
struct SourceFile {
  std::filesystem::path path;
  std::string bytes;
};

struct Target {
  const std::filesystem::path& database;
  const ImportOptions& options;
  ImportReport& report;
};

/// "fits, bcs, csv"
[[nodiscard]] std::string names_of_formats();

/// What the options say of how a table is read, as text that is empty when they say nothing: the same file read otherwise is another run.
[[nodiscard]] std::string reading_text(const ImportOptions& options);
/// The zone of times that tell none. \throws Error(invalid_argument) there is no such zone
[[nodiscard]] TimeZone zone_of(const ImportOptions& options);

// Each recognises its format by content …
[[nodiscard]] bool is_bcs(std::string_view bytes);
[[nodiscard]] bool is_fits(std::string_view bytes);
[[nodiscard]] bool is_csv(std::string_view bytes);

// … and records the file as one run, filling the report.
void import_bcs(SourceFile source, const Target& target);
void import_fits(SourceFile source, const Target& target);
void import_csv(SourceFile source, const Target& target);

}  // namespace resonance::exchange
