/// The text of a bag's tag files (RFC 8493, version 1.0).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace resonance::archive {

inline constexpr std::string_view kDeclarationFile = "bagit.txt";
inline constexpr std::string_view kInfoFile = "bag-info.txt";
inline constexpr std::string_view kManifestFile = "manifest-sha256.txt";
inline constexpr std::string_view kTagManifestFile = "tagmanifest-sha256.txt";
inline constexpr std::string_view kRecordsFile = "resonance-files.jsonl";          ///< where each file came from
inline constexpr std::string_view kUnfinishedFile = "resonance-unfinished.jsonl";  ///< there while a backup is not finished
inline constexpr std::string_view kPayloadFolder = "data/";

inline constexpr std::string_view kDeclaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// A path as manifests have it: with %, LF and CR as %25, %0A, %0D.
[[nodiscard]] std::string encode_path(std::string_view path);
[[nodiscard]] std::string decode_path(std::string_view text);  ///< other percent signs stay

/// A path below data/ that stays there.
[[nodiscard]] bool is_payload_path(std::string_view path);
[[nodiscard]] bool is_digest(std::string_view text) noexcept;  ///< 64 hexadecimal digits

[[nodiscard]] std::string manifest_line(std::string_view sha256, std::string_view path);
/// Call `visit` for each line. \return false when one is none of a manifest
bool read_manifest(std::string_view text, const std::function<void(std::string_view sha256, std::string path)>& visit);

}  // namespace resonance::archive
