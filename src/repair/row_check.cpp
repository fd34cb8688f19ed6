#include "repair/row_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance::repair {

namespace {

using sqlite::ColumnType;

constexpr std::int64_t kMaxCrc = 0xffffffff;
constexpr std::int64_t kMostId = std::int64_t{1} << 53;
constexpr bool kOptional = true;

constexpr ColumnSpec kSamples[] = {{"id", Kind::integer, false, -kMostId, kMostId},
                                   {"name"},
                                   {"formula", Kind::text, kOptional},
                                   {"serial", Kind::text, kOptional},
                                   {"tags", Kind::json, kOptional},
                                   {"beamline_pos", Kind::text, kOptional},
                                   {"extra", Kind::json, kOptional}};
constexpr ColumnSpec kRuns[] = {{"uid", Kind::key},
                                {"sample_id", Kind::integer, kOptional, INT64_MIN},
                                {"plan_name"},
                                {"time_start", Kind::number},
                                {"time_stop", Kind::number, kOptional},
                                {"exit_status", Kind::status, kOptional},
                                {"num_events", Kind::integer, kOptional},
                                {"operator", Kind::text, kOptional},
                                {"metadata", Kind::object, kOptional}};
constexpr ColumnSpec kStreams[] = {
    {"uid", Kind::key}, {"run_uid", Kind::key}, {"name"}, {"data_keys", Kind::keys}, {"time_created", Kind::number}};
constexpr ColumnSpec kEvents[] = {{"uid", Kind::key},     {"stream_uid", Kind::key}, {"seq_num", Kind::integer, false, INT64_MIN},
                                  {"time", Kind::number}, {"data", Kind::object},    {"timestamps", Kind::object, kOptional}};
constexpr ColumnSpec kImageRefs[] = {{"id", Kind::integer, false, -kMostId, kMostId},
                                     {"event_uid", Kind::key},
                                     {"field_name", Kind::key},
                                     {"zarr_group", Kind::key},
                                     {"index_in_stack", Kind::integer},
                                     {"shape_x", Kind::integer},
                                     {"shape_y", Kind::integer},
                                     {"dtype", Kind::key},
                                     {"compression_codec", Kind::text, kOptional}};
constexpr ColumnSpec kRunDetails[] = {{"run_uid", Kind::key},
                                      {"scan_id", Kind::integer, kOptional, INT64_MIN},
                                      {"reason", Kind::text, kOptional},
                                      {"num_frames", Kind::integer, kOptional},
                                      {"writer"},
                                      {"lock_byte", Kind::integer}};
constexpr ColumnSpec kRunTags[] = {{"run_uid", Kind::key}, {"tag", Kind::key}};
constexpr ColumnSpec kFrameStores[] = {{"zarr_group", Kind::key},
                                       {"run_uid", Kind::key},
                                       {"field_name", Kind::key},
                                       {"height", Kind::integer, false, 1},
                                       {"width", Kind::integer, false, 1},
                                       {"dtype", Kind::key},
                                       {"codec", Kind::key},
                                       {"frames_per_chunk", Kind::integer, false, 1},
                                       {"chunks_per_shard", Kind::integer, false, 1},
                                       {"num_frames", Kind::integer, kOptional}};
constexpr ColumnSpec kFrameChecksums[] = {{"ref_id", Kind::integer, false, -kMostId, kMostId},
                                          {"crc32c", Kind::integer, false, 0, kMaxCrc}};
constexpr ColumnSpec kDurableFrames[] = {{"zarr_group", Kind::key}, {"num_frames", Kind::integer}};
constexpr ColumnSpec kLostFrames[] = {{"id", Kind::integer, false, -kMostId, kMostId},
                                      {"event_uid", Kind::key},
                                      {"field_name", Kind::key},
                                      {"zarr_group", Kind::key},
                                      {"index_in_stack", Kind::integer},
                                      {"time_found", Kind::number},
                                      {"reason"}};
constexpr ColumnSpec kEventChecksums[] = {{"stream_uid", Kind::key},
                                          {"first_seq_num", Kind::integer},
                                          {"last_seq_num", Kind::integer},
                                          {"crc32c", Kind::integer, false, 0, kMaxCrc}};
constexpr ColumnSpec kStreamRanges[] = {{"stream_uid", Kind::key}, {"ranges", Kind::object}};
constexpr ColumnSpec kRunNotes[] = {{"id", Kind::integer, false, -kMostId, kMostId},
                                    {"run_uid", Kind::key},
                                    {"time", Kind::number},
                                    {"author", Kind::text, kOptional},
                                    {"text"}};
constexpr ColumnSpec kLostEvents[] = {
    {"stream_uid", Kind::key}, {"first_seq_num", Kind::integer}, {"last_seq_num", Kind::integer}, {"time_found", Kind::number}, {"reason"}};

constexpr const char* kSamplesIndexes[] = {"idx_samples_name"};
constexpr const char* kRunsIndexes[] = {"sqlite_autoindex_runs_1", "idx_runs_tstart"};
constexpr const char* kStreamsIndexes[] = {"sqlite_autoindex_streams_1", "idx_streams_run"};
constexpr const char* kEventsIndexes[] = {"sqlite_autoindex_events_1", "idx_events_seq"};
constexpr const char* kImageRefsIndexes[] = {"idx_image_refs_event"};
constexpr const char* kRunDetailsIndexes[] = {"sqlite_autoindex_run_details_1"};
constexpr const char* kFrameStoresIndexes[] = {"sqlite_autoindex_frame_stores_1"};
constexpr const char* kLostFramesIndexes[] = {"idx_lost_frames_event"};
constexpr const char* kRunNotesIndexes[] = {"idx_run_notes_run"};
constexpr const char* kStreamRangesIndexes[] = {"sqlite_autoindex_stream_ranges_1"};

constexpr TableSpec kTables[] = {{"samples", kSamples, 0, kSamplesIndexes},
                                 {"runs", kRuns, 0, kRunsIndexes},
                                 {"streams", kStreams, 0, kStreamsIndexes},
                                 {"events", kEvents, 0, kEventsIndexes},
                                 {"image_refs", kImageRefs, 0, kImageRefsIndexes},
                                 {"run_details", kRunDetails, 0, kRunDetailsIndexes},
                                 {"run_tags", kRunTags, 2},
                                 {"frame_stores", kFrameStores, 0, kFrameStoresIndexes},
                                 {"frame_checksums", kFrameChecksums},
                                 {"durable_frames", kDurableFrames, 1},
                                 {"lost_frames", kLostFrames, 0, kLostFramesIndexes},
                                 {"event_checksums", kEventChecksums, 2},
                                 {"stream_ranges", kStreamRanges, 0, kStreamRangesIndexes},
                                 {"run_notes", kRunNotes, 0, kRunNotesIndexes},
                                 {"lost_events", kLostEvents, 2}};

/// The text with U+FFFD in place of bytes that are no UTF-8, and without NUL, at which C programs end a text.
std::string legible(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = text[at] == '\0' ? 0 : utf8::sequence_length(text, at);
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else
      out += text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

bool is_legible(std::string_view text) { return is_utf8(text) && text.find('\0') == std::string_view::npos; }

bool is_json(std::string_view text, Kind kind) {
  try {
    const Json value = Json::parse(text);
    if (kind == Kind::json) return true;
    if (!value.is_object()) return false;
    const auto& members = value.as_object();
    return kind == Kind::object || std::all_of(members.begin(), members.end(), [](const auto& one) { return one.second.is_object(); });
  } catch (const Error&) {
    return false;
  }
}

/// \return what was done to make the text fit, "" when nothing had to be
std::string mend_text(Kind kind, std::string& text) {
  if (kind == Kind::status) {
    if (text == "success" || text == "aborted" || text == "failed") return {};
    text = "failed";
    return "was none of the words for it and is 'failed' now";
  }
  if (kind == Kind::text) {
    if (is_legible(text)) return {};
    text = legible(text);
    return "was no UTF-8";
  }
  if (is_legible(text) && is_json(text, kind)) return {};
  const auto was = legible(text);
  text = kind == Kind::keys ? "{}" : Json::object({{"damaged", was}}).dump();
  return kind == Kind::keys ? fmt::format("was no JSON object of objects ({}) and is {{}} now", printable(was, 200))
                            : "was damaged JSON and is kept as a text";
}

bool fits_number(const ColumnSpec& column, const Value& value) {
  if (column.kind == Kind::integer)
    return value.type == ColumnType::integer && value.integer >= column.least && value.integer <= column.most;
  return value.type == ColumnType::integer || (value.type == ColumnType::real && std::isfinite(value.real));
}

/// \return whether the value can be kept; `why` gets what was wrong with it
bool check_value(const ColumnSpec& column, Value& value, std::string& why) {
  const auto wrong = [&](std::string_view what) {
    return why += fmt::format("{}{} {}", why.empty() ? "" : ", ", column.name, what), false;
  };
  if (value.type == ColumnType::null) return column.optional || wrong("is null");
  const bool numeric = column.kind == Kind::integer || column.kind == Kind::number;
  bool fits = numeric ? fits_number(column, value) : value.type == ColumnType::text;
  if (fits && column.kind == Kind::key) fits = !value.text.empty() && is_legible(value.text);
  if (!fits) {
    wrong("makes no sense");
    value = {};
    return column.optional;
  }
  if (numeric || column.kind == Kind::key) return true;
  if (const auto done = mend_text(column.kind, value.text); !done.empty()) wrong(done);
  return true;
}

}  // namespace

std::span<const TableSpec> beamtime_rows() noexcept { return kTables; }

RowVerdict check_row(const TableSpec& table, Row& row) {
  RowVerdict out;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (!check_value(table.columns[i], row.values[i], out.why)) out.taken = false;
  return out;
}

}  // namespace resonance::repair
