/// Every frame that a row names: is it there and, when asked for, is it what was written.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <list>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "catalog/frame_finder.hpp"
#include "catalog/verify_context.hpp"
#include "frames/frame_array_reader.hpp"
#include "frames/pixel_check.hpp"

namespace resonance::catalog {

namespace {

constexpr std::int64_t kPageRows = 4096;             // references fetched and kept at a time
constexpr std::uint64_t kBatchBytes = 256ull << 20;  // of frames decoded between two calls of progress
constexpr std::uint64_t kBlockFrames = 16;           // that a thread takes at once: neighbours share chunks
constexpr std::size_t kArrays = 16;                  // kept open

constexpr const char* kAdvice = "; the frame is lost unless a copy of this file exists";

/// An array that was opened for looking at its frames.
struct OpenArray {
  std::string group;
  std::optional<frames::FrameArrayReader> reader;  // none: it cannot be opened, which check_arrays() told
  std::optional<FrameFinder> finder;               // none: there is nothing to look things up in but by reading
  std::set<std::filesystem::path> told;            // files whose loss or damage was told
};

/// A frame to be read, and what came of it.
struct ReadJob {
  const FrameRow* row = nullptr;
  std::shared_ptr<OpenArray> array;  // shared with the list of open ones, which may have let it go meanwhile
  std::optional<Fault> fault;
  bool read = false, compared = false;
};

class FramesOfRun {
 public:
  FramesOfRun(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts)
      : context_(context), queries_(queries), facts_(facts) {}

  void run() {
    for (const auto& stream : facts_.streams) check_stream(stream);
  }

 private:
  void check_stream(const VerifyStreamRow& stream) {
    std::int64_t seq_num = std::numeric_limits<std::int64_t>::min(), id = seq_num;
    for (;;) {
      const auto rows = queries_.frames(stream.uid, seq_num, id, kPageRows);
      if (rows.empty()) return;
      check_page(rows);
      const auto& last = rows.back();
      if (std::pair(last.seq_num, last.id) <= std::pair(seq_num, id)) return tell_no_numbers(stream);
      seq_num = last.seq_num;
      id = last.id;
      if (rows.size() < static_cast<std::size_t>(kPageRows)) return;
    }
  }

  void tell_no_numbers(const VerifyStreamRow& stream) {
    context_.tell({.kind = "seq_num",
                   .run_uid = facts_.run.uid,
                   .file = context_.database,
                   .message = fmt::format("the events of stream '{}' have a seq_num that is no number, so that their frames cannot be gone "
                                          "through; somebody changed the table by hand",
                                          printable(stream.name))});
  }

  void check_page(const std::vector<FrameRow>& rows) {
    std::vector<ReadJob> jobs;
    std::uint64_t bytes = 0;
    for (const auto& row : rows) {
      ++context_.report.frames;
      auto array = open(row.group);
      if (!array->reader) {
        ++context_.report.frames_not_checked;
        continue;
      }
      const bool there = row.number >= 0 ? find(row, *array) : (tell_no_number(row), false);
      if (!there || (!context_.options.frames && array->finder)) continue;
      if (!fits(row, *array)) continue;
      bytes += array->reader->geometry().frame_bytes();
      jobs.push_back({&row, std::move(array), {}});
      if (bytes < kBatchBytes) continue;
      read(jobs);
      bytes = 0;
    }
    read(jobs);
    context_.progress();
  }

  std::shared_ptr<OpenArray> open(const std::string& group) {
    const auto it = std::find_if(open_.begin(), open_.end(), [&](const auto& array) { return array->group == group; });
    if (it != open_.end()) {
      open_.splice(open_.begin(), open_, it);
      return open_.front();
    }
    auto array = std::make_shared<OpenArray>();
    array->group = group;
    try {
      array->reader.emplace(context_.store, group);
      const bool ours = array->reader->ours() || facts_.store_of(group) != nullptr;
      array->finder.emplace(context_.store, group, ours, context_.options.frames);
    } catch (const Error&) {  // told by check_arrays(), or a format that only the reader knows
    }
    open_.push_front(array);
    if (open_.size() > kArrays) open_.pop_back();
    return array;
  }

  Fault fault_at(const FrameRow& row) const {
    return {.run_uid = facts_.run.uid,
            .field = row.field,
            .frame = row.number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(row.number)),
            .seq_num = row.seq_num < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(row.seq_num))};
  }

  /// What a row names that is gone, too, is no fault: an import that is done again takes its run out.
  void tell(const FrameRow& row, const Fault& fault) {
    if (queries_.ref_exists(row.id)) context_.tell(fault);
  }

  void tell_no_number(const FrameRow& row) {
    auto fault = fault_at(row);
    fault.kind = "frame_number";
    fault.file = context_.database;
    fault.message = fmt::format("image_refs names frame {} of {}; frames are numbered from 0", row.number, printable(row.group, 300));
    tell(row, fault);
  }

  /// \return whether the frame is in its array
  bool find(const FrameRow& row, OpenArray& array) {
    if (!array.finder) return true;
    FrameFinder::Finding found;
    try {
      found = array.finder->find(static_cast<std::uint64_t>(row.number));
    } catch (const Error& error) {
      found = {.state = FrameFinder::State::bad_entry, .file = array.reader->folder(), .why = error.what()};
    }
    if (found.state == FrameFinder::State::there) return true;
    const bool whole_file = found.state == FrameFinder::State::no_file || found.state == FrameFinder::State::bad_file;
    if (!whole_file || !array.told.contains(found.file)) tell(row, fault_of(row, found));
    if (whole_file) array.told.insert(found.file);
    return false;
  }

  Fault fault_of(const FrameRow& row, const FrameFinder::Finding& found) const {
    auto fault = fault_at(row);
    fault.file = found.file;
    fault.offset = found.offset;
    const auto file = found.file.string();
    const auto frames = found.count == 1 ? fmt::format("frame {}", found.first)
                                         : fmt::format("frames {} to {}, as far as recorded,", found.first, found.first + found.count - 1);
    switch (found.state) {
      case FrameFinder::State::no_file:
        fault.kind = "missing_shard";
        fault.message = fmt::format("{} is not there: {} of {} are lost unless a copy of this file exists", file, frames, row.field);
        break;
      case FrameFinder::State::bad_file:
        fault.kind = "damaged_shard";
        fault.message =
            fmt::format("{} cannot be used: {}; {} of {} are lost unless a copy of this file exists", file, found.why, frames, row.field);
        break;
      case FrameFinder::State::no_entry:
        fault.kind = "missing_frame";
        fault.message = fmt::format("frame {} of {} is not in {}{}", row.number, row.field, file, kAdvice);
        break;
      default:
        fault.kind = "damaged_frame";
        fault.message = fmt::format("frame {} of {} cannot be read from {}: {}{}", row.number, row.field, file, found.why, kAdvice);
    }
    return fault;
  }

  /// Memory is taken only for a geometry on which the database and zarr.json agree; that they do not was told.
  bool fits(const FrameRow& row, const OpenArray& array) {
    const auto& geometry = array.reader->geometry();
    const bool fit =
        std::cmp_equal(row.height, geometry.height) && std::cmp_equal(row.width, geometry.width) && row.dtype == to_string(geometry.dtype);
    if (!fit) ++context_.report.frames_not_checked;
    return fit;
  }

  /// Read what was gathered, on all threads, and tell what came of it, in order.
  void read(std::vector<ReadJob>& jobs) {
    context_.pool.for_each((jobs.size() + kBlockFrames - 1) / kBlockFrames, [&](std::uint64_t block) {
      const auto end = std::min<std::uint64_t>(jobs.size(), (block + 1) * kBlockFrames);
      for (auto i = block * kBlockFrames; i < end; ++i) read_one(jobs[i]);
    });
    for (const auto& job : jobs) {
      context_.report.frames_read += job.read ? 1 : 0;
      context_.report.checksums_compared += job.compared ? 1 : 0;
      context_.report.frames_without_checksum += job.read && !job.row->crc32c ? 1 : 0;
      if (job.fault) tell(*job.row, *job.fault);
    }
    jobs.clear();
    context_.progress();
  }

  void read_one(ReadJob& job) const {
    job.fault = read_from(*job.array->reader, job);
    if (!job.fault || facts_.run.closed) return;
    try {  // the shard may have been sealed, or its chunk written anew, while it was read
      const frames::FrameArrayReader fresh(context_.store, job.row->group);
      job.fault = read_from(fresh, job);
    } catch (const Error&) {  // the first fault is the one to tell
    }
  }

  std::optional<Fault> read_from(const frames::FrameArrayReader& reader, ReadJob& job) const {
    const auto& row = *job.row;
    thread_local std::vector<std::byte> pixels;
    pixels.resize(reader.geometry().frame_bytes());
    auto fault = fault_at(row);
    try {
      reader.read(static_cast<std::uint64_t>(row.number), pixels);
    } catch (const Error& error) {
      fault.kind = error.code() == ErrorCode::io ? "unreadable" : "damaged_frame";
      fault.file = error.detail().file.empty() ? reader.folder() : error.detail().file;
      fault.offset = error.detail().offset;
      fault.message = fmt::format("reading frame {} of {}: {}{}", row.number, row.field, error.what(), kAdvice);
      return fault;
    }
    job.read = true;
    if (!row.crc32c) return std::nullopt;
    job.compared = true;
    const auto found = frames::pixel_checksum(pixels, item_size(reader.geometry().dtype));
    if (std::cmp_equal(*row.crc32c, found)) return std::nullopt;
    fault.kind = "checksum";
    locate(reader, row, pixels, fault);
    fault.message = fmt::format(
        "frame {} of {} in {}{} is not what was recorded: its pixels have the crc32c {:08x}, the database says {:08x}; "
        "do not trust it unless a copy of the file says the same",
        row.number, row.field, fault.file.string(), fault.offset ? fmt::format(" at byte {}", *fault.offset) : "", found, *row.crc32c);
    return fault;
  }

  /// Where the pixels of a frame with a wrong checksum lie: a reader that compares says so.
  static void locate(const frames::FrameArrayReader& reader, const FrameRow& row, std::span<std::byte> pixels, Fault& fault) {
    fault.file = reader.folder();
    const frames::WantedFrame wanted{static_cast<std::uint64_t>(row.number), static_cast<std::uint32_t>(*row.crc32c), pixels.data()};
    std::size_t at = 0;
    try {
      reader.read({&wanted, 1}, frames::whole_of(reader.geometry()), frames::Check::always, at);
    } catch (const Error& error) {
      if (!error.detail().file.empty()) fault.file = error.detail().file;
      fault.offset = error.detail().offset;
    }
  }

  VerifyContext& context_;
  VerifyQueries& queries_;
  const RunFacts& facts_;
  std::list<std::shared_ptr<OpenArray>> open_;  // most recently used first; shared with jobs in progress
};

}  // namespace

void check_frames(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts) { FramesOfRun(context, queries, facts).run(); }

}  // namespace resonance::catalog
