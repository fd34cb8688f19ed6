#include "exchange/bcs/frame_survey.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "exchange/packed.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::bcs {

using fits::FitsFrame;
using fits::FitsParts;

namespace {

constexpr std::size_t kMaxGeometries = 16;
constexpr const char* kSource = "fits";

constexpr std::size_t kMaxNotes = 100;

FitsFrame read_file(const std::filesystem::path& file, FitsParts parts) {
  const auto bytes = io::read_bytes(file, fits::kMaxFileBytes);
  exchange::require_unpacked({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return fits::read_fits(bytes, parts);
}

/// Sound files of a kind that is not read are no damaged ones.
void report_unread(const std::filesystem::path& file, const Error& error, ImportReport& report) {
  auto& frames = error.code() == ErrorCode::unsupported ? report.unsupported_frames : report.damaged_frames;
  frames.push_back(fmt::format("{}: {}", file.filename().string(), error.what()));
}

std::string izeros_key(const Json& keys) {
  return keys.find("Izeros") == nullptr || keys.at("Izeros").at("dtype") == Json("array") ? "Izeros" : "fits:Izeros";
}

}  // namespace

void FrameSurvey::add(const FitsFrame& frame) {
  const Geometry geometry{frame.image.height, frame.image.width, frame.image.dtype};
  const bool known = std::ranges::find(geometries_, geometry) != geometries_.end();
  if (!known && geometries_.size() == kMaxGeometries)
    throw Error(ErrorCode::unsupported, fmt::format("more than {} different frame sizes in one scan", kMaxGeometries));
  headers_.add(frame.cards);
  if (!known) geometries_.push_back(geometry);
  izeros_ = izeros_ || frame.izeros.has_value();
}

bool FrameSurvey::look_at(const std::filesystem::path& file, ImportReport& report) {
  try {
    add(read_file(file, FitsParts::header));
    return true;
  } catch (const Error& error) {
    report_unread(file, error, report);
    return false;
  }
}

std::optional<FitsFrame> FrameSurvey::read(const std::filesystem::path& file, ImportReport& report) {
  try {
    auto frame = read_file(file, FitsParts::everything);
    if (std::ranges::find(geometries_, Geometry{frame.image.height, frame.image.width, frame.image.dtype}) == geometries_.end())
      throw Error(ErrorCode::corrupt, "the file was changed while it was imported");
    for (const auto& note : frame.notes) {
      if (notes_.size() >= kMaxNotes && !notes_.contains(note)) continue;
      auto& known = notes_[note];
      if (++known.files == 1) known.file = file.filename().string();
    }
    return frame;
  } catch (const Error& error) {
    report_unread(file, error, report);
    return std::nullopt;
  }
}

std::vector<std::string> FrameSurvey::notes() const {
  std::vector<std::string> out;
  for (const auto& [text, note] : notes_)
    out.push_back(note.files == 1 ? fmt::format("{}: {}", note.file, text)
                                  : fmt::format("{} and {} more: {}", note.file, note.files - 1, text));
  return out;
}

std::string FrameSurvey::field_of(const Frame& image) const {
  const auto at = std::ranges::find(geometries_, Geometry{image.height, image.width, image.dtype}) - geometries_.begin();
  return at == 0 ? "detector_image" : fmt::format("detector_image_{}", at + 1);
}

void FrameSurvey::add_data_keys(Json& keys) const {
  for (const auto& [height, width, dtype] : geometries_)
    keys.set(field_of({{}, height, width, dtype}), image_key(kSource, height, width, dtype));
  // As many samples as the exposure took: the length differs from event to event. Their unit is not told.
  if (izeros_) keys.set(izeros_key(keys), Json::object({{"source", kSource}, {"dtype", "array"}, {"shape", Json::array({nullptr})}}));
  headers_.add_data_keys(keys);
}

void FrameSurvey::add_values(const FitsFrame& frame, const Json& keys, Json::Object& data) const {
  if (frame.izeros) data.emplace_back(izeros_key(keys), Json(Json::Array(frame.izeros->begin(), frame.izeros->end())));
  headers_.add_values(frame.cards, data);
}

}  // namespace resonance::bcs
