#include "archive/file_records.hpp"

#include <algorithm>

#include "archive/bag.hpp"

#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance::archive {

namespace {

constexpr std::uint64_t kMaxBytes = 8ull << 30;  // some 40 million files
constexpr std::string_view kFormat = "resonance_backup";

/// The value of a line; null when it is none.
Json parse_line(std::string_view line) {
  try {
    return Json::parse(line);
  } catch (const Error&) {  // cut off by a death, or damaged: the file it names is copied again
    return {};
  }
}

std::optional<FileRecord> record_of(const Json& line) {
  try {
    FileRecord out{.path = line.at("path").as_string(), .bytes = line.at("bytes").as_uint64(), .sha256 = line.at("sha256").as_string()};
    out.source_bytes = line.at("source_bytes").as_uint64();
    out.source_mtime_ns = line.at("source_mtime_ns").as_int64();
    if (const auto* frames = line.find("frames")) out.frames = frames->as_uint64();
    if (is_payload_path(out.path) && is_digest(out.sha256)) return out;
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Of the whole lines in the file.
std::uint64_t whole_lines(io::File& file) {
  std::vector<std::byte> piece(64 << 10);
  for (auto end = file.size(); end > 0;) {
    const auto begin = end - std::min<std::uint64_t>(end, piece.size());
    const auto part = std::span(piece).first(file.read_at(begin, std::span(piece).first(end - begin)));
    const auto last = std::find(part.rbegin(), part.rend(), std::byte{'\n'});
    if (last != part.rend()) return begin + static_cast<std::uint64_t>(part.rend() - last);
    end = begin;
  }
  return 0;
}

}  // namespace

std::string heading_line(std::string_view beamtime) {
  return Json::object({{std::string(kFormat), 1}, {"beamtime", beamtime}}).dump() + "\n";
}

std::string record_line(const FileRecord& record) {
  auto out = Json::object({{"path", record.path},
                           {"bytes", record.bytes},
                           {"sha256", record.sha256},
                           {"source_bytes", record.source_bytes},
                           {"source_mtime_ns", record.source_mtime_ns}});
  if (record.frames) out.set("frames", *record.frames);
  return out.dump() + "\n";
}

std::optional<std::string> read_records(const std::filesystem::path& path, FileRecords& records) {
  std::string content;
  try {
    content = io::read_text(path, kMaxBytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return std::nullopt;
  }
  std::optional<std::string> beamtime;
  for (std::string_view text = content; !text.empty();) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto json = parse_line(line);
    if (const auto* name = json.find("beamtime"); name != nullptr && name->is_string() && json.find(kFormat) != nullptr)
      beamtime = name->as_string();
    else if (auto record = record_of(json))
      records.insert_or_assign(record->path, std::move(*record));
  }
  return beamtime;
}

Journal::Journal(io::FileSystem& files, const std::filesystem::path& path, std::string_view beamtime) {
  if (!files.exists(path)) io::replace_file(files, path, heading_line(beamtime), true);
  file_ = files.open(path, io::OpenMode::read_write);
  end_ = whole_lines(*file_);
  if (end_ != file_->size()) file_->resize(end_);
}

void Journal::append(std::span<const FileRecord> records) {
  std::string lines;
  for (const auto& record : records) lines += record_line(record);
  file_->write_at(end_, std::as_bytes(std::span(lines)));
  end_ += lines.size();
}

}  // namespace resonance::archive
