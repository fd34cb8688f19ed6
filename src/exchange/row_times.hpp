/// Times of the rows of a table, from what its clocks showed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time_zone.hpp"
#include "exchange/iso_time.hpp"

namespace resonance::exchange {

using LineOfRow = std::function<std::uint64_t(std::uint64_t row)>;

/// Seconds since the Unix epoch of what the clocks of a zone showed in the order of the rows; texts that tell their zone are taken at
/// their word. Of an hour that comes twice it is the second one where the rows would go back in time otherwise. Notes say of which rows
/// the clocks leave a doubt.
[[nodiscard]] std::vector<double> times_of_rows(const std::vector<IsoTime>& shown, const TimeZone& zone, const LineOfRow& line_of,
                                                std::vector<std::string>& notes);

/// A note if a row is earlier than the one before it.
void note_steps_back(const std::vector<double>& times, const LineOfRow& line_of, std::vector<std::string>& notes);

}  // namespace resonance::exchange
