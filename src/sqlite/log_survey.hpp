/// A look into SQLite's write-ahead log (https://sqlite.org/fileformat2.html, section 4): does it end where its writer stopped?
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

struct sqlite3;

namespace resonance::sqlite {

/// SQLite reads a log up to the first page whose checksum is wrong and takes no notice of what follows. That is right for a
/// transaction that was cut short, and silently loses transactions when bytes in the middle were changed.
struct LogSurvey {
  enum class State : std::uint8_t {
    sound,    ///< nothing behind the last transaction was meant to count
    cut,      ///< the last transaction is incomplete: its writer died, or it was not durable when the power failed, or it is damaged
    damaged,  ///< whole transactions follow the place where SQLite stops
  };
  State state = State::sound;
  std::uint64_t offset = 0;        ///< of the first byte that SQLite cannot use, when not sound
  std::uint64_t transactions = 0;  ///< that SQLite reads
  std::uint64_t lost = 0;          ///< transactions behind `offset` whose own checksums are right
  /// The database's count of changes (bytes 24 to 27 of its first page) as the log has it, first and last; nothing when it does not.
  /// It never goes back, and the log begins with that of the database or the one behind it.
  std::optional<std::uint32_t> first_change = {}, last_change = {};
};

/// The count of changes in the database file, whatever its log says.
[[nodiscard]] std::uint32_t changes_on_disk(sqlite3* connection);

/// \param read bytes from an offset on into the span; returns how many there are
[[nodiscard]] LogSurvey survey_log(const std::function<std::size_t(std::uint64_t, std::span<std::byte>)>& read);

}  // namespace resonance::sqlite
