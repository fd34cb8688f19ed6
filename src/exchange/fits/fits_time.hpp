/// When the image of a FITS file was taken (FITS standard 4.0, section 9).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exchange/fits/fits_card.hpp"

namespace resonance::fits {

/// A time and what was believed to get it.
struct ToldTime {
  double epoch = 0;  ///< seconds since the Unix epoch
  std::string card;  ///< "DATE-OBS", "DATE-OBS and TIME-OBS"
  std::string zone;  ///< "UTC", "TAI", "America/Los_Angeles"
};

/// IANA names of the clocks that times without a zone are read on.
struct Clocks {
  std::string said;   ///< by who imports, for all that names no scale; empty: none, it is UTC
  std::string local;  ///< of TIMESYS 'LOCAL'; empty: nobody tells it
  std::string date;   ///< of DATE
};

/// The first that can be understood of DATE-OBS (with TIME-OBS, UTC or UT when it has the day alone), DATE-BEG, MJD-OBS, MJD-BEG,
/// DATE-AVG, MJD-AVG, and DATE, which tells when the file was written. Their scale is that of TIMESYS, else UTC or what was
/// said; a zone in the text itself goes before all of these. What cannot be understood, or is believed though it is not likely, is told
/// in `notes`.
[[nodiscard]] std::optional<ToldTime> told_time(const std::vector<FitsCard>& cards, const Clocks& clocks, double now,
                                                std::vector<std::string>& notes);

}  // namespace resonance::fits
