#include "exchange/packed.hpp"

#include <fmt/format.h>

#include <array>

#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

struct Packer {
  std::string_view begin;
  const char* name;
  const char* command;
};

constexpr std::array kPackers{
    Packer{"BZh", "bzip2", "bunzip2"},
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
    if (bytes.starts_with(packer.begin))
      throw Error(ErrorCode::unsupported,
                  fmt::format("it is packed with {}, which is not read: unpack it first ({})", packer.name, packer.command));
}

}  // namespace resonance::exchange
