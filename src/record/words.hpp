/// Messages made where nothing may be thrown.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

namespace resonance::record {

/// As fmt::format(). Without memory for the words there are others, which fit into the string itself.
template <class... Values>
[[nodiscard]] std::string words(fmt::format_string<Values...> format, Values&&... values) noexcept {
  try {
    return fmt::format(format, std::forward<Values>(values)...);
  } catch (const std::exception&) {
    return "out of memory";
  }
}

}  // namespace resonance::record
