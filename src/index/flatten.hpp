/// Metadata as a list of values with their paths, and as words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "index/run_record.hpp"
#include "resonance/json.hpp"

namespace resonance::index {

/// Longer text is found by its words, not compared.
inline constexpr std::size_t kLongestValue = 1024;
/// What lies at a longer path cannot be asked for; its words are found.
inline constexpr std::size_t kLongestPath = 512;
/// Lists of at most so many values are taken one by one; of longer ones of numbers, the range.
inline constexpr std::size_t kLongestList = 64;
/// What a run may bring into the index, whatever is in its metadata.
inline constexpr std::size_t kMostValues = 2000;
inline constexpr std::size_t kMostWordBytes = 256u << 10;
/// Stands between two texts: a word of a character for private use, so that a phrase is not found half in one and half in the other.
inline constexpr std::string_view kBetweenTexts = "\n\uE000\n";

/// Append the values of `metadata`, an object, to `record`, and its texts to `record.words`.
void add_metadata(RunRecord& record, const Json& metadata);
/// Append a text to the record's words, or to its notes, as far as there is room.
void add_text(std::string& texts, std::string_view text);

}  // namespace resonance::index
