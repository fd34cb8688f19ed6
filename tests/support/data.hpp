/// Real beamline files and the checks from outside: both live beside the project, and a test that needs them says so.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace resonance::test {

/// The folder that the environment variable names, else `fallback`; nothing when it is not there.
[[nodiscard]] inline std::optional<std::filesystem::path> outside_folder(const char* variable, const char* fallback) {
  const char* named = std::getenv(variable);
  const std::filesystem::path folder = named != nullptr && *named != '\0' ? named : fallback;
  if (!std::filesystem::is_directory(folder)) return std::nullopt;
  return folder;
}

[[nodiscard]] inline std::optional<std::filesystem::path> data_folder() { return outside_folder("RESONANCE_DATA", RESONANCE_DEFAULT_DATA); }

[[nodiscard]] inline std::optional<std::filesystem::path> accept_folder() {
  return outside_folder("RESONANCE_ACCEPT", RESONANCE_DEFAULT_ACCEPT);
}

}  // namespace resonance::test

/// Define `found` as a file or folder below $RESONANCE_DATA, or skip the test and say what was missing.
#define RESONANCE_DATA_OR_SKIP(found, relative)                                                                 \
  const std::filesystem::path found = ::resonance::test::data_folder().value_or("no-data-folder") / (relative); \
  if (!std::filesystem::exists(found)) GTEST_SKIP() << "no test data " << found << ": set RESONANCE_DATA to the folder that holds it"
