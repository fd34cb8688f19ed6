/// A database seen and changed as by the sqlite3 shell: none of our settings, none of our code.
/// It does not wait for the disk: tests kill processes, not machines.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace resonance::test {

class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& path, int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
    if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_));
    sqlite3_exec(handle_, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);  // refused by damaged files, which is fine
  }
  ~RawDatabase() { sqlite3_close_v2(handle_); }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }

  using Rows = std::vector<std::vector<std::string>>;
  /// Every row of a query as text; NULL is "NULL". Throws std::runtime_error with SQLite's words.
  Rows query(const std::string& sql) {
    const auto collect = [](void* to, int count, char** cells, char**) {
      auto& row = static_cast<Rows*>(to)->emplace_back();
      for (int i = 0; i < count; ++i) row.emplace_back(cells[i] == nullptr ? "NULL" : cells[i]);
      return 0;
    };
    Rows out;
    if (sqlite3_exec(handle_, sql.c_str(), collect, &out, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_));
    return out;
  }
  /// First cell of the first row; "" without rows.
  std::string value(const std::string& sql) {
    const auto rows = query(sql);
    return rows.empty() ? "" : rows.front().front();
  }
  /// What SQLite says against a statement; "" when it takes it.
  std::string refusal(const std::string& sql) {
    try {
      query(sql);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace resonance::test
