/// One header card of a FITS file as a value (FITS standard 4.0, section 4). Pure text work.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/json.hpp"

namespace resonance::fits {

struct FitsCard {
  std::string hdu;      ///< "PRIMARY", or the name of the extension
  std::string name;     ///< keyword; of HIERARCH cards the name behind it, with its blanks
  Json value;           ///< boolean, integer of any length, double or text; null when the card has none
  std::string units;    ///< "eV", of the comment "[eV] Motor"
  std::string comment;  ///< the rest of it

  bool operator==(const FitsCard&) const = default;
};

/// A value field: 'text', T, F, 190., 1.5D3 …; text that is none of these, a complex number for one, stays text.
[[nodiscard]] Json fits_value(std::string_view field);

/// The cards of one header, `text` being whole cards of 80 characters without END. Lines of COMMENT and HISTORY are one card each
/// with line ends, CONTINUE goes on with the card before, any other keyword that comes again gets a number: "DATE (2)".
[[nodiscard]] std::vector<FitsCard> read_cards(std::string_view text, const std::string& hdu);

/// The card of that name; nullptr when there is none.
[[nodiscard]] const FitsCard* find_card(const std::vector<FitsCard>& cards, std::string_view name);

}  // namespace resonance::fits
