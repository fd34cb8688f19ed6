/// What the data keys of a stream say about the frames of a field, held against the frames that are there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/json.hpp"
#include "resonance/types.hpp"

namespace resonance::schema {

/// In run_details.writer of a run whose writer took any data keys: what was declared there binds nobody.
inline constexpr std::string_view kTookAnyKeys = ", any data keys";

/// What is not declared fits everything.
class FrameDeclaration {
 public:
  /// The last two extents are rows and columns; fewer than two say nothing.
  FrameDeclaration(const std::vector<std::optional<std::int64_t>>& shape, std::optional<DType> dtype);

  [[nodiscard]] bool fits(std::uint64_t height, std::uint64_t width, std::string_view dtype) const;
  [[nodiscard]] std::string words() const;  ///< "8x8 uint16"

 private:
  struct Extents {
    std::optional<std::int64_t> height, width;
  };
  std::optional<Extents> extents_;
  std::optional<DType> dtype_;
};

/// The element type that `dtype_numpy` of a data key's description names, if frames can have it.
[[nodiscard]] std::optional<DType> declared_dtype(const Json& description);
/// Of a field in a stream's data keys, whoever wrote them; nothing when they say nothing about its frames that can be understood.
[[nodiscard]] std::optional<FrameDeclaration> declared_frames(const Json& data_keys, std::string_view field);

}  // namespace resonance::schema
