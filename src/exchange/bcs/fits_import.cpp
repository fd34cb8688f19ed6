/// A FITS file by itself as a run of one event with one frame.
#include <span>

#include "exchange/bcs/beamline_time.hpp"
#include "exchange/bcs/fits_frame.hpp"
#include "exchange/bcs/frame_survey.hpp"
#include "exchange/importers.hpp"
#include "exchange/iso_time.hpp"
#include "exchange/run_recorder.hpp"
#include "exchange/text_encoding.hpp"
#include "io/file_system.hpp"

namespace resonance::exchange {
namespace {

/// The time of DATE, which the beamline's cameras write in local time; a zone in the text goes before that.
std::optional<double> time_of(const bcs::FitsFrame& frame) {
  for (const auto& card : frame.cards) {
    if (card.name != "DATE" || !card.value.is_string()) continue;
    const auto date = parse_iso_time(card.value.as_string());
    if (!date) return std::nullopt;
    return date->utc_offset ? date->epoch() : bcs::beamline_to_utc(date->day, date->second_of_day);
  }
  return std::nullopt;
}

}  // namespace

bool is_fits(std::string_view bytes) { return bcs::looks_like_fits(std::as_bytes(std::span(bytes))); }

void import_fits(SourceFile source, const Target& target) {
  const auto bytes = std::as_bytes(std::span(source.bytes));
  auto frame = bcs::read_fits(bytes, bcs::FitsParts::everything);
  const auto told = time_of(frame);
  const double time = told.value_or(io::modification_time(source.path));
  const auto uid = import_uid(told, source.bytes);
  RunRecorder recorder(target);
  if (recorder.already_there(uid)) return;
  if (!told) target.report.notes.emplace_back("the header tells no DATE: the event has the modification time of the file");

  bcs::FrameSurvey survey;
  survey.add(frame);
  Json keys = Json::object();
  survey.add_data_keys(keys);
  Json metadata = Json::object({{"source_file", to_label(source.path.filename().string(), "fits")}, {"source_format", "fits"}});
  if (told) metadata.set("time_zone", bcs::kBeamlineZone);
  metadata.set("fits", survey.headers().metadata());
  recorder.open({uid, "fits", std::nullopt, std::move(metadata), keys, time, 1});
  Json::Object data;
  survey.add_values(frame, keys, data);
  recorder.add(time, Json(std::move(data)), FieldFrame{survey.field_of(frame.image), std::move(frame.image)});
  recorder.close();
}

}  // namespace resonance::exchange
