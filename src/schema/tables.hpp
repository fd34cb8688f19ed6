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
/// Beside the core tables of an index: what questions need beyond them; `kSearchExtension` in its schema_extensions.
[[nodiscard]] std::span<const TableDefinition> search_tables() noexcept;
/// Ours alone, beside the core tables; `kRecordExtension` in schema_extensions.
[[nodiscard]] std::span<const TableDefinition> record_tables() noexcept;

[[nodiscard]] std::span<const TableDefinition> checksum_tables() noexcept;  ///< `kChecksumExtension` in schema_extensions
/// How far frames are on stable storage, which did not survive, and checksums of events; `kDurabilityExtension`.
[[nodiscard]] std::span<const TableDefinition> durability_tables() noexcept;

/// What a repair could not get back; only in files that one made; `kRepairExtension`.
[[nodiscard]] std::span<const TableDefinition> repair_tables() noexcept;

inline constexpr const char* kRecordExtension = "record";
inline constexpr int kRecordExtensionVersion = 1;
inline constexpr const char* kChecksumExtension = "frame_checksums";
inline constexpr int kChecksumExtensionVersion = 1;
inline constexpr const char* kDurabilityExtension = "durability";
inline constexpr int kDurabilityExtensionVersion = 1;
inline constexpr const char* kSearchExtension = "search";
inline constexpr int kSearchExtensionVersion = 1;
inline constexpr const char* kRepairExtension = "repair";
inline constexpr int kRepairExtensionVersion = 1;

}  // namespace resonance::schema
