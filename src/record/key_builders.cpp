#include "resonance/run_writer.hpp"

namespace resonance {

namespace {

Json key(std::string_view dtype, Json shape, std::string_view source, std::string_view units) {
  auto out = Json::object({{"dtype", dtype}, {"shape", std::move(shape)}, {"source", source}});
  if (!units.empty()) out.set("units", units);
  return out;
}

/// NumPy type string, little-endian: "<u2", "|u1", "|b1"
std::string type_string(DType dtype) {
  const auto size = item_size(dtype);
  const char kind = dtype == DType::boolean ? 'b' : to_string(dtype)[0];
  return std::string(1, size == 1 ? '|' : '<') + kind + std::to_string(size);
}

}  // namespace

Json number_key(std::string_view source, std::string_view units) { return key("number", Json::array(), source, units); }
Json integer_key(std::string_view source, std::string_view units) { return key("integer", Json::array(), source, units); }
Json string_key(std::string_view source) { return key("string", Json::array(), source, {}); }
Json boolean_key(std::string_view source) { return key("boolean", Json::array(), source, {}); }

Json array_key(std::string_view source, std::span<const std::int64_t> shape, std::string_view units) {
  return key("array", Json(Json::Array(shape.begin(), shape.end())), source, units);
}

Json image_key(std::string_view source, std::uint64_t height, std::uint64_t width, DType dtype) {
  auto out = key("array", Json::array({height, width}), source, {});
  out.set("dtype_numpy", type_string(dtype));
  out.set("external", "STREAM:");
  return out;
}

}  // namespace resonance
