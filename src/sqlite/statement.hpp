/// A prepared statement; values are always bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace resonance::sqlite {

enum class ColumnType : std::uint8_t { null, integer, real, text, blob };

class Statement {
 public:
  Statement(sqlite3* connection, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  // Bind parameter `position` (from 1). Text is copied.
  void bind(int position, std::nullptr_t);
  void bind(int position, std::int64_t value);
  void bind(int position, std::uint64_t value);
  void bind(int position, int value) { bind(position, std::int64_t{value}); }
  void bind(int position, double value);
  void bind(int position, std::string_view value);
  void bind(int position, const std::string& value) { bind(position, std::string_view(value)); }
  void bind(int position, const char* value) { bind(position, std::string_view(value)); }
  template <class T>
  void bind(int position, const std::optional<T>& value) {
    if (value)
      bind(position, *value);
    else
      bind(position, nullptr);
  }
  template <class... Values>
  Statement& bind_all(const Values&... values) {
    int position = 0;
    (bind(++position, values), ...);
    return *this;
  }

  bool step();  ///< true: there is a row
  void reset() noexcept;
  void run() {  ///< step to the end and make ready for the next use
    while (step()) {}
    reset();
  }

  [[nodiscard]] int columns() const noexcept;

  // Column `number` (from 0) of the current row.
  [[nodiscard]] bool is_null(int number) const noexcept;
  [[nodiscard]] ColumnType type(int number) const noexcept;  ///< as it is stored
  [[nodiscard]] std::int64_t int64(int number) const noexcept;
  [[nodiscard]] std::uint64_t count(int number) const noexcept;  ///< of what cannot be negative: 0 where it is
  [[nodiscard]] double real(int number) const noexcept;
  [[nodiscard]] std::string_view text(int number) const noexcept;  ///< valid until the next step; BLOBs as their bytes
  [[nodiscard]] std::string string(int number) const { return std::string(text(number)); }
  [[nodiscard]] std::optional<std::string> optional_string(int number) const;
  [[nodiscard]] std::optional<double> optional_real(int number) const;
  [[nodiscard]] std::optional<std::int64_t> optional_int64(int number) const;

 private:
  sqlite3* connection_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
};

/// Resets a statement at the end of a scope, so that an early exit leaves no open read transaction.
class Reset {
 public:
  explicit Reset(Statement& statement) : statement_(statement) {}
  ~Reset() { statement_.reset(); }
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;

 private:
  Statement& statement_;
};

}  // namespace resonance::sqlite
