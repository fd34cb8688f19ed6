/// What the free lines before a BCS scan table say.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resonance/json.hpp"

namespace resonance::bcs {

struct ScanHeader {
  std::string plan_name = "bcs";              ///< "From File", of "Scan Type: From File"
  std::optional<std::int64_t> scan_id;        ///< 80276, of "…\CCD Scan 80276" in "Data File Path"
  std::optional<std::chrono::sys_days> date;  ///< 2023-03-14, of the folder "230314" there
  Json metadata = Json::object();             ///< header: all lines; fields: "key: value"; samples; scan_file; acquisition
};

[[nodiscard]] ScanHeader parse_scan_header(const std::vector<std::string>& lines);

}  // namespace resonance::bcs
