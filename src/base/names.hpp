/// Names that become paths and keys, and the rules they must meet.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace resonance {

/// 1 to 255 bytes of [A-Za-z0-9._-], not only dots, not beginning with "__", not "zarr.json": safe as a Zarr node and a file
/// name everywhere. `what` names the argument in the message. \throws Error(invalid_argument)
void require_node_name(std::string_view name, std::string_view what);
[[nodiscard]] bool is_node_name(std::string_view name) noexcept;

/// The label itself where it is a node name; else one like it, with '_' for what cannot be in it. Two labels may give the same.
[[nodiscard]] std::string node_name_for(std::string_view label);

/// 1 to 255 bytes of valid UTF-8 without control characters: data keys, stream names, tags, sample and plan names.
/// \throws Error(invalid_argument)
void require_label(std::string_view text, std::string_view what);

/// 32 lower-case hexadecimal digits. \throws Error(invalid_argument)
void require_uid(std::string_view uid, std::string_view what);
[[nodiscard]] bool is_uid(std::string_view uid) noexcept;

/// `x/name.db` → `x/name.zarr`
[[nodiscard]] std::filesystem::path frame_store_of(const std::filesystem::path& database);

/// "runs/<run uid>/<field>"
[[nodiscard]] std::string zarr_group_of(std::string_view run_uid, std::string_view field);

}  // namespace resonance
