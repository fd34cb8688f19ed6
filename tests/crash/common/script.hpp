/// What a recorder writes: made from a number, so that whoever checks it needs nobody to tell what was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "resonance/run_writer.hpp"

namespace resonance::crash {

inline constexpr unsigned kStreams = 2;
[[nodiscard]] std::string stream_name(unsigned stream);  ///< "primary", "baseline"
[[nodiscard]] std::string field_name(unsigned stream);   ///< each stream has a field of its own

/// How one writer records all its runs.
struct WriterPlan {
  std::uint64_t seed = 0;
  Durability level = Durability::commit;
  Codec codec = Codec::none;
  std::uint64_t height = 8, width = 8;
  std::uint64_t frames_per_chunk = 0;
  unsigned steps = 40;  ///< in a run

  [[nodiscard]] static WriterPlan of(std::uint64_t seed);
  [[nodiscard]] RunWriterOptions options() const;
  [[nodiscard]] std::string words() const;
  [[nodiscard]] std::uint64_t run_seed(unsigned run) const;
};

/// One call of the writer.
struct Step {
  enum class Kind : std::uint8_t {
    event,   ///< write_event()
    block,   ///< write_events(): one transaction
    frame,   ///< write_frame() to an event that was written before
    frames,  ///< write_frames() to several: one transaction
    flush,
    sync,
  };
  Kind kind = Kind::event;
  unsigned stream = 0;
  std::uint64_t first = 1;        ///< seq_num
  std::uint64_t events = 0;       ///< that it writes
  std::uint64_t frames_each = 0;  ///< of each event that it writes, or that it is about
  std::uint64_t count = 0;        ///< events that it is about, `first` and those behind it

  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_each * count; }
};

/// The steps of one run, one after another, without end.
class Script {
 public:
  explicit Script(std::uint64_t run_seed) : seed_(run_seed) {}
  [[nodiscard]] Step next();

 private:
  void plan_more();
  std::uint64_t seed_;
  std::uint64_t number_ = 0;
  std::uint64_t events_[kStreams] = {};
  std::vector<Step> planned_;
  std::size_t used_ = 0;
};

[[nodiscard]] std::string run_uid(std::uint64_t run_seed);
[[nodiscard]] Json data_keys(const WriterPlan& plan, unsigned stream);
[[nodiscard]] Json event_data(std::uint64_t run_seed, unsigned stream, std::uint64_t seq_num);
/// Frame number `which` of the event, uint16.
[[nodiscard]] std::vector<std::byte> pixels(const WriterPlan& plan, std::uint64_t run_seed, unsigned stream, std::uint64_t seq_num,
                                            std::uint64_t which);

/// Do it. The uids of the events that were written are appended to `uids[stream]`, which is by seq_num - 1.
void perform(RunWriter& writer, const WriterPlan& plan, std::uint64_t run_seed, const Step& step,
             std::vector<std::string> (&uids)[kStreams]);

/// Begin run number `run`.
void open_run(RunWriter& writer, const WriterPlan& plan, std::uint64_t run_seed);

}  // namespace resonance::crash
