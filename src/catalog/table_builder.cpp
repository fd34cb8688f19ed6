#include "catalog/table_builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::catalog {

namespace {

std::string text_member(const Json& spec, std::string_view name) {
  const auto* value = spec.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TableBuilder::TableBuilder(const Json& data_keys, const std::vector<std::string>& columns, bool declared_types)
    : all_(columns.empty()), declared_types_(declared_types), wanted_(columns) {
  std::erase_if(wanted_, [](const std::string& name) { return name == "seq_num" || name == "time"; });
  for (auto& name : wanted_) declare(name = data_key_of(name), data_keys);
  if (!data_keys.is_object()) return;
  for (const auto& [key, spec] : data_keys.as_object()) {
    declared_.push_back(key);
    if (all_ && spec.find("external") == nullptr) declare(key, data_keys);
  }
}

void TableBuilder::declare(const std::string& key, const Json& data_keys) {
  if (position_.contains(key)) return;
  const auto* spec = data_keys.find(key);
  const auto units = spec == nullptr ? std::string() : text_member(*spec, "units");
  position_.emplace(key, builders_.size());
  builders_.emplace_back(key, spec == nullptr || !declared_types_ ? std::string() : text_member(*spec, "dtype"),
                         units.empty() ? std::nullopt : std::optional(units));
}

ColumnBuilder* TableBuilder::known(std::string_view key, std::size_t hint) {
  if (hint < builders_.size() && builders_[hint].name() == key) return &builders_[hint];  // events list their keys in one order
  const auto it = position_.find(key);
  return it != position_.end() ? &builders_[it->second] : nullptr;
}

ColumnBuilder* TableBuilder::builder_for(const std::string& key, std::size_t hint) {
  if (auto* found = known(key, hint)) return found;
  if (!all_) return nullptr;
  declare(key, Json());
  return &builders_.back();
}

void TableBuilder::add(std::uint64_t seq_num, double time, Json&& data) {
  const auto row = seq_nums_.size();
  seq_nums_.push_back(static_cast<std::int64_t>(seq_num));
  times_.push_back(time);
  std::size_t hint = 0;
  for (auto& [key, value] : data.as_object())
    if (auto* builder = builder_for(key, hint++)) builder->add(std::move(value), row);
}

bool TableBuilder::add_plain(std::uint64_t seq_num, double time, std::string_view data) {
  const auto row = seq_nums_.size();
  RowScanner scanner(data);
  RowScanner::Member member;
  for (std::size_t hint = 0; scanner.next(member); ++hint)
    if (!add_member(member, hint, row)) return false;
  if (scanner.plain()) end_row(seq_num, time);
  return scanner.plain();
}

bool TableBuilder::add_plain(std::uint64_t seq_num, double time, std::span<const RowScanner::Member> members) {
  const auto row = seq_nums_.size();
  std::size_t hint = 0;
  for (const auto& member : members)
    if (!add_member(member, hint++, row)) return false;
  end_row(seq_num, time);
  return true;
}

bool TableBuilder::add_member(const RowScanner::Member& member, std::size_t hint, std::uint64_t row) {
  auto* builder = known(member.key, hint);
  return builder == nullptr ? !all_ : builder->add_plain(member, row);
}

void TableBuilder::end_row(std::uint64_t seq_num, double time) {
  seq_nums_.push_back(static_cast<std::int64_t>(seq_num));
  times_.push_back(time);
}

Table TableBuilder::finish() {
  Table out;
  out.rows = seq_nums_.size();
  out.columns.push_back({"seq_num", std::move(seq_nums_), {}, {}, {}, out.rows});
  out.columns.push_back({"time", std::move(times_), {}, {}, "s", out.rows});
  for (auto& builder : builders_) {
    if (contains(wanted_, builder.name()) && !builder.seen() && !contains(declared_, builder.name()) && out.rows > 0)
      throw Error(ErrorCode::not_found,
                  fmt::format("there is no column '{}'; declared are: {}", printable(builder.name()), fmt::join(declared_, ", ")));
    out.columns.push_back(builder.finish(out.rows));
    out.columns.back().name = column_name(out.columns.back().name);
  }
  return out;
}

}  // namespace resonance::catalog
