/// The runs of one beamtime's database as records.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog_impl.hpp"
#include "index/run_record.hpp"

namespace resonance::index {

/// Reads only. Not synchronised. A run whose metadata or data keys are broken gives a record without them, and says so in `fault`.
class BeamtimeReader {
 public:
  /// \throws Error(corrupt) no beamtime; Error(unsupported) newer version
  explicit BeamtimeReader(const std::filesystem::path& database);
  [[nodiscard]] const std::filesystem::path& database() const noexcept { return catalog_->database(); }  ///< links followed
  explicit BeamtimeReader(std::shared_ptr<Catalog::Impl> catalog);

  /// The next runs, at most `limit`, in the order of their rows; none at the end. No transaction stays open between calls.
  [[nodiscard]] std::vector<RunRecord> next(std::uint64_t limit);
  /// What the beamtime's file lacks, when it was copied without its log.
  [[nodiscard]] std::optional<std::string> missing_log();
  [[nodiscard]] std::optional<RunRecord> run(std::string_view uid);

 private:
  RunRecord record_of(catalog::RunRow&& row);
  void add_sample(RunRecord& record, const Run& run, std::int64_t sample_id);

  std::shared_ptr<Catalog::Impl> catalog_;  // shared with the runs that are read
  std::int64_t last_row_ = 0;
  std::map<std::int64_t, SampleRecord> samples_;
};

}  // namespace resonance::index
