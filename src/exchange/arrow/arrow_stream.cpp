// The Arrow IPC stream: a schema, record batches of bounded size, an end mark. A file is a stream between marks, and an index of it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "base/text.hpp"
#include "exchange/arrow/body.hpp"
#include "exchange/arrow/metadata.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are sent as they are in memory, which Arrow calls little");

constexpr std::uint64_t kBatchRows = 65536;
constexpr std::uint64_t kBatchText = 256ull << 20;  // per column; keeps 32-bit offsets valid whatever the table holds

/// Rows of the batch that begins at `first`: all that are left, unless they are many or hold much text.
std::uint64_t batch_rows(const Table& table, std::uint64_t first) {
  std::uint64_t count = std::min(kBatchRows, table.rows - first);
  for (const auto& column : table.columns) {
    if (column.values.index() < 4) continue;  // numbers
    std::uint64_t bytes = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      bytes += arrow::text_bytes(column, first + i);
      if (bytes > kBatchText) count = std::max<std::uint64_t>(i, 1);
    }
  }
  return count;
}

void require_equal_lengths(const Table& table) {
  for (const auto& column : table.columns) {
    const std::size_t values = std::visit([](const auto& v) { return v.size(); }, column.values);
    const bool marks_fit = column.valid.empty() || column.valid.size() == table.rows;
    if (column.rows != table.rows || !marks_fit || (column.shape.empty() && values != table.rows))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("column \"{}\" has not the {} rows of its table", printable(column.name), table.rows));
  }
}

/// A stream that begins at byte `at` of a file. \return where its batches are
std::vector<arrow::Block> write_stream(const Table& table, const ByteSink& sink, std::int64_t at) {
  std::vector<arrow::Block> batches;
  const auto schema = arrow::schema_message(table);
  sink(schema);
  at += static_cast<std::int64_t>(schema.size());
  for (std::uint64_t first = 0; first < table.rows;) {
    const std::uint64_t count = batch_rows(table, first);
    arrow::Body body;
    for (const auto& column : table.columns) body.add_column(column, first, count);
    const auto message = arrow::batch_message(count, body);
    sink(message);
    body.send(sink);
    batches.push_back({.offset = at, .metadata_bytes = static_cast<std::int32_t>(message.size()), .body_bytes = body.bytes()});
    at += batches.back().metadata_bytes + batches.back().body_bytes;
    first += count;
  }
  constexpr std::byte mark{0xFF}, zero{0};
  sink(std::array{mark, mark, mark, mark, zero, zero, zero, zero});
  return batches;
}

}  // namespace

void write_arrow(const Table& table, const ByteSink& sink, ArrowForm form) {
  require_equal_lengths(table);
  if (form == ArrowForm::stream) return (void)write_stream(table, sink, 0);
  std::array<std::byte, 8> beginning{};
  std::memcpy(beginning.data(), arrow::kFileMark.data(), arrow::kFileMark.size());
  sink(beginning);
  const auto batches = write_stream(table, sink, beginning.size());
  sink(arrow::file_footer(table, batches));
}

}  // namespace resonance
