/// What the tests of recording and reading share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "io/file_system.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/run_writer.hpp"
#include "resonance/schema.hpp"
#include "sqlite/connection.hpp"
#include "support/temporary_folder.hpp"
#include "support/watched_files.hpp"

namespace resonance::record_test {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using test::WatchedFiles;

/// Run `call` and say what it threw: "corrupt: message", or "" when nothing.
template <class Call>
std::string said(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return {};
}

/// Matches what said() gives for an Error with this code whose message holds `part`.
inline auto refusal(ErrorCode code, std::string_view part) {
  return testing::AllOf(testing::StartsWith(std::string(to_string(code)) + ": "), testing::HasSubstr(std::string(part)));
}

/// A frame in memory of its own, different for each seed.
inline Frame make_frame(std::uint64_t height, std::uint64_t width, DType dtype, unsigned seed) {
  Frame out{std::vector<std::byte>(height * width * item_size(dtype)), height, width, dtype};
  std::mt19937 random(seed);
  for (auto& byte : out.bytes) byte = static_cast<std::byte>(dtype == DType::boolean ? random() % 2 : random() % 4 == 0 ? random() : seed);
  return out;
}
inline Frame make_frame(unsigned seed) { return make_frame(6, 10, DType::uint16, seed); }

inline NewEvent event_with(Json data, const std::vector<std::pair<std::string, const Frame*>>& frames = {}) {
  NewEvent out;
  out.data = std::move(data);
  for (const auto& [field, frame] : frames) out.frames.push_back({field, frame->view()});
  return out;
}

/// Data keys that most tests use: a number "x" and frames "ccd" like make_frame(seed).
inline Json usual_keys() { return Json::object({{"x", number_key("motor", "mm")}, {"ccd", image_key("camera", 6, 10, DType::uint16)}}); }

inline Json x_is(double value) { return Json::object({{"x", value}}); }

/// First column of the first row, by a connection of its own.
inline std::int64_t count(const fs::path& database, std::string_view sql) {
  return sqlite::Connection(database, sqlite::Access::read).query_int(sql);
}
inline std::string text(const fs::path& database, std::string_view sql) {
  return sqlite::Connection(database, sqlite::Access::read).query_text(sql);
}

/// Rows of all tables that recording fills, to see that a refused call left none.
inline std::map<std::string, std::int64_t> row_counts(const fs::path& database) {
  std::map<std::string, std::int64_t> out;
  for (const char* table : {"samples", "runs", "streams", "events", "image_refs", "run_details", "run_tags", "frame_stores"})
    out[table] = count(database, std::string("SELECT count(*) FROM ") + table);
  return out;
}

/// Wait until `done`, but not for ever.
inline bool eventually(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// Names, sizes and bytes of all files below a folder. Only while no database in it is open: see SQLite on POSIX locks.
inline std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    out[entry.path().string()] = entry.is_regular_file() ? std::string(std::istreambuf_iterator<char>(file), {}) : std::string("folder");
  }
  return out;
}

/// Whether `path` is a shard file of the field: "….zarr/runs/<uid>/<field>/c/0/0/0", also under its temporary name.
inline bool is_shard(const fs::path& path, std::string_view field) {
  return path.string().find("/" + std::string(field) + "/c/") != std::string::npos;
}

}  // namespace resonance::record_test
