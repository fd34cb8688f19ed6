/// The body of one Arrow record batch: buffers in order, each aligned to 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "resonance/exchange.hpp"

namespace resonance::arrow {

/// What the batch's metadata says of one array, and of one buffer.
struct Node {
  std::int64_t length = 0;
  std::int64_t nulls = 0;
};
struct Extent {
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
};

/// Numbers are borrowed from the table, everything else is made and kept here.
class Body {
 public:
  /// Rows [first, first + count) of the column, in the flattened order of Field and its children.
  /// \throws Error(invalid_argument) a column whose parts are not of the same length
  void add_column(const Column& column, std::uint64_t first, std::uint64_t count);

  [[nodiscard]] const std::vector<Node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const std::vector<Extent>& extents() const noexcept { return extents_; }
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
  void send(const ByteSink& sink) const;

 private:
  void add_borrowed(std::span<const std::byte> buffer);
  void add_owned(std::vector<std::byte> buffer);
  void add_validity(const Column& column, std::uint64_t first, std::uint64_t count);
  template <class Text>
  void add_text(std::uint64_t count, const Text& append);

  std::vector<Node> nodes_;
  std::vector<Extent> extents_;
  std::vector<std::span<const std::byte>> buffers_;
  std::deque<std::vector<std::byte>> owned_;  // a deque, so that the spans stay valid
  std::int64_t bytes_ = 0;
};

/// Values of one row of the column: the product of its shape. \throws Error(invalid_argument) when it overflows
[[nodiscard]] std::uint64_t values_per_row(const Column& column);

/// Bytes of the text of one row; 0 for columns that are not text.
[[nodiscard]] std::uint64_t text_bytes(const Column& column, std::uint64_t row);

}  // namespace resonance::arrow
