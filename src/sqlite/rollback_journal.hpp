/// What is in the rollback journal of a transaction that was interrupted (https://sqlite.org/fileformat2.html, section 3).
#pragma once

#include <cstdint>
#include <filesystem>

namespace resonance::sqlite {

enum class JournalContent : std::uint8_t {
  nothing,    ///< there is none, or SQLite would not use it
  page_one,   ///< only the first page, and no page was added: the journal mode was being switched; the page is right before and after
  more_pages  ///< the file may be half written
};

/// \throws Error(io) when it is there and cannot be read
[[nodiscard]] JournalContent journal_content(const std::filesystem::path& database);

}  // namespace resonance::sqlite
