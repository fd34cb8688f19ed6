#include "catalog/table_builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_map>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::catalog {

namespace {

std::string text_member(const Json& spec, std::string_view name) {
  const auto* value = spec.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

}  // namespace

TableBuilder::TableBuilder(const Json& data_keys, const std::vector<std::string>& columns, bool declared_types)
    : all_(columns.empty()), declared_types_(declared_types) {
  std::unordered_map<std::string_view, const Json*> specs;
  if (data_keys.is_object())
    for (const auto& [key, spec] : data_keys.as_object()) {
      declared_.push_back(key);
      specs[key] = &spec;
    }
  for (const auto& column : columns) {
    if (column == "seq_num" || column == "time") continue;
    const auto name = data_key_of(column, [&](const std::string& key) { return specs.contains(key); });
    const auto found = specs.find(name);
    declare(name, found == specs.end() ? nullptr : found->second);
  }
  if (!all_) return;
  for (const auto& key : declared_)
    if (const auto* spec = specs.at(key); spec->find("external") == nullptr) declare(key, spec);
}

void TableBuilder::declare(const std::string& key, const Json* spec) {
  if (position_.contains(key)) return;
  const auto units = spec == nullptr ? std::string() : text_member(*spec, "units");
  position_.emplace(key, builders_.size());
  builders_.emplace_back(key, spec == nullptr || !declared_types_ ? std::string() : text_member(*spec, "dtype"),
                         units.empty() ? std::nullopt : std::optional(units));
  has_spec_.push_back(spec != nullptr);
}

ColumnBuilder* TableBuilder::known(std::string_view key, std::size_t hint) {
  if (hint < builders_.size() && builders_[hint].name() == key) return &builders_[hint];  // events list their keys in one order
  const auto it = position_.find(key);
  return it != position_.end() ? &builders_[it->second] : nullptr;
}

ColumnBuilder* TableBuilder::builder_for(const std::string& key, std::size_t hint) {
  if (auto* found = known(key, hint)) return found;
  if (!all_) return nullptr;
  declare(key, nullptr);
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
  out.columns.push_back({"seq_num", std::move(seq_nums_), {}, {}, {}, out.rows, true, {}});
  out.columns.push_back({"time", std::move(times_), {}, {}, "s", out.rows, true, {}});
  std::vector<std::string> keys;
  for (const auto& builder : builders_) keys.emplace_back(builder.name());
  auto names = column_names(keys);
  for (std::size_t i = 0; i < builders_.size(); ++i) {
    auto& builder = builders_[i];
    if (!all_ && !builder.seen() && !has_spec_[i] && out.rows > 0)
      throw Error(ErrorCode::not_found,
                  fmt::format("there is no column '{}'; declared are: {}", printable(builder.name()), fmt::join(declared_, ", ")));
    auto& column = out.columns.emplace_back(builder.finish(out.rows));
    column.name = std::move(names[i]);
    column.data_key = std::move(keys[i]);
  }
  return out;
}

}  // namespace resonance::catalog
