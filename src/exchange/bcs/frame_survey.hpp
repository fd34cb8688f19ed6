/// The first look at all frames of a scan: which are there and whole, how big they are, what their headers say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "exchange/fits/fits_frame.hpp"
#include "exchange/fits/header_survey.hpp"
#include "resonance/exchange.hpp"

namespace resonance::bcs {

/// Data keys and metadata must be known before the first event is written, so every frame is opened twice: here for its
/// header, later for its pixels. Memory: one file and the different cards.
class FrameSurvey {
 public:
  /// Take a frame's header and geometry. \throws Error(unsupported) too many different ones
  void add(const fits::FitsFrame& frame);

  /// add() a file's header. A file that cannot be read is put into report.damaged_frames, or unsupported_frames when it is sound.
  /// \return whether it can
  bool look_at(const std::filesystem::path& file, ImportReport& report);

  /// The same file again, with its pixels; nothing (and the frame reported) when they cannot be read.
  [[nodiscard]] std::optional<fits::FitsFrame> read(const std::filesystem::path& file, ImportReport& report);

  [[nodiscard]] const fits::HeaderSurvey& headers() const noexcept { return headers_; }
  void add_data_keys(Json& keys) const;  ///< frame fields, Izeros, header cards that vary; none that is there already is replaced
  void add_values(const fits::FitsFrame& frame, const Json& keys, Json::Object& data) const;

  /// "detector_image"; frames of a second size or type are "detector_image_2", and so on.
  [[nodiscard]] std::string field_of(const Frame& image) const;

  /// What was told of the frames that were read, once for all that have it in common.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  using Geometry = std::tuple<std::uint64_t, std::uint64_t, DType>;
  fits::HeaderSurvey headers_;
  std::vector<Geometry> geometries_;
  bool izeros_ = false;
  struct Note {
    std::string file;  // the first
    std::uint64_t files = 0;
  };
  std::map<std::string, Note> notes_;
};

}  // namespace resonance::bcs
