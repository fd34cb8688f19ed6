/// The FlatBuffers metadata of Arrow IPC messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exchange/arrow/body.hpp"
#include "resonance/table.hpp"

namespace resonance::arrow {

/// A file begins with it, padded to 8 bytes, and ends with it.
inline constexpr std::string_view kFileMark = "ARROW1";

/// Ready to be sent: continuation mark, length, metadata, padding to 8 bytes.
[[nodiscard]] std::vector<std::byte> schema_message(const Table& table);
[[nodiscard]] std::vector<std::byte> batch_message(std::uint64_t rows, const Body& body);

/// Where a record batch is in a file; laid out as the format's struct.
struct Block {
  std::int64_t offset = 0;
  std::int32_t metadata_bytes = 0;  ///< of the message in front of the body
  std::int32_t padding = 0;
  std::int64_t body_bytes = 0;
};

/// What a file ends with: the schema again, where the batches are, the length of that, and the mark.
[[nodiscard]] std::vector<std::byte> file_footer(const Table& table, const std::vector<Block>& batches);

}  // namespace resonance::arrow
