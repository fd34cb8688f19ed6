/// What an importer is given, and the importers there are.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

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

// Each recognises its format by content …
[[nodiscard]] bool is_bcs(std::string_view bytes);
[[nodiscard]] bool is_fits(std::string_view bytes);
[[nodiscard]] bool is_csv(std::string_view bytes);

// … and records the file as one run, filling the report.
void import_bcs(SourceFile source, const Target& target);
void import_fits(SourceFile source, const Target& target);
void import_csv(SourceFile source, const Target& target);

}  // namespace resonance::exchange
