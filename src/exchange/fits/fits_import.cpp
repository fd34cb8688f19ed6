/// A FITS file by itself as a run: each image is a field, each frame of a cube an event.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/clock.hpp"
#include "exchange/bcs/beamline_time.hpp"
#include "exchange/fits/fits_file.hpp"
#include "exchange/fits/fits_frame.hpp"
#include "exchange/fits/fits_time.hpp"
#include "exchange/fits/header_survey.hpp"
#include "exchange/importers.hpp"
#include "exchange/run_recorder.hpp"
#include "exchange/text_encoding.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

constexpr const char* kSource = "fits";
constexpr const char* kField = "detector_image";
constexpr const char* kIzeros = "Izeros";
constexpr const char* kBeamlineImage = "Images";  // the HDU that the beamline's control system writes frames to

struct ImageField {
  std::string name;
  const fits::FitsImage* image;
  fits::ImageReader pixels;
};

class FitsImport {
 public:
  FitsImport(const SourceFile& source, const Target& target)
      : source_(source), target_(target), file_(std::as_bytes(std::span(source.bytes))) {}

  void run() {
    choose_fields();
    std::vector<std::string> notes;
    const auto told = fits::told_time(file_.cards(), clocks(), system_time(), notes);
    if (!told) notes.emplace_back("the header tells no time: the event has the modification time of the file");
    const auto uid = import_uid(told ? std::optional(told->epoch) : std::nullopt, source_.bytes);
    RunRecorder recorder(target_);
    if (recorder.already_there(uid)) return;
    target_.report.notes = std::move(notes);
    survey_.add(file_.cards());
    time_ = told ? told->epoch : io::modification_time(source_.path);
    recorder.open({uid, "fits", std::nullopt, metadata(told), data_keys(), time_, events()});
    for (std::uint64_t i = 0; i < events(); ++i) recorder.add(time_, event_data(i), frames_of(i));
    recorder.close();
    tell_rest();
  }

 private:
  /// DATE was read from a clock in the beamline's zone where its control system wrote the file; the standard says UTC.
  [[nodiscard]] fits::Clocks clocks() const {
    const auto& options = target_.options;
    const auto said = options.zone.value_or("");
    const bool beamline = std::ranges::find(file_.images(), kBeamlineImage, &fits::FitsImage::name) != file_.images().end();
    return {said, options.zone ? said : options.root_zone.value_or(""), options.zone ? said : beamline ? bcs::kBeamlineZone : "UTC"};
  }

  /// A primary image of one pixel beside others is a place holder.
  [[nodiscard]] bool is_placeholder(const fits::FitsImage& image) const {
    return image.hdu == 0 && image.one_pixel() && file_.images().size() > 1;
  }

  void choose_fields() {
    const auto count = std::ranges::count_if(file_.images(), [this](const auto& image) { return !is_placeholder(image); });
    if (count == 0) fits::refuse_without_image(file_);
    for (const auto& image : file_.images())
      if (!is_placeholder(image)) fields_.push_back({count == 1 ? kField : field_name(image), &image, file_.open(image)});
  }

  /// The image's EXTNAME, with EXTVER from 2 on; else "detector_image" with the number of the HDU behind the first.
  [[nodiscard]] std::string field_name(const fits::FitsImage& image) const {
    auto name = to_label(image.name == kBeamlineImage ? kField : image.name, "");
    if (name.empty())
      name = image.hdu == 0 ? kField : fmt::format("{}_{}", kField, image.hdu + 1);
    else if (image.version.value_or(1) != 1)
      name += fmt::format("_{}", *image.version);
    const auto taken = [this](const std::string& wanted) {
      return wanted == kIzeros || std::ranges::find(fields_, wanted, &ImageField::name) != fields_.end();
    };
    if (taken(name)) name += fmt::format("_HDU{}", image.hdu + 1);
    return name;
  }

  [[nodiscard]] std::uint64_t events() const {
    std::uint64_t out = 0;
    for (const auto& field : fields_) out = std::max(out, field.image->frames);
    return out;
  }

  [[nodiscard]] Json data_keys() const {
    Json keys = Json::object();
    for (const auto& field : fields_) keys.set(field.name, image_key(kSource, field.image->height, field.image->width, field.image->dtype));
    if (file_.has_izeros()) keys.set(kIzeros, Json::object({{"source", kSource}, {"dtype", "array"}, {"shape", Json::array({nullptr})}}));
    return keys;
  }

  [[nodiscard]] Json metadata(const std::optional<fits::ToldTime>& told) const {
    Json metadata = Json::object({{"source_file", to_label(source_.path.filename().string(), kSource)}, {"source_format", "fits"}});
    if (told) metadata.set("time_card", told->card);
    if (told) metadata.set("time_zone", told->zone);
    metadata.set("fits", survey_.metadata());
    return metadata;
  }

  [[nodiscard]] Json event_data(std::uint64_t i) const {
    if (i > 0 || !file_.has_izeros()) return Json::object();
    const auto samples = file_.izeros();
    return Json::object({{kIzeros, Json(Json::Array(samples.begin(), samples.end()))}});
  }

  [[nodiscard]] std::vector<FieldFrame> frames_of(std::uint64_t i) {
    std::vector<FieldFrame> frames;
    for (auto& field : fields_)
      if (i < field.image->frames) frames.push_back({field.name, field.pixels.frame(i)});
    return frames;
  }

  void tell_rest() {
    auto& notes = target_.report.notes;
    if (events() > 1) notes.push_back(fmt::format("the frames of a cube are events, in their order: {}, all of the same time", events()));
    for (const auto& field : fields_)
      for (const auto& note : field.pixels.notes()) notes.push_back(fields_.size() == 1 ? note : fmt::format("{}: {}", field.name, note));
    for (const auto& image : file_.images())
      if (is_placeholder(image)) notes.push_back("left out: the image of one pixel in the primary HDU");
    for (const auto& other : file_.left_out()) notes.push_back("left out: " + other);
  }

  const SourceFile& source_;
  const Target& target_;
  fits::FitsFile file_;
  std::vector<ImageField> fields_;
  fits::HeaderSurvey survey_;
  double time_ = 0;
};

}  // namespace

bool is_fits(std::string_view bytes) { return fits::looks_like_fits(std::as_bytes(std::span(bytes))); }

void import_fits(SourceFile source, const Target& target) { FitsImport(source, target).run(); }

}  // namespace resonance::exchange
