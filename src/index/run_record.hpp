/// What the master index keeps of a run: a function of the beamtime alone, so that a rebuild gives the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "resonance/types.hpp"

namespace resonance::index {

/// Where a value was found.
inline constexpr const char* kMetadata = "metadata";
inline constexpr const char* kData = "data";

/// One value that questions can ask for. Numbers are ranges: of one number, or of a data key over its run.
struct Value {
  std::string source;  ///< kMetadata or kData
  std::string path;    ///< keys joined with '.', as they are written
  /// Text with its case folded; or the lower end; or nothing, where there is a value that cannot be compared.
  std::variant<std::monostate, double, std::string> low;
  std::optional<double> high;       ///< of numbers alone; the same as `low` for one number
  std::optional<std::string> unit;  ///< as it is written
};

struct SampleRecord {
  std::int64_t sample_id = 0;  ///< samples.id in the beamtime
  std::string name;
  std::optional<std::string> formula, serial;
  std::vector<std::string> tags;
};

struct RunRecord {
  RunSummary summary;  ///< tags: of the run, then those of its sample that are not among them
  std::optional<SampleRecord> sample;
  std::uint64_t bytes = 0;  ///< of its frames on disk
  std::uint64_t num_notes = 0;
  std::vector<Value> values;
  std::string words;  ///< the texts that full-text search finds, with kBetweenTexts (flatten.hpp) between them
  std::string notes;  ///< likewise
  std::string fault;  ///< what could not be read and is therefore missing here; not stored
};

/// The texts of a JSON list; of what another program wrote there, as much as is one.
[[nodiscard]] std::vector<std::string> tags_in(std::string_view json);

/// "success", "aborted", …; "open" for a run without a status.
[[nodiscard]] std::string status_of(const RunSummary& run);

/// All that is stored of a run as named parts of text, to compare two records and to say where they differ.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parts_of(const RunRecord& record);
/// A hash of these parts.
[[nodiscard]] std::int64_t digest_of(const RunRecord& record);

}  // namespace resonance::index
