#include "exchange/packed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

struct Packer {
  std::string_view mark;
  const char* name;
  const char* command;
  std::size_t at = 0;  ///< where the mark stands
};

constexpr std::array kPackers{
    Packer{"1AY&SY", "bzip2", "bunzip2", 4},
    Packer{"\xFD"
           "7zXZ",
           "xz", "unxz"},
    Packer{"\x28\xB5\x2F\xFD", "zstd", "unzstd"},
    Packer{"PK\x03\x04", "zip", "unzip"},
    Packer{"\x1F\x9D", "compress (.Z)", "uncompress"},
    Packer{"7z\xBC\xAF\x27\x1C", "7-Zip", "7z x"},
};

}  // namespace

void require_unpacked(std::string_view bytes) {
  for (const auto& packer : kPackers)
    if (bytes.substr(std::min(packer.at, bytes.size())).starts_with(packer.mark))
      throw Error(ErrorCode::unsupported,
                  fmt::format("it is packed with {}, which is not read: unpack it first ({})", packer.name, packer.command));
}

}  // namespace resonance::exchange
