#include "index/run_record.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <bit>

#include "base/text.hpp"

namespace resonance::index {

namespace {

template <class T>
std::string text_of(const std::optional<T>& value) {
  if (!value) return "none";
  if constexpr (std::is_same_v<T, double>)
    return shortest(*value);
  else
    return fmt::format("{}", *value);
}

std::string text_of(const Value& value) {
  std::string low;
  if (const auto* number = std::get_if<double>(&value.low)) low = shortest(*number);
  if (const auto* text = std::get_if<std::string>(&value.low)) low = '"' + *text + '"';
  return fmt::format("{} {} = {}{}{}", value.source, value.path, low, value.high ? ".." + shortest(*value.high) : "",
                     value.unit ? " " + *value.unit : "");
}

}  // namespace

std::string status_of(const RunSummary& run) { return run.exit_status.value_or("open"); }

std::vector<std::pair<std::string, std::string>> parts_of(const RunRecord& record) {
  const auto& run = record.summary;
  std::vector<std::pair<std::string, std::string>> out = {
      {"plan", run.plan_name},
      {"sample", text_of(run.sample)},
      {"start", shortest(run.time_start)},
      {"stop", text_of(run.time_stop)},
      {"status", status_of(run)},
      {"operator", text_of(run.operator_name)},
      {"scan_id", text_of(run.scan_id)},
      {"number of events", fmt::to_string(run.num_events)},
      {"number of frames", fmt::to_string(run.num_frames)},
      {"tags", fmt::format("{}", fmt::join(run.tags, "\n"))},
      {"bytes", fmt::to_string(record.bytes)},
      {"number of notes", fmt::to_string(record.num_notes)},
      {"words", record.words},
      {"notes", record.notes},
  };
  std::string details;
  if (record.sample) {
    const auto& sample = *record.sample;
    details = fmt::format("{} {} formula {} serial {} tags {}", sample.sample_id, sample.name, text_of(sample.formula),
                          text_of(sample.serial), fmt::join(sample.tags, "\n"));
  }
  out.emplace_back("details of the sample", std::move(details));
  std::string values;
  for (const auto& value : record.values) values += text_of(value) + "\n";
  out.emplace_back("values", std::move(values));
  return out;
}

std::int64_t digest_of(const RunRecord& record) {
  std::string all;
  for (const auto& [name, text] : parts_of(record)) all += fmt::format("{}\x1f{}\x1f{}\x1e", name, text.size(), text);
  return std::bit_cast<std::int64_t>(static_cast<std::uint64_t>(XXH3_64bits(all.data(), all.size())));
}

}  // namespace resonance::index
