/// The tables of both databases as SQL (docs/format.md, section 1). Names, types and order of the core tables are fixed.
#pragma once

#include <span>

namespace resonance::schema {

struct TableDefinition {
  const char* name;
  const char* sql;                       ///< CREATE TABLE IF NOT EXISTS
  std::span<const char* const> indexes;  ///< CREATE INDEX IF NOT EXISTS
};

[[nodiscard]] std::span<const TableDefinition> beamtime_tables() noexcept;  ///< version 2
[[nodiscard]] const TableDefinition& image_refs_version_1() noexcept;       ///< without compression_codec
[[nodiscard]] std::span<const TableDefinition> index_tables() noexcept;     ///< version 1

/// One set of tables of ours, which may be absent; its version in schema_extensions is apart from user_version.
struct SideTables {
  const char* name;
  int version;
  std::span<const TableDefinition> tables;
};
/// Those that every beamtime gets, in order of creation: new ones come last, so that the first pages of a file stay the same.
[[nodiscard]] std::span<const SideTables> side_tables() noexcept;
/// Beside the core tables of an index: what questions need beyond them.
[[nodiscard]] const SideTables& search_tables() noexcept;
/// What a repair could not get back; only in files that one made.
[[nodiscard]] const SideTables& repair_tables() noexcept;

}  // namespace resonance::schema
