#include "crash/common/follower.hpp"

#include <thread>

#include "crash/common/script.hpp"
#include "crash/common/settings.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"

namespace resonance::crash {

namespace {

constexpr unsigned kLooks = 12;
constexpr std::uint64_t kFramesALook = 24;

/// The newest run, followed.
class Follower {
 public:
  Follower(Run run, std::uint64_t seed, FollowTotals& totals) : run_(std::move(run)), dice_(seed), totals_(totals) {
    const auto metadata = run_.metadata();
    plan_ = WriterPlan::of(metadata.at("writer_seed").as_uint64());
    run_seed_ = metadata.at("run_seed").as_uint64();
    for (unsigned stream = 0; stream < kStreams; ++stream) sequences_.push_back(run_.images(field_name(stream)));
  }

  /// \return whether the run goes on
  bool look() {
    const bool open = !run_.summary().exit_status;
    for (const auto& info : run_.streams()) look_at(info.name == stream_name(0) ? 0 : 1);
    ++totals_.looks;
    return open;
  }

 private:
  void look_at(unsigned stream) {
    if (dice_.one_in(2))
      read_table(stream);
    else
      read_new_events(stream);
    read_new_frames(stream);
    if (dice_.one_in(6)) read_all_frames(stream);
  }

  void require_event(unsigned stream, std::uint64_t seq_num, const Json& x) {
    require(x == event_data(run_seed_, stream, seq_num).at("x"), "run {}: event {} of {} reads {}", run_.uid(), seq_num,
            stream_name(stream), x.dump());
  }

  void read_table(unsigned stream) {
    const auto table = run_.table(stream_name(stream));
    for (std::uint64_t i = 0; i < table.rows; ++i) {
      require(table["seq_num"].at(i) == Json(i + 1), "run {}: row {} of {} has seq_num {}", run_.uid(), i, stream_name(stream),
              table["seq_num"].at(i).dump());
      require_event(stream, i + 1, table["x"].at(i));
    }
    now_there(stream, table.rows);
  }

  void read_new_events(unsigned stream) {
    auto seq_num = seen_[stream];
    run_.for_each_event(
        stream_name(stream),
        [&](const Event& event) {
          require(event.seq_num == seq_num + 1, "run {}: event {} of {} is followed by {}", run_.uid(), seq_num, stream_name(stream),
                  event.seq_num);
          seq_num = event.seq_num;
          require_event(stream, seq_num, event.data.at("x"));
          return true;
        },
        seq_num + 1);
    now_there(stream, seq_num);
  }

  void now_there(unsigned stream, std::uint64_t events) {
    require(events >= seen_[stream], "run {}: {} had {} events and has {}", run_.uid(), stream_name(stream), seen_[stream], events);
    totals_.events += events - seen_[stream];
    seen_[stream] = events;
  }

  /// The first of its event's frames, or the ones behind it, by where they are in the sequence.
  void require_frame(const ImageSequence& images, std::uint64_t i, unsigned stream) {
    const auto seq_num = images.seq_num(i);
    std::uint64_t which = 0;
    for (auto before = i; before > 0 && images.seq_num(before - 1) == seq_num; --before) ++which;
    require(images[i].bytes == pixels(plan_, run_seed_, stream, seq_num, which), "run {}: frame {} of {}, of event {}, reads wrong",
            run_.uid(), i, field_name(stream), seq_num);
    ++totals_.frames;
  }

  void read_new_frames(unsigned stream) {
    auto fresh = run_.images_since(sequences_[stream]);
    const auto last = std::min(fresh.size(), kFramesALook);
    for (std::uint64_t i = 0; i < last; ++i) require_frame(fresh, i, stream);
    if (fresh.size() > last) require_frame(fresh, fresh.size() - 1, stream);
    frames_[stream] += fresh.size();
    sequences_[stream] = std::move(fresh);
  }

  void read_all_frames(unsigned stream) {
    const auto images = run_.images(field_name(stream));
    require(images.size() >= frames_[stream], "run {}: {} had {} frames and has {}", run_.uid(), field_name(stream), frames_[stream],
            images.size());
    if (images.empty()) return;
    const auto first = dice_.below(images.size());
    const auto count = std::min<std::uint64_t>(images.size() - first, 8);
    std::vector<std::byte> memory(count * plan_.height * plan_.width * 2);
    images.read(first, count, memory);
    for (std::uint64_t i = 0; i < count; ++i) require_frame(images, first + i, stream);
  }

  Run run_;
  Dice dice_;
  FollowTotals& totals_;
  WriterPlan plan_;
  std::uint64_t run_seed_ = 0;
  std::vector<ImageSequence> sequences_;
  std::uint64_t seen_[kStreams] = {};
  std::uint64_t frames_[kStreams] = {};
};

}  // namespace

void follow_once(const std::filesystem::path& database, const FollowOptions& options, FollowTotals& totals) {
  const auto pause = std::chrono::milliseconds(2);
  if (!std::filesystem::exists(database)) return std::this_thread::sleep_for(pause);
  const bool first = totals.looks == 0;
  try {
    const Catalog catalog(database, {.threads = options.threads});
    const auto newest = catalog.recent(1);
    if (newest.empty()) return std::this_thread::sleep_for(pause);
    Follower follower(catalog.run(newest.front().uid), mix(options.seed, totals.looks), totals);
    for (unsigned i = 0; i < kLooks && follower.look(); ++i) std::this_thread::sleep_for(pause);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt && first) return;  // its tables are being made
    throw Broken(fmt::format("{}: {}", to_string(error.code()), error.what()));
  }
}

}  // namespace resonance::crash
