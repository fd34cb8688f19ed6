#include "index/run_record.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <bit>

#include "base/text.hpp"
#include "resonance/error.hpp"

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

void append(std::string& out, const Value& value) {
  out += value.source;
  out += ' ';
  out += value.path;
  out += " = ";
  if (const auto* number = std::get_if<double>(&value.low)) out += shortest(*number);
  if (const auto* text = std::get_if<std::string>(&value.low)) out.append(1, '"').append(*text).append(1, '"');
  if (value.high) out.append("..").append(shortest(*value.high));
  if (value.unit) out.append(1, ' ').append(*value.unit);
  out += '\n';
}

}  // namespace

std::vector<std::string> tags_in(std::string_view json) {
  std::vector<std::string> out;
  if (json.empty()) return out;
  try {
    const auto list = Json::parse(json);
    if (list.is_array())
      for (const auto& tag : list.as_array()) out.push_back(tag.is_string() ? tag.as_string() : tag.dump());
  } catch (const Error&) {
    out.emplace_back(json);  // differs from any list of ours
  }
  return out;
}

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
  for (const auto& value : record.values) append(values, value);
  out.emplace_back("values", std::move(values));
  return out;
}

std::int64_t digest_of(const RunRecord& record) {
  std::string all;
  for (const auto& [name, text] : parts_of(record)) all += fmt::format("{}\x1f{}\x1f{}\x1e", name, text.size(), text);
  return std::bit_cast<std::int64_t>(static_cast<std::uint64_t>(XXH3_64bits(all.data(), all.size())));
}

}  // namespace resonance::index
