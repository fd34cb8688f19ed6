/// JSON for other people's programs. What we keep is written by Json::dump(), which loses nothing.
#pragma once

#include <string>

#include "resonance/json.hpp"

namespace resonance {

/// Append text that every parser of RFC 8259 reads: what is not finite is the text "NaN", "Infinity" or "-Infinity", of a key
/// that stands twice in an object the last member counts, and bytes that are not UTF-8 are U+FFFD each. Integers keep their
/// digits, however many there are.
void write_strict_json(std::string& out, const Json& value, int indent = 0);

}  // namespace resonance
