// Layouts: https://arrow.apache.org/docs/format/Columnar.html
#include "exchange/arrow/body.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/checked.hpp"
#include "base/strict_json.hpp"
#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::arrow {
namespace {

constexpr std::int64_t padded(std::int64_t size) { return (size + 7) & ~std::int64_t{7}; }

/// Bits [0, count), least significant first, from a question about each index.
template <class Predicate>
std::vector<std::byte> bitmap(std::uint64_t count, const Predicate& is_set) {
  std::vector<std::byte> bits((count + 7) / 8);
  for (std::uint64_t i = 0; i < count; ++i)
    if (is_set(i)) bits[i / 8] |= std::byte{1} << (i % 8);
  return bits;
}

[[noreturn]] void refuse(const Column& column, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, fmt::format("column \"{}\" {}", printable(column.name), why));
}

template <class T>
void require_lengths(const Column& column, const std::vector<T>& values) {
  const auto expected = checked_multiply(column.rows, values_per_row(column));
  if (!expected || values.size() != *expected)
    refuse(column, fmt::format("has {} values, which its rows and shape do not make", values.size()));
  if (!column.valid.empty() && column.valid.size() != column.rows)
    refuse(column, fmt::format("has {} rows and {} validity marks", column.rows, column.valid.size()));
}

}  // namespace

std::uint64_t values_per_row(const Column& column) {
  const auto product = checked_product(column.shape);
  if (!product) refuse(column, "has a shape that is too large");
  return *product;
}

std::uint64_t text_bytes(const Column& column, std::uint64_t row) {
  if (!column.is_valid(row)) return 0;
  if (const auto* text = std::get_if<std::vector<std::string>>(&column.values)) return (*text)[row].size();
  if (const auto* json = std::get_if<std::vector<Json>>(&column.values)) {
    std::string text;
    write_strict_json(text, (*json)[row]);
    return text.size();
  }
  return 0;
}

void Body::add_column(const Column& column, std::uint64_t first, std::uint64_t count) {
  std::visit([&](const auto& values) { require_lengths(column, values); }, column.values);
  add_validity(column, first, count);
  const std::uint64_t each = values_per_row(column);
  std::uint64_t items = count;
  for (const auto extent : column.shape) {  // the child array of each fixed-size list: no nulls of its own
    items *= extent;
    nodes_.push_back({static_cast<std::int64_t>(items), 0});
    add_borrowed({});
  }
  std::visit(
      [&]<class T>(const std::vector<T>& values) {
        if constexpr (std::is_same_v<T, std::string>) {
          add_text(count, [&](std::uint64_t i, std::string& out) {
            if (column.is_valid(first + i)) out += values[first + i];
          });
        } else if constexpr (std::is_same_v<T, Json>) {
          add_text(count, [&](std::uint64_t i, std::string& out) {
            if (column.is_valid(first + i)) write_strict_json(out, values[first + i]);
          });
        } else if constexpr (std::is_same_v<T, std::uint8_t>) {
          add_owned(bitmap(items, [&](std::uint64_t i) { return values[first * each + i] != 0; }));
        } else {
          add_borrowed(std::as_bytes(std::span(values).subspan(first * each, items)));
        }
      },
      column.values);
}

void Body::add_validity(const Column& column, std::uint64_t first, std::uint64_t count) {
  std::int64_t nulls = 0;
  for (std::uint64_t i = 0; i < count; ++i) nulls += column.is_valid(first + i) ? 0 : 1;
  nodes_.push_back({static_cast<std::int64_t>(count), nulls});
  if (nulls == 0)
    add_borrowed({});  // an empty buffer says that all are there
  else
    add_owned(bitmap(count, [&](std::uint64_t i) { return column.is_valid(first + i); }));
}

template <class Text>
void Body::add_text(std::uint64_t count, const Text& append) {
  std::string text;
  std::vector<std::int32_t> offsets;
  offsets.reserve(count + 1);
  offsets.push_back(0);
  for (std::uint64_t i = 0; i < count; ++i) {
    append(i, text);
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
      throw Error(ErrorCode::unsupported, "a text of over 2 GiB does not fit an Arrow string column");
    offsets.push_back(static_cast<std::int32_t>(text.size()));
  }
  const auto copy = [](auto items) {
    const auto bytes = std::as_bytes(items);
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  add_owned(copy(std::span<const std::int32_t>(offsets)));
  add_owned(copy(std::span<const char>(text)));
}

void Body::add_borrowed(std::span<const std::byte> buffer) {
  const auto size = static_cast<std::int64_t>(buffer.size());
  extents_.push_back({bytes_, size});
  buffers_.push_back(buffer);
  bytes_ += padded(size);
}

void Body::add_owned(std::vector<std::byte> buffer) {
  owned_.push_back(std::move(buffer));
  add_borrowed(owned_.back());
}

void Body::send(const ByteSink& sink) const {
  static constexpr std::array<std::byte, 8> zeros{};
  for (const auto buffer : buffers_) {
    if (buffer.empty()) continue;
    sink(buffer);
    const auto size = static_cast<std::int64_t>(buffer.size());
    if (padded(size) != size) sink(std::span(zeros).first(static_cast<std::size_t>(padded(size) - size)));
  }
}

}  // namespace resonance::arrow
