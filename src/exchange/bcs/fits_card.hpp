/// One header card of a FITS file as a value (FITS standard 4.0, section 4). Pure text work.
#pragma once

#include <string>
#include <string_view>

#include "resonance/json.hpp"

namespace resonance::bcs {

struct FitsCard {
  std::string hdu;      ///< "PRIMARY", or the name of the extension
  std::string name;     ///< keyword; of HIERARCH cards the name behind it, with its blanks
  Json value;           ///< boolean, integer, double or text; null when the card has none
  std::string units;    ///< "eV", of the comment "[eV] Motor"
  std::string comment;  ///< the rest of it

  bool operator==(const FitsCard&) const = default;
};

/// A value field: 'text', T, F, 190., 1.5D3 …; text that is none of these stays text.
[[nodiscard]] Json fits_value(std::string_view field);

/// "[eV] Motor" → units "eV", comment "Motor".
void set_comment(FitsCard& card, std::string_view comment);

/// Add the rest of a long text, from a CONTINUE card, to a card whose text ends with '&'.
/// \return false when this card does not go on
bool continue_text(FitsCard& card, std::string_view field);

}  // namespace resonance::bcs
