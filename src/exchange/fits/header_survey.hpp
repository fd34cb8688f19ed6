/// What the FITS headers of a scan have in common, and what differs from frame to frame.
///
/// No card is lost: one that all frames have with the same value is said once, in the run's metadata; one that varies, or that
/// some frames lack, is a data key "fits:<keyword>" of the events ("fits:<HDU>:<keyword>" outside the primary HDU), and the
/// metadata names that key. Such a card is kept also when the scan table has a column of its name: the two are read at
/// different moments and differ. Comments are those of the first frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exchange/cell_type.hpp"
#include "exchange/fits/fits_card.hpp"

namespace resonance::fits {

class HeaderSurvey {
 public:
  /// Take the cards of one more frame. \throws Error(unsupported) more than 20000 different ones so far; nothing was taken
  void add(const std::vector<FitsCard>& cards);

  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
  [[nodiscard]] Json metadata() const;                                            ///< HDU → keyword → {value or data_key, units, comment}
  void add_data_keys(Json& keys) const;                                           ///< of the cards that vary
  void add_values(const std::vector<FitsCard>& cards, Json::Object& data) const;  ///< of a frame's cards that vary
  [[nodiscard]] std::string units_of(std::string_view name) const;                ///< of the primary HDU's card; empty when it tells none

 private:
  struct Entry {
    FitsCard first;
    std::uint64_t frames = 0;
    bool same = true;
    bool integers = true, numbers = true, booleans = true;
  };
  [[nodiscard]] const Entry* find(std::string_view hdu, std::string_view name) const;
  [[nodiscard]] bool varies(const Entry& entry) const noexcept { return !entry.same || entry.frames != frames_; }

  std::vector<Entry> entries_;  // in order of appearance
  std::unordered_map<std::string, std::size_t> index_;
  std::uint64_t frames_ = 0;
};

}  // namespace resonance::fits
