/// Where the HDUs of a FITS file are, by the mandatory cards alone (FITS standard 4.0, sections 4.4.1 and 7). Pure.
#pragma once

#include <cstddef>
#include <span>

namespace resonance::bcs {

/// Hold the mandatory cards of every header against the standard and the sizes they tell against the file, so that a library
/// that trusts headers may have it: cfitsio 4.2 allocates for as many table columns as a header claims, before it looks.
/// \return number of HDUs
/// \throws Error(corrupt) a mandatory card that is missing or absurd, over 100 HDUs, or a file that is cut off
[[nodiscard]] int check_layout(std::span<const std::byte> bytes);

}  // namespace resonance::bcs
