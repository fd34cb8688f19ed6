/// How one array is mended. Inside of mend_array().
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frames/layout.hpp"
#include "repair/mend_array.hpp"
#include "repair/shard_salvage.hpp"
#include "zarr/metadata.hpp"

namespace resonance::repair {

namespace fs = std::filesystem;

/// Frames that follow each other and are lost for the same reason are told at once.
class LostRange {
 public:
  using Tell = std::function<void(const fs::path&, std::uint64_t, std::uint64_t, const std::string&, std::optional<std::uint64_t>)>;
  explicit LostRange(Tell tell) : tell_(std::move(tell)) {}
  void add(std::uint64_t number, const FrameState& state, const fs::path& file) {
    if (count_ > 0 && number == last_ + 1 && state.why == why_ && file == file_) {
      last_ = number;
      ++count_;
      return;
    }
    finish();
    first_ = last_ = number;
    count_ = 1;
    why_ = state.why;
    file_ = file;
    offset_ = state.offset;
  }
  void finish() {
    if (count_ > 0) tell_(file_, first_, last_, why_, offset_);
    count_ = 0;
  }

 private:
  Tell tell_;
  fs::path file_;
  std::uint64_t first_ = 0, last_ = 0, count_ = 0;
  std::string why_;
  std::optional<std::uint64_t> offset_;
};

class ArrayMender {
 public:
  ArrayMender(ArrayTask& task, const std::string& group)
      : task_(task),
        context_(task.context),
        frames_(task.frames),
        group_(group),
        folder_(task.store / group),
        old_(context_.store / group) {}

  void run();

 private:
  void find_out();

  [[nodiscard]] RepairFinding finding(Outcome outcome, const char* kind, fs::path file, std::string message) const;

  void tell_lost(const fs::path& file, std::uint64_t first, std::uint64_t last, const std::string& why,
                 std::optional<std::uint64_t> offset);

  // Layout.

  [[nodiscard]] std::optional<frames::Layout> from_metadata() const;

  [[nodiscard]] std::optional<frames::Layout> from_row() const;

  /// Frames of the first shards that are as recorded, if the array has this layout.
  [[nodiscard]] std::uint64_t frames_right(const frames::Layout& layout);

  void choose_layout();

  void mend_geometry();

  // Frames.

  [[nodiscard]] fs::path path_of(const frames::Layout& layout, std::uint64_t shard) const;
  [[nodiscard]] fs::path old_path_of(std::uint64_t shard) const;

  [[nodiscard]] std::unique_ptr<io::File> open(const fs::path& path) const;

  /// One behind the frames of the last shard that is there and that rows name.
  [[nodiscard]] std::uint64_t end_of_shards();

  /// References to shards that are not there: the frames are lost, or the numbers make no sense.
  void lose_behind(std::uint64_t end);

  /// One behind the last frame that there may be: rows that name it may be lost.
  [[nodiscard]] std::uint64_t frames_to_look_for(std::uint64_t end);

  void mend_shards();

  /// Frames without a row: their rows were lost, or a row has the number of another frame.
  static void add_nameless(std::vector<Reference>& references, std::uint64_t first, std::uint64_t end);

  void mend_shard(std::uint64_t shard, const std::vector<Reference>& references);

  void replace(const fs::path& path, const fs::path& old, io::File& file, const ShardSurvey& survey);

  void settle(const fs::path& old, const std::vector<Reference>& references, const ShardSurvey& survey);

  /// All rows that name one frame; of a sound array it is one.
  void settle_frame(std::span<const Reference> references, std::span<const FrameState> states, const fs::path& old, LostRange& lost,
                    LostRange& named);

  [[nodiscard]] static std::string reason(const FrameState& state) { return "repair: " + state.why; }

  void unname(const Reference& reference, std::uint64_t number);

  /// The event of a frame whose row is lost is known where its neighbours belong to the events around it.
  /// \return false: it got a substitute
  [[nodiscard]] bool give_name(std::uint64_t number);

  [[nodiscard]] bool name(const std::string& event, const catalog::StoreRow& row, std::uint64_t number, std::int64_t id);

  void tell_named(std::uint64_t first, std::uint64_t last, const std::string& how);

  [[nodiscard]] std::string substitute_event();

  // The end.

  [[nodiscard]] catalog::StoreRow as_store_row() const;

  void close_array();

  [[nodiscard]] static bool same_row(const catalog::StoreRow& a, const catalog::StoreRow& b);

  void mend_metadata(std::uint64_t frames);

  /// No frame of it is left.
  void leave_out();

  void lose_all(const std::string& why);

  /// An array of somebody else: its files are as they are, what cannot be read is put on record.
  void mend_foreign();

  [[nodiscard]] LostRange::Tell teller();

  void for_each_reference(std::uint64_t first, const std::function<void(const Reference&, LostRange&)>& visit);

  ArrayTask& task_;
  RepairContext& context_;
  FrameStatements& frames_;
  const std::string group_;
  const fs::path folder_, old_;
  std::optional<catalog::StoreRow> store_;
  std::optional<zarr::ArrayMetadata> metadata_;
  std::string metadata_error_, field_, run_uid_;
  bool ours_ = false, foreign_format_ = false;
  std::optional<std::uint64_t> named_;  // the largest number that a row names
  std::optional<frames::Layout> layout_;
};

}  // namespace resonance::repair
