/// Errors as test results: which code, and what the text says.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "resonance/error.hpp"

namespace resonance::test {

/// Run `call`; success when it throws Error with `code` and a message that holds every one of `parts`.
template <class Call>
[[nodiscard]] ::testing::AssertionResult fails(ErrorCode code, std::initializer_list<std::string_view> parts, Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    const auto said = std::string(to_string(error.code())) + ": " + error.what();
    if (error.code() != code) return ::testing::AssertionFailure() << "wanted " << to_string(code) << ", got " << said;
    for (const auto part : parts)
      if (said.find(part) == std::string::npos) return ::testing::AssertionFailure() << "no '" << part << "' in: " << said;
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << "nothing was thrown";
}

}  // namespace resonance::test
