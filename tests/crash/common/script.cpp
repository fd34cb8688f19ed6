#include "crash/common/script.hpp"

#include <fmt/format.h>

#include <cstring>

#include "crash/common/settings.hpp"

namespace resonance::crash {

namespace {

struct Size {
  std::uint64_t height, width;
};
// The first share chunks, the third fills pages, the last fills shards of 1 MiB with 16 frames.
constexpr Size kSizes[] = {{4, 6}, {16, 24}, {64, 32}, {128, 256}};
constexpr std::uint64_t kShardBytes = 1 << 20;

using StepKind = Step::Kind;

NewEvent new_event(const WriterPlan& plan, std::uint64_t run_seed, const Step& step, std::uint64_t seq_num,
                   std::vector<std::byte>& memory) {
  NewEvent out;
  out.data = event_data(run_seed, step.stream, seq_num);
  out.time = 1.7e9 + static_cast<double>(seq_num);
  memory.clear();
  for (std::uint64_t i = 0; i < step.frames_each; ++i) {
    const auto frame = pixels(plan, run_seed, step.stream, seq_num, i);
    memory.insert(memory.end(), frame.begin(), frame.end());
  }
  const FrameBlock block{memory, step.frames_each, plan.height, plan.width, DType::uint16};
  if (step.frames_each == 1) out.frames.push_back({field_name(step.stream), {memory, plan.height, plan.width, DType::uint16}});
  if (step.frames_each > 1) out.bursts.push_back({field_name(step.stream), block});
  return out;
}

void write_block(RunWriter& writer, const WriterPlan& plan, std::uint64_t run_seed, const Step& step, std::vector<std::string>& uids) {
  std::vector<std::vector<std::byte>> memory(step.events);
  std::vector<NewEvent> events;
  for (std::uint64_t i = 0; i < step.events; ++i) events.push_back(new_event(plan, run_seed, step, step.first + i, memory[i]));
  for (auto& uid : writer.write_events(stream_name(step.stream), events)) uids.push_back(std::move(uid));
}

void add_frames(RunWriter& writer, const WriterPlan& plan, std::uint64_t run_seed, const Step& step, const std::vector<std::string>& uids) {
  std::vector<std::byte> memory;
  for (std::uint64_t i = 0; i < step.count; ++i) {
    const auto frame = pixels(plan, run_seed, step.stream, step.first + i, 0);
    memory.insert(memory.end(), frame.begin(), frame.end());
  }
  const auto field = field_name(step.stream);
  const auto* first = uids.data() + (step.first - 1);
  if (step.kind == StepKind::frame)
    writer.write_frame(*first, field, {memory, plan.height, plan.width, DType::uint16});
  else
    writer.write_frames({first, step.count}, field, {memory, step.count, plan.height, plan.width, DType::uint16});
}

}  // namespace

std::string stream_name(unsigned stream) { return stream == 0 ? "primary" : "baseline"; }
std::string field_name(unsigned stream) { return stream == 0 ? "ccd" : "eye"; }

WriterPlan WriterPlan::of(std::uint64_t seed) {
  Dice dice(mix(seed, 1));
  WriterPlan out;
  out.seed = seed;
  out.level = static_cast<Durability>(dice.below(3));
  out.codec = static_cast<Codec>(dice.one_in(2) ? 0 : 1 + dice.below(3));
  const auto& size = kSizes[dice.below(std::size(kSizes))];
  out.height = size.height;
  out.width = size.width;
  out.frames_per_chunk = dice.one_in(3) ? 1 + dice.below(8) : 0;
  out.steps = 3 + static_cast<unsigned>(dice.below(60));
  return out;
}

RunWriterOptions WriterPlan::options() const {
  Dice dice(mix(seed, 2));
  RunWriterOptions out;
  out.durability = level;
  out.commit_interval = std::chrono::milliseconds(1 + dice.below(8));
  out.sync_interval = std::chrono::milliseconds(1 + dice.below(8));  // so that sealing and syncing are met by death, too
  out.publish_interval = std::chrono::milliseconds(dice.below(4));
  out.encode_threads = 2;
  out.frames.codec = codec;
  out.frames.frames_per_chunk = frames_per_chunk;
  out.frames.shard_bytes = kShardBytes;
  return out;
}

std::string WriterPlan::words() const {
  return fmt::format("{}, {}, frames of {}x{}, {} in a chunk, {} steps a run", to_string(level), to_string(codec), height, width,
                     frames_per_chunk, steps);
}

std::uint64_t WriterPlan::run_seed(unsigned run) const { return mix(seed, 3, run); }

Step Script::next() {
  if (used_ == planned_.size()) plan_more();
  return planned_[used_++];
}

void Script::plan_more() {
  planned_.clear();
  used_ = 0;
  Dice dice(mix(seed_, 4, number_++));
  const auto stream = dice.one_in(3) ? 1u : 0u;
  auto& events = events_[stream];
  const auto write = [&](StepKind kind, std::uint64_t count, std::uint64_t frames) {
    planned_.push_back({kind, stream, events + 1, count, frames, count});
    events += count;
  };
  const auto kind = dice.below(24);
  const auto several = 2 + dice.below(4);
  if (kind < 12) return write(StepKind::event, 1, 1);
  if (kind < 15) return write(StepKind::event, 1, 0);
  if (kind < 16) return write(StepKind::event, 1, several);
  if (kind < 19) return write(StepKind::block, several, dice.below(2));
  if (kind == 19) return planned_.push_back({StepKind::flush, stream, events + 1, 0, 0, 0});
  if (kind == 20) return planned_.push_back({StepKind::sync, stream, events + 1, 0, 0, 0});
  const auto late = kind == 21 ? 1 : several;
  for (std::uint64_t i = 0; i < late; ++i) write(StepKind::event, 1, 0);
  planned_.push_back({kind == 21 ? StepKind::frame : StepKind::frames, stream, events + 1 - late, 0, 1, late});
}

std::string run_uid(std::uint64_t run_seed) { return fmt::format("{:016x}{:016x}", mix(run_seed, 5), mix(run_seed, 6)); }

Json data_keys(const WriterPlan& plan, unsigned stream) {
  return Json::object({{"x", number_key("motor", "mm")},
                       {"n", integer_key("counter")},
                       {"note", string_key("log")},
                       {field_name(stream), image_key("camera", plan.height, plan.width, DType::uint16)}});
}

Json event_data(std::uint64_t run_seed, unsigned stream, std::uint64_t seq_num) {
  const auto word = mix(run_seed, 10 + stream, seq_num);
  return Json::object({{"x", static_cast<double>(word % 1000003) / 7},
                       {"n", word >> 8},
                       {"note", std::string(word % 200, static_cast<char>('a' + word % 26))}});
}

std::vector<std::byte> pixels(const WriterPlan& plan, std::uint64_t run_seed, unsigned stream, std::uint64_t seq_num, std::uint64_t which) {
  std::vector<std::byte> out(plan.height * plan.width * 2);
  auto word = mix(run_seed, 20 + stream, seq_num * 64 + which);
  for (std::size_t i = 0; i < out.size(); i += sizeof word) {
    word = word * 6364136223846793005ull + 1442695040888963407ull;
    const auto small = (word >> 7 & 0x003F003F003F003Full) + 0x0064006400640064ull;  // 100 to 163, as of a camera: can be compressed
    std::memcpy(out.data() + i, &small, std::min(sizeof small, out.size() - i));
  }
  return out;
}

void perform(RunWriter& writer, const WriterPlan& plan, std::uint64_t run_seed, const Step& step,
             std::vector<std::string> (&uids)[kStreams]) {
  auto& own = uids[step.stream];
  if (own.size() + step.events > own.capacity()) own.reserve(2 * own.size() + step.events);  // so that nothing fails behind the call
  std::vector<std::byte> memory;
  switch (step.kind) {
    case StepKind::event:
      own.push_back(writer.write_event(stream_name(step.stream), new_event(plan, run_seed, step, step.first, memory)));
      break;
    case StepKind::block:
      write_block(writer, plan, run_seed, step, own);
      break;
    case StepKind::frame:
    case StepKind::frames:
      add_frames(writer, plan, run_seed, step, own);
      break;
    case StepKind::flush:
      writer.flush();
      break;
    case StepKind::sync:
      writer.sync();
      break;
  }
}

void open_run(RunWriter& writer, const WriterPlan& plan, std::uint64_t run_seed) {
  RunOptions how;
  how.uid = run_uid(run_seed);
  how.metadata = Json::object({{"plan", plan.words()}, {"writer_seed", plan.seed}, {"run_seed", run_seed}});
  how.sample = SampleMetadata{};
  how.sample->name = "film";
  writer.open_run("count", std::move(how));
  for (unsigned stream = 0; stream < kStreams; ++stream) writer.open_stream(stream_name(stream), data_keys(plan, stream));
}

}  // namespace resonance::crash
