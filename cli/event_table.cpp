#include "event_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "event_cells.hpp"
#include "resonance/error.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {

namespace {

std::string names_in_words(const std::vector<std::string>& names) {
  std::vector<std::string> safe;
  for (const std::string& name : names) safe.push_back(name.find(',') == std::string::npos ? safe_text(name) : "'" + safe_text(name) + "'");
  return names.empty() ? "there are none" : fmt::format("there are: {}", fmt::join(safe, ", "));
}

/// Visit the events of the range. Ctrl-C ends it.
void visit(const Run& run, std::string_view stream, const RowRange& range, const std::function<bool(const Event&)>& each) {
  std::uint64_t rows = 0;
  if (range.max_rows == 0) return;
  run.for_each_event(
      stream,
      [&](const Event& event) {
        check_interrupt();
        return each(event) && ++rows < range.max_rows;
      },
      range.first_seq_num);
}

bool lies_outside(const Json& data_key) {
  const Json* external = data_key.find("external");
  return external != nullptr && !external->is_null();
}

/// Column names in order, and how they were found.
class Columns {
 public:
  explicit Columns(const StreamInfo& stream) {
    if (!stream.data_keys.is_object()) return;
    for (const auto& [name, key] : stream.data_keys.as_object()) {
      if (!known_.insert(name).second) continue;
      all_.push_back(name);
      if (lies_outside(key)) outside_.insert(name);
    }
  }

  void see(const Event& event) {
    if (!event.data.is_object()) return;
    for (const auto& [name, value] : event.data.as_object()) {
      if (known_.insert(name).second) all_.push_back(name);
      if (!outside_.empty() && !value.is_null()) outside_.erase(name);
    }
  }

  std::vector<std::string> with_values() const {
    std::vector<std::string> names;
    std::copy_if(all_.begin(), all_.end(), std::back_inserter(names), [this](const auto& name) { return !outside_.contains(name); });
    return names;
  }

  /// The columns named, without blanks around them where only so they are known.
  std::vector<std::string> choose(const std::vector<std::string>& wanted) const {
    std::vector<std::string> names;
    std::unordered_set<std::string_view> chosen;
    for (std::string name : wanted) {
      if (!known_.contains(name)) name = trimmed(name);
      if (name == "seq_num" || name == "time") continue;  // they come first anyway
      name = data_key_of(name, [this](const std::string& key) { return known_.contains(key); });
      const auto known = known_.find(name);
      if (known == known_.end())
        throw Error(ErrorCode::not_found, fmt::format("no column '{}'; {}", safe_text(name), names_in_words(all_)));
      if (chosen.insert(*known).second) names.push_back(name);
    }
    return names;
  }

 private:
  static std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(' ') - first + 1);
  }

  std::vector<std::string> all_;
  std::unordered_set<std::string> known_, outside_;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void visit_planned(const Run& run, const TablePlan& plan, const std::function<void(const Event&)>& each) {
  if (plan.last_seq_num == 0) return;
  visit(run, plan.stream, plan.range, [&](const Event& event) {
    if (event.seq_num > plan.last_seq_num) return false;
    each(event);
    return true;
  });
}

}  // namespace

std::string csv_text(std::string_view text) {
  const bool bare = !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos && text.front() != ' ' && text.back() != ' ';
  return bare ? std::string(text) : quoted(text);
}

StreamInfo choose_stream(const Run& run, const std::optional<std::string>& name) {
  const std::vector<StreamInfo> streams = run.streams();
  const std::string wanted = name.value_or("primary");
  for (const StreamInfo& stream : streams)
    if (stream.name == wanted) return stream;
  if (!name && streams.size() == 1) return streams.front();
  std::vector<std::string> names;
  for (const StreamInfo& stream : streams) names.push_back(stream.name);
  throw Error(ErrorCode::not_found, fmt::format("run {} has no stream '{}'; {}", run.uid(), safe_text(wanted), names_in_words(names)));
}

TablePlan plan_table(const Run& run, const StreamInfo& stream, const std::vector<std::string>& wanted, const RowRange& range) {
  Columns columns(stream);
  TablePlan plan{.stream = stream.name, .range = range, .columns = {}};
  visit(run, stream.name, range, [&](const Event& event) {
    columns.see(event);
    plan.last_seq_num = event.seq_num;
    return true;
  });
  plan.columns = wanted.empty() ? columns.with_values() : columns.choose(wanted);
  return plan;
}

std::string csv_field(const Json* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? quoted(std::string_view(value->as_string())) : csv_text(value->dump());
}

void write_csv(const Run& run, const TablePlan& plan, Output& out) {
  std::string line = "seq_num,time";
  for (const std::string& name : column_names(plan.columns)) line += "," + csv_text(name);
  out.write(line + "\n");
  EventCells cells(plan.columns);
  visit_planned(run, plan, [&](const Event& event) {
    line = fmt::format("{},{}", event.seq_num, Json(event.time).dump());
    for (const Json* value : cells.of(event)) {
      line += ',';
      line += csv_field(value);
    }
    line += '\n';
    out.write(line);
  });
}

void write_json_rows(const Run& run, const TablePlan& plan, Output& out) {
  std::vector<std::string> members;  // as they begin, with name and colon
  for (const std::string& name : column_names(plan.columns)) members.push_back("," + wire::json_text(name) + ":");
  EventCells cells(plan.columns);
  std::string row = "[\n";
  visit_planned(run, plan, [&](const Event& event) {
    row += fmt::format(R"({{"seq_num":{},"time":{})", event.seq_num, wire::json_text(event.time));
    std::size_t i = 0;
    for (const Json* value : cells.of(event)) {
      row += members[i++];
      value == nullptr ? void(row += "null") : wire::json_text_to(row, *value);
    }
    row += '}';
    out.write(row);
    row = ",\n";
  });
  out.write(row.starts_with('[') ? "[]\n" : "\n]\n");
}

}  // namespace resonance::cli
