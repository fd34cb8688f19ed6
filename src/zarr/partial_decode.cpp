#include "zarr/partial_decode.hpp"

#include <blosc.h>
#include <fmt/format.h>

#include <bit>

#include "resonance/error.hpp"
#include "zarr/blosc_frame.hpp"

namespace resonance::zarr {
namespace {

bool is_named(const Json& codec, std::string_view name) {
  const auto* value = codec.find("name");
  return value != nullptr && value->is_string() && value->as_string() == name;
}

bool in_native_order(const Json& bytes) {
  const auto* configuration = bytes.find("configuration");
  const auto* endian = configuration != nullptr ? configuration->find("endian") : nullptr;
  if (endian == nullptr || !endian->is_string()) return true;  // elements of one byte have no order
  return endian->as_string() == (std::endian::native == std::endian::little ? "little" : "big");
}

}  // namespace

RangeDecoder::RangeDecoder(const CodecChain& codecs) : decoded_bytes_(codecs.decoded_bytes()) {
  const auto json = codecs.to_json();
  const auto& list = json.as_array();
  possible_ = list.size() == 2 && is_named(list[0], "bytes") && in_native_order(list[0]) && is_named(list[1], "blosc");
}

std::size_t RangeDecoder::block_bytes(std::span<const std::byte> encoded) const {
  std::size_t content = 0, length = 0, block = 0;
  if (!possible_ || encoded.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(encoded.data(), encoded.size(), &content) != 0)
    return 0;
  blosc_cbuffer_sizes(encoded.data(), &content, &length, &block);
  // A chunk of another length is an error that the whole decoder words.
  return content == decoded_bytes_ && length == encoded.size() && block <= content ? block : 0;
}

bool RangeDecoder::decode(std::span<const std::byte> encoded, std::size_t offset, std::span<std::byte> out) const {
  std::size_t element = 0;
  int flags = 0;
  blosc_cbuffer_metainfo(encoded.data(), &element, &flags);
  if (element == 0 || offset % element != 0 || out.size() % element != 0) return false;
  if (offset > decoded_bytes_ || out.size() > decoded_bytes_ - offset)
    throw Error(ErrorCode::internal, fmt::format("blosc: {} bytes at {} of a chunk of {}", out.size(), offset, decoded_bytes_));
  require_sound_blosc(encoded);
  const int written = blosc_getitem(encoded.data(), static_cast<int>(offset / element), static_cast<int>(out.size() / element), out.data());
  if (written < 0 || static_cast<std::size_t>(written) != out.size())
    throw Error(ErrorCode::corrupt, fmt::format("blosc: the data are damaged (code {})", written));
  return true;
}

}  // namespace resonance::zarr
