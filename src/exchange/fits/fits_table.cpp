#include "exchange/fits/fits_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "exchange/fits/big_endian.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

constexpr std::int64_t kMaxColumns = 999;

[[noreturn]] void throw_no_room() { throw Error(ErrorCode::corrupt, "a table whose columns do not fit into its rows"); }

std::uint64_t element_bytes(char type) {
  switch (type) {
    case 'L':
    case 'B':
    case 'A':
      return 1;
    case 'I':
      return 2;
    case 'J':
    case 'E':
      return 4;
    case 'K':
    case 'D':
    case 'C':
      return 8;
    case 'M':
      return 16;
    default:
      throw Error(ErrorCode::corrupt, fmt::format("a table column of the type '{}'", printable({&type, 1})));
  }
}

/// "1PB(400)", "D", "12J"
void read_form(std::string_view form, TableColumn& column) {
  form = trimmed(form);
  const auto letters = std::min(form.find_first_not_of("0123456789"), form.size());
  column.repeat =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, letters == 0 ? 1 : parse_int64(form.substr(0, letters)).value_or(-1)));
  form.remove_prefix(letters);
  column.wide = form.starts_with('Q');
  column.variable = column.wide || form.starts_with('P');
  if (column.variable) form.remove_prefix(1);
  column.type = form.empty() ? '?' : form.front();
}

std::uint64_t bytes_in_row(const TableColumn& column) {
  if (column.variable) return checked_multiply(column.repeat, column.wide ? 16 : 8).value_or(std::numeric_limits<std::uint64_t>::max());
  if (column.type == 'X') return column.repeat / 8 + (column.repeat % 8 != 0 ? 1 : 0);
  return checked_multiply(column.repeat, element_bytes(column.type)).value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace

std::optional<double> number_of(const std::vector<FitsCard>& cards, std::string_view name) {
  const auto* card = find_card(cards, name);
  if (card == nullptr || card->value.is_null()) return std::nullopt;
  if (card->value.is_number()) return card->value.as_double();
  throw Error(ErrorCode::corrupt, fmt::format("{}: {} is {}, which is no number", card->hdu, name, card->value.dump()));
}

std::optional<std::int64_t> integer_of(const std::vector<FitsCard>& cards, std::string_view name) {
  const auto* card = find_card(cards, name);
  if (card == nullptr || card->value.is_null()) return std::nullopt;
  if (const auto* value = std::get_if<std::int64_t>(&card->value.storage())) return *value;
  throw Error(ErrorCode::corrupt, fmt::format("{}: {} is {}, which is no integer of 64 bits", card->hdu, name, card->value.dump()));
}

std::string text_of(const std::vector<FitsCard>& cards, std::string_view name) {
  const auto* card = find_card(cards, name);
  return card != nullptr && card->value.is_string() ? card->value.as_string() : std::string();
}

BinaryTable::BinaryTable(const Hdu& hdu, const std::vector<FitsCard>& cards) {
  if (hdu.axes.size() != 2 || hdu.bitpix != 8) throw Error(ErrorCode::corrupt, "a table that does not have two axes of bytes");
  width_ = hdu.axes[0];
  rows_ = width_ == 0 ? 0 : hdu.axes[1];
  const auto main_bytes = width_ * rows_;  // find_hdus() has seen that they are there
  const auto heap = integer_of(cards, "THEAP").value_or(static_cast<std::int64_t>(main_bytes));
  if (heap < 0 || static_cast<std::uint64_t>(heap) < main_bytes || static_cast<std::uint64_t>(heap) > hdu.data.size())
    throw Error(ErrorCode::corrupt, fmt::format("a table whose heap begins at byte {}", heap));
  data_ = hdu.data.first(main_bytes);
  heap_ = hdu.data.subspan(static_cast<std::size_t>(heap));
  const auto fields = integer_of(cards, "TFIELDS").value_or(0);
  if (fields < 0 || fields > kMaxColumns) throw Error(ErrorCode::corrupt, fmt::format("a table of {} columns", fields));
  std::uint64_t offset = 0;
  for (std::int64_t i = 1; i <= fields; ++i) {
    auto& column = columns_.emplace_back();
    column.name = text_of(cards, fmt::format("TTYPE{}", i));
    read_form(text_of(cards, fmt::format("TFORM{}", i)), column);
    column.scale = number_of(cards, fmt::format("TSCAL{}", i)).value_or(1);
    column.zero = number_of(cards, fmt::format("TZERO{}", i)).value_or(0);
    column.offset = offset;
    const auto bytes = bytes_in_row(column);
    if (bytes > width_ - offset) throw_no_room();
    offset += bytes;
  }
}

const TableColumn* BinaryTable::find(std::string_view name) const noexcept {
  const auto same = [name](const TableColumn& column) {
    return std::ranges::equal(column.name, name, [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); });
  };
  const auto at = std::ranges::find_if(columns_, same);
  return at == columns_.end() ? nullptr : &*at;
}

std::span<const std::byte> BinaryTable::field(std::uint64_t row, const TableColumn& column) const {
  return data_.subspan(row * width_ + column.offset, bytes_in_row(column));
}

std::span<const std::byte> BinaryTable::array(std::uint64_t row, const TableColumn& column) const {
  const auto place = field(row, column);
  if (!column.variable || place.empty())
    throw Error(ErrorCode::corrupt, fmt::format("the column {} holds no arrays", printable(column.name)));
  const std::uint64_t count = column.wide ? load<std::uint64_t>(place.data()) : load<std::uint32_t>(place.data());
  const std::uint64_t begin = column.wide ? load<std::uint64_t>(place.data() + 8) : load<std::uint32_t>(place.data() + 4);
  const auto bytes = checked_multiply(count, element_bytes(column.type));
  if (count == 0) return {};
  if (!bytes || begin > heap_.size() || *bytes > heap_.size() - begin)
    throw Error(ErrorCode::corrupt, fmt::format("row {} of the column {} points out of the table", row + 1, printable(column.name)));
  return heap_.subspan(begin, *bytes);
}

std::optional<double> BinaryTable::number(std::uint64_t row, const TableColumn& column, std::uint64_t i) const {
  if (column.variable || i >= column.repeat || column.type == 'X') return std::nullopt;
  const auto* at = field(row, column).data() + i * element_bytes(column.type);
  const auto real = [&](double stored) { return stored * column.scale + column.zero; };
  switch (column.type) {
    case 'B':
      return real(load<std::uint8_t>(at));
    case 'I':
      return real(load<std::int16_t>(at));
    case 'J':
      return real(load<std::int32_t>(at));
    case 'K':
      return real(static_cast<double>(load<std::int64_t>(at)));
    case 'E':
      return real(load<float>(at));
    case 'D':
      return real(load<double>(at));
    default:
      return std::nullopt;
  }
}

}  // namespace resonance::fits
