/// Events that are in the database already, looked up by uid.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite/connection.hpp"

namespace resonance::record {

struct KnownFrame {
  std::string field, dtype;
  std::uint64_t height = 0, width = 0;
  std::optional<std::uint32_t> crc32c;
};

struct KnownEvent {
  std::string stream_uid, data, timestamps;
  double time = 0;
  std::vector<KnownFrame> frames;  ///< in the order in which they were given
};

/// Has a connection of its own, so that nobody has to wait for a transaction that is being committed. Not synchronised.
class KnownEvents {
 public:
  explicit KnownEvents(const std::filesystem::path& database);
  [[nodiscard]] std::optional<KnownEvent> find(std::string_view uid);

 private:
  sqlite::Connection connection_;
  sqlite::Statement event_, frames_;
};

}  // namespace resonance::record
