// Any bytes: they are refused with an Error or read, and what was read is written and read again unchanged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "resonance/error.hpp"
#include "resonance/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using resonance::Json;
  Json value;
  try {
    value = Json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const resonance::Error& error) {
    if (error.code() != resonance::ErrorCode::corrupt || error.detail().offset.value() > size) std::abort();
    return 0;
  }
  if (!(Json::parse(value.dump()) == value) || !(Json::parse(value.dump(2)) == value)) std::abort();
  return 0;
}
