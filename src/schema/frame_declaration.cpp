#include "schema/frame_declaration.hpp"

#include <fmt/format.h>

#include "resonance/error.hpp"

namespace resonance::schema {

FrameDeclaration::FrameDeclaration(const std::vector<std::optional<std::int64_t>>& shape, std::optional<DType> dtype) : dtype_(dtype) {
  if (shape.size() >= 2) extents_ = Extents{shape[shape.size() - 2], shape[shape.size() - 1]};
}

bool FrameDeclaration::fits(std::uint64_t height, std::uint64_t width, std::string_view dtype) const {
  const auto same = [](const std::optional<std::int64_t>& declared, std::uint64_t found) {
    return !declared || static_cast<std::uint64_t>(*declared) == found;
  };
  if (extents_ && !(same(extents_->height, height) && same(extents_->width, width))) return false;
  return !dtype_ || to_string(*dtype_) == dtype;
}

std::string FrameDeclaration::words() const {
  const auto extent = [](const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : std::string("any"); };
  return fmt::format("{} {}", extents_ ? extent(extents_->height) + "x" + extent(extents_->width) : "any shape",
                     dtype_ ? to_string(*dtype_) : "of any dtype");
}

std::optional<DType> declared_dtype(const Json& description) {
  const auto* numpy = description.find("dtype_numpy");
  if (numpy == nullptr || !numpy->is_string() || numpy->as_string().size() < 3) return std::nullopt;
  if (std::string_view("biuf").find(numpy->as_string()[1]) == std::string_view::npos) return std::nullopt;
  return parse_dtype(numpy->as_string());
}

std::optional<FrameDeclaration> declared_frames(const Json& data_keys, std::string_view field) {
  const auto* description = data_keys.find(field);
  const auto* shape = description == nullptr ? nullptr : description->find("shape");
  if (shape == nullptr || !shape->is_array()) return std::nullopt;
  std::vector<std::optional<std::int64_t>> extents;
  try {
    for (const auto& extent : shape->as_array()) extents.push_back(extent.is_null() ? std::nullopt : std::optional(extent.as_int64()));
    return FrameDeclaration(extents, declared_dtype(*description));
  } catch (const Error&) {  // no numbers, or a type that frames cannot have
    return std::nullopt;
  }
}

}  // namespace resonance::schema
