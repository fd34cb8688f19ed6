#include "exchange/fits/header_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "exchange/text_encoding.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

constexpr std::size_t kMaxEntries = 20000;

std::string place_of(std::string_view hdu, std::string_view name) { return fmt::format("{}\n{}", hdu, name); }

std::string key_of(const FitsCard& card) {
  return exchange::to_label(card.hdu == "PRIMARY" ? "fits:" + card.name : fmt::format("fits:{}:{}", card.hdu, card.name), "fits:card");
}

exchange::CellType type_of(bool integers, bool numbers, bool booleans) {
  if (integers) return exchange::CellType::integer;
  if (numbers) return exchange::CellType::number;
  return booleans ? exchange::CellType::boolean : exchange::CellType::text;
}

/// A double has it without loss: integers with more digits make a column text rather than lose some.
bool is_exact_number(const Json& value) { return value.is_double() || (value.is_integer() && std::fabs(value.as_double()) <= 0x1p53); }

Json value_as(const Json& value, exchange::CellType type) {
  if (value.is_null()) return value;
  if (type == exchange::CellType::number) return value.as_double();
  if (type == exchange::CellType::text && !value.is_string()) return value.dump();
  return value;
}

}  // namespace

void HeaderSurvey::add(const std::vector<FitsCard>& cards) {
  const auto is_new = [this](const auto& card) { return find(card.hdu, card.name) == nullptr; };
  if (entries_.size() + static_cast<std::size_t>(std::ranges::count_if(cards, is_new)) > kMaxEntries)
    throw Error(ErrorCode::unsupported, fmt::format("more than {} different header cards in the frames of one scan", kMaxEntries));
  ++frames_;
  for (const auto& card : cards) {
    const auto [at, added] = index_.try_emplace(place_of(card.hdu, card.name), entries_.size());
    if (added) entries_.push_back({card});
    auto& entry = entries_[at->second];
    ++entry.frames;
    if (!(card.value == entry.first.value)) entry.same = false;
    if (card.value.is_null()) continue;
    entry.integers = entry.integers && std::holds_alternative<std::int64_t>(card.value.storage());
    entry.numbers = entry.numbers && is_exact_number(card.value);
    entry.booleans = entry.booleans && card.value.is_bool();
  }
}

const HeaderSurvey::Entry* HeaderSurvey::find(std::string_view hdu, std::string_view name) const {
  const auto at = index_.find(place_of(hdu, name));
  return at == index_.end() ? nullptr : &entries_[at->second];
}

Json HeaderSurvey::metadata() const {
  Json::Object hdus;
  for (const auto& entry : entries_) {
    const auto& card = entry.first;
    Json facts = varies(entry) ? Json::object({{"data_key", key_of(card)}}) : Json::object({{"value", card.value}});
    if (!card.units.empty()) facts.set("units", card.units);
    if (!card.comment.empty()) facts.set("comment", card.comment);
    auto hdu = std::ranges::find(hdus, card.hdu, &Json::Member::first);
    if (hdu == hdus.end()) hdu = hdus.insert(hdus.end(), {card.hdu, Json::object()});
    hdu->second.as_object().emplace_back(card.name, std::move(facts));
  }
  return hdus;
}

void HeaderSurvey::add_data_keys(Json& keys) const {
  for (const auto& entry : entries_)
    if (varies(entry))
      keys.set(key_of(entry.first), exchange::cell_key(type_of(entry.integers, entry.numbers, entry.booleans), "fits", entry.first.units));
}

void HeaderSurvey::add_values(const std::vector<FitsCard>& cards, Json::Object& data) const {
  for (const auto& card : cards) {
    const auto* entry = find(card.hdu, card.name);
    if (entry == nullptr || !varies(*entry)) continue;
    data.emplace_back(key_of(card), value_as(card.value, type_of(entry->integers, entry->numbers, entry->booleans)));
  }
}

std::string HeaderSurvey::units_of(std::string_view name) const {
  const auto* entry = find("PRIMARY", name);
  return entry == nullptr ? std::string() : entry->first.units;
}

}  // namespace resonance::fits
