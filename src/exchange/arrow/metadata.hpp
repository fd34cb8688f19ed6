/// The FlatBuffers metadata of Arrow IPC messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exchange/arrow/body.hpp"
#include "resonance/table.hpp"

namespace resonance::arrow {

/// Ready to be sent: continuation mark, length, metadata, padding to 8 bytes.
[[nodiscard]] std::vector<std::byte> schema_message(const Table& table);
[[nodiscard]] std::vector<std::byte> batch_message(std::uint64_t rows, const Body& body);

}  // namespace resonance::arrow
