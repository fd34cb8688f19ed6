// The `codecs` list of zarr.json, to and from CodecChain.
#include <fmt/format.h>

#include <climits>

#include "base/text.hpp"
#include "resonance/error.hpp"
#include "zarr/codec.hpp"
#include "zarr/json_members.hpp"

namespace resonance::zarr {
namespace {

int int_member(const Named& codec, std::string_view key, int low, int high) {
  return static_cast<int>(integer_value(required_member(codec.configuration, key, "codec " + codec.name), low, high,
                                        fmt::format("codec {}: {}", codec.name, key)));
}

const std::string& string_member(const Named& codec, std::string_view key) {
  return string_value(required_member(codec.configuration, key, "codec " + codec.name), fmt::format("codec {}: {}", codec.name, key));
}

BytesCodec parse_bytes(const Named& codec) {
  require_only(codec.configuration, {"endian"}, "codec bytes");
  if (codec.configuration.find("endian") == nullptr) return {};  // zarr-python takes it as little, too
  const auto& endian = string_member(codec, "endian");
  if (endian != "little" && endian != "big")
    throw_corrupt(fmt::format("codec bytes: endian '{}' is neither little nor big", printable(endian)));
  return {.big_endian = endian == "big"};
}

TransposeCodec parse_transpose(const Named& codec) {
  require_only(codec.configuration, {"order"}, "codec transpose");
  return {extents_value(required_member(codec.configuration, "order", "codec transpose"), 0, "codec transpose: order")};
}

BloscCodec parse_blosc(const Named& codec, DType dtype) {
  require_only(codec.configuration, {"cname", "clevel", "shuffle", "typesize", "blocksize"}, "codec blosc");
  BloscCodec blosc{
      .cname = string_member(codec, "cname"), .clevel = int_member(codec, "clevel", 0, 9), .shuffle = string_member(codec, "shuffle")};
  const bool has_typesize = codec.configuration.find("typesize") != nullptr;  // may be left out with noshuffle
  blosc.typesize = has_typesize ? static_cast<std::size_t>(int_member(codec, "typesize", 1, INT_MAX)) : item_size(dtype);
  const bool has_blocksize = codec.configuration.find("blocksize") != nullptr;
  blosc.blocksize = has_blocksize ? static_cast<std::size_t>(int_member(codec, "blocksize", 0, INT_MAX)) : 0;
  return blosc;
}

ZstdCodec parse_zstd(const Named& codec) {
  require_only(codec.configuration, {"level", "checksum"}, "codec zstd");
  const auto* checksum = codec.configuration.find("checksum");
  return {.level = int_member(codec, "level", -131072, 22),
          .checksum = checksum != nullptr && bool_value(*checksum, "codec zstd: checksum")};
}

CodecSpec parse_codec_spec(const Json& value, DType dtype) {
  const auto codec = parse_named(value, "codec");
  if (codec.name == "bytes") return parse_bytes(codec);
  if (codec.name == "transpose") return parse_transpose(codec);
  if (codec.name == "blosc") return parse_blosc(codec, dtype);
  if (codec.name == "zstd") return parse_zstd(codec);
  if (codec.name == "gzip") {
    require_only(codec.configuration, {"level"}, "codec gzip");
    return GzipCodec{.level = int_member(codec, "level", 0, 9)};
  }
  if (codec.name == "crc32c") {
    require_only(codec.configuration, {}, "codec crc32c");
    return Crc32cCodec{};
  }
  throw_unsupported(fmt::format("unknown codec '{}'", printable(codec.name)));
}

Json named_json(const char* name, Json configuration) {
  return Json::object({{"name", name}, {"configuration", std::move(configuration)}});
}

struct ToJson {
  Json operator()(const BytesCodec& codec) const {
    return named_json("bytes", Json::object({{"endian", codec.big_endian ? "big" : "little"}}));
  }
  Json operator()(const TransposeCodec& codec) const { return named_json("transpose", Json::object({{"order", json_of(codec.order)}})); }
  Json operator()(const BloscCodec& codec) const {
    return named_json("blosc", Json::object({{"cname", codec.cname},
                                             {"clevel", codec.clevel},
                                             {"shuffle", codec.shuffle},
                                             {"typesize", codec.typesize},
                                             {"blocksize", codec.blocksize}}));
  }
  Json operator()(const ZstdCodec& codec) const {
    return named_json("zstd", Json::object({{"level", codec.level}, {"checksum", codec.checksum}}));
  }
  Json operator()(const GzipCodec& codec) const { return named_json("gzip", Json::object({{"level", codec.level}})); }
  Json operator()(const Crc32cCodec&) const { return Json::object({{"name", "crc32c"}}); }
  // Version 3 has no names of its own for these two; zarr-python uses these. We read them in version 2 only.
  Json operator()(const ZlibCodec& codec) const { return named_json("numcodecs.zlib", Json::object({{"level", codec.level}})); }
  Json operator()(const Lz4Codec& codec) const { return named_json("numcodecs.lz4", Json::object({{"acceleration", codec.acceleration}})); }
};

}  // namespace

CodecChain CodecChain::from_json(const Json& codecs, DType dtype, std::vector<std::uint64_t> chunk_shape) {
  if (!codecs.is_array()) throw_corrupt("codecs is no list");
  std::vector<CodecSpec> specs;
  for (const auto& codec : codecs.as_array()) {
    specs.push_back(parse_codec_spec(codec, dtype));
    if (specs.size() > 64) throw_unsupported("more than 64 codecs in a chain");
  }
  return {std::move(specs), dtype, std::move(chunk_shape)};
}

Json CodecChain::to_json() const {
  Json list = Json::array();
  for (const auto& spec : specs_) list.push_back(std::visit(ToJson{}, spec));
  return list;
}

std::string CodecChain::name() const {
  for (auto spec = specs_.rbegin(); spec != specs_.rend(); ++spec) {
    if (std::holds_alternative<BloscCodec>(*spec)) return "blosc";
    if (std::holds_alternative<ZstdCodec>(*spec)) return "zstd";
    if (std::holds_alternative<GzipCodec>(*spec)) return "gzip";
    if (std::holds_alternative<ZlibCodec>(*spec)) return "zlib";
    if (std::holds_alternative<Lz4Codec>(*spec)) return "lz4";
  }
  return "none";
}

}  // namespace resonance::zarr
