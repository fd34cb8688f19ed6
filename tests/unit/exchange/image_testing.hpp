/// What the tests of pictures share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "resonance/types.hpp"
#include "support/fails.hpp"

namespace resonance {

template <class T>
FrameView view_of(const std::vector<T>& pixels, DType dtype, std::uint64_t height = 1) {
  return {std::as_bytes(std::span(pixels)), height, pixels.size() / height, dtype};
}

template <class Call>
void expect_error(ErrorCode code, const std::string& part, const Call& call) {
  EXPECT_TRUE(test::fails(code, {part}, call));
}

}  // namespace resonance
