#include "index/beamtime_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "index/flatten.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance::index {

namespace {

/// What is broken in one run must not hide the others, nor the rest of this one.
template <class Work>
void attempt(RunRecord& record, Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::invalid_argument && error.code() != ErrorCode::unsupported) throw;
    if (record.fault.empty()) record.fault = fmt::format("run {}: {}", record.summary.uid, error.what());
  }
}

void add_ranges(RunRecord& record, const Run& run) {
  for (auto& range : run.data_key_ranges()) {
    if (record.values.size() >= kMostValues) return;
    record.values.push_back({kData, std::move(range.data_key), range.low, range.high, std::move(range.units)});
  }
}

void add_notes(RunRecord& record, const Run& run) {
  for (const auto& note : run.notes()) {
    ++record.num_notes;
    add_text(record.notes, note.text);
  }
}

void add_own_words(RunRecord& record) {
  const auto& run = record.summary;
  add_text(record.words, run.plan_name);
  if (record.sample) {
    add_text(record.words, record.sample->name);
    add_text(record.words, record.sample->formula.value_or(""));
    add_text(record.words, record.sample->serial.value_or(""));
  }
  add_text(record.words, run.operator_name.value_or(""));
  for (const auto& tag : run.tags) add_text(record.words, tag);
}

}  // namespace

BeamtimeReader::BeamtimeReader(const std::filesystem::path& database)
    : BeamtimeReader(std::make_shared<Catalog::Impl>(database, CatalogOptions{.threads = 1})) {}
BeamtimeReader::BeamtimeReader(std::shared_ptr<Catalog::Impl> catalog) : catalog_(std::move(catalog)) {}

std::vector<RunRecord> BeamtimeReader::next(std::uint64_t limit) {
  std::vector<RunRecord> out;
  for (auto& row : catalog_->with([&](catalog::Queries& queries) { return queries.runs_after(last_row_, limit); })) {
    last_row_ = row.rowid;
    out.push_back(record_of(std::move(row)));
  }
  return out;
}

std::optional<std::string> BeamtimeReader::missing_log() {
  return catalog_->with([](catalog::Queries& queries) { return queries.missing_log(); });
}

std::optional<RunRecord> BeamtimeReader::run(std::string_view uid) {
  auto row = catalog_->with([&](catalog::Queries& queries) { return queries.run_row(uid); });
  return row ? std::optional(record_of(std::move(*row))) : std::nullopt;
}

void BeamtimeReader::add_sample(RunRecord& record, const Run& run, std::int64_t sample_id) {
  auto found = samples_.find(sample_id);
  if (found == samples_.end()) {
    const auto sample = run.sample();
    if (!sample) return;
    found = samples_.emplace(sample_id, SampleRecord{sample_id, sample->name, sample->formula, sample->serial, sample->tags}).first;
  }
  record.sample = found->second;
  auto& tags = record.summary.tags;
  for (const auto& tag : found->second.tags)
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
}

RunRecord BeamtimeReader::record_of(catalog::RunRow&& row) {
  RunRecord out;
  out.summary = std::move(row.summary);
  const Run run(std::make_shared<const Run::Impl>(catalog_, out.summary.uid));
  if (row.sample_id) attempt(out, [&] { add_sample(out, run, *row.sample_id); });
  add_own_words(out);
  attempt(out, [&] { add_ranges(out, run); });  // first: metadata may have more values than there is room for
  if (!row.metadata.empty())
    attempt(out, [&] {
      const auto metadata = Json::parse(row.metadata);
      if (metadata.is_object()) add_metadata(out, metadata);
    });
  attempt(out, [&] { add_notes(out, run); });
  if (out.summary.num_frames > 0) out.bytes = io::allocated_bytes(catalog_->store() / "runs" / out.summary.uid);
  return out;
}

}  // namespace resonance::index
