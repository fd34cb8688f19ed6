#include <algorithm>
#include <chrono>
#include <random>

#include "crash/model/scenarios.hpp"
#include "crash/model/session.hpp"

namespace resonance::crash {

namespace {

class Story {
 public:
  explicit Story(const Stage& stage)
      : random_(stage.seed), session_(stage.database(), options(stage), stage.log, stage.expected, stage.early) {}

  void play() {
    const auto runs = 1 + below(3);
    for (std::uint64_t run = 0; run < runs; ++run) {
      begin_run();
      const auto steps = 3 + below(18);
      for (std::uint64_t i = 0; i < steps; ++i) step();
      if (run + 1 < runs || below(3) > 0) session_.close_run();
    }
    session_.close();
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  RunWriterOptions options(const Stage& stage) {
    auto out = quiet_options(static_cast<Durability>(below(3)), static_cast<Codec>(below(4)));
    const std::uint64_t per_chunk[] = {0, 1, 3, 5};
    out.frames.frames_per_chunk = per_chunk[below(4)];
    stage.expected.shared_chunks = out.frames.codec != Codec::none && out.frames.frames_per_chunk != 1;
    for (auto* interval : {&out.sync_interval, &out.commit_interval})
      if (below(2) == 0) *interval = std::chrono::milliseconds(1 + below(5));
    return out;
  }

  void begin_run() {
    session_.open_run();
    const FieldFrames kinds[] = {{"ccd", 16, 16}, {"ccd", 64, 64}, {"ccd", 256, 128}, {"ccd", 512, 256}};
    fields_ = {kinds[below(4)]};
    if (below(2) == 0) fields_.push_back({"cam", 8 + below(9), 8 + below(30)});
    session_.open_stream("primary", fields_);
    monitored_ = below(3) == 0;
    if (monitored_) session_.open_stream("monitor", {});
    events_ = 0;
  }

  std::vector<FieldFrames> some_frames() {
    std::vector<FieldFrames> out;
    for (auto field : fields_) {
      field.count = below(5) == 0 ? 2 : 1;
      if (below(4) > 0) out.push_back(field);
    }
    return out;
  }

  void step() {
    switch (below(10)) {
      case 0:
        return session_.flush();
      case 1:
        return session_.sync();
      case 2: {
        const auto count = 1 + below(4);
        events_ += count;
        return session_.events("primary", count, some_frames());
      }
      case 3:
        if (monitored_) session_.event("monitor");
        [[fallthrough]];
      case 4:
        if (events_ > 0)
          return session_.add_frames("primary", 1 + below(std::min<std::uint64_t>(events_, 3)), fields_[below(fields_.size())]);
        [[fallthrough]];
      default:
        ++events_;
        return session_.event("primary", some_frames());
    }
  }

  std::mt19937_64 random_;
  Session session_;
  std::vector<FieldFrames> fields_;
  std::uint64_t events_ = 0;
  bool monitored_ = false;
};

}  // namespace

void play_at_random(const Stage& stage) { Story(stage).play(); }

}  // namespace resonance::crash
