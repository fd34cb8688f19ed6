/// What the tests of this layer share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "resonance/error.hpp"
#include "resonance/types.hpp"

namespace resonance::zarr {

using Bytes = std::vector<std::byte>;

inline constexpr DType kAllDTypes[] = {DType::boolean, DType::int8,   DType::int16,  DType::int32,   DType::int64,   DType::uint8,
                                       DType::uint16,  DType::uint32, DType::uint64, DType::float16, DType::float32, DType::float64};

/// Run `call` and say what it threw: "corrupt: message", or "" when nothing.
template <class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return {};
}

inline Bytes bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

/// Detector-like bytes: mostly small numbers, some of everything.
inline Bytes noisy_bytes(std::size_t count, unsigned seed = 7) {
  std::mt19937 random(seed);
  Bytes out(count);
  for (auto& byte : out) byte = static_cast<std::byte>(random() % 4 == 0 ? random() % 256 : random() % 3);
  return out;
}

}  // namespace resonance::zarr

#define EXPECT_ERROR(call, code, part)                                               \
  do {                                                                               \
    const auto said = ::resonance::zarr::error_of([&] { static_cast<void>(call); }); \
    EXPECT_TRUE(said.starts_with(code ": ")) << "said: " << said;                    \
    EXPECT_NE(said.find(part), std::string::npos) << "said: " << said;               \
  } while (false)
