/// What a beamtime holds, in a form that can be compared.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace resonance::crash {

/// Rows of each table, and the bytes of each file of the frame store and its quarantine, each as a short text. The pages of the
/// database may change when nothing in it does.
[[nodiscard]] std::map<std::string, std::string> fingerprint(const std::filesystem::path& database);

}  // namespace resonance::crash
