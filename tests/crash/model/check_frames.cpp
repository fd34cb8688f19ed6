#include "crash/model/check_frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "frames/frame_array_reader.hpp"
#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"

namespace resonance::crash {

namespace {

/// The frames of one event in one field: those that were written, and which of them were met.
struct Wanted {
  std::vector<const ExpectedFrame*> frames;
  std::vector<bool> met;
  std::size_t next = 0;
  std::size_t refused = 0, lost = 0;
};

class Frames {
 public:
  Frames(const Run& run, const ExpectedRun& expected, const std::map<std::string, std::uint64_t>& events, const FrameCheck& check)
      : run_(run), check_(check) {
    for (const auto& stream : expected.streams) {
      const auto it = events.find(stream.name);
      if (it == events.end()) continue;
      const auto there = std::min<std::uint64_t>(it->second, stream.events.size());
      for (std::uint64_t i = 0; i < there; ++i)
        for (const auto& frame : stream.events[i].frames) wanted_[{frame.field, i + 1}].frames.push_back(&frame);
    }
    for (auto& [place, wanted] : wanted_) wanted.met.resize(wanted.frames.size());
  }

  std::vector<std::string> run() {
    std::set<std::string> fields;
    for (const auto& [place, wanted] : wanted_) fields.insert(place.first);
    for (const auto& field : run_.fields()) fields.insert(field);
    for (const auto& field : fields) read(field);
    for (const auto& lost : run_.lost_frames()) count_lost(lost);
    for (const auto& [place, wanted] : wanted_) settle(place.first, place.second, wanted);
    return std::move(faults_);
  }

 private:
  void read(const std::string& field) {
    const auto images = run_.images(field);
    for (std::uint64_t i = 0; i < images.size(); ++i) {
      const auto it = wanted_.find({field, images.seq_num(i)});
      if (it == wanted_.end())
        faults_.push_back(fmt::format("4 frame {} of {} belongs to no event that is there", i, field));
      else
        read_one(images, i, it->second);
    }
  }

  void read_one(const ImageSequence& images, std::uint64_t i, Wanted& wanted) {
    std::vector<std::byte> bytes;
    try {
      bytes = images[i].bytes;
      if (check_.torn_sectors && !check_.recovered) (void)images.verify(i);
    } catch (const Error& error) {
      ++wanted.refused;
      if (check_.recovered || (check_.crash.death == Death::process && !check_.lost_before))
        faults_.push_back(fmt::format("3 frame {} of {} cannot be read: {}", i, images.field(), error.what()));
      return;
    }
    // In the order in which they were given; those in between may be lost.
    while (wanted.next < wanted.frames.size() && pixels_of(*wanted.frames[wanted.next]) != bytes) ++wanted.next;
    if (wanted.next == wanted.frames.size())
      faults_.push_back(fmt::format("3 frame {} of {}, of event {}, has wrong pixels", i, images.field(), images.seq_num(i)));
    else
      wanted.met[wanted.next++] = true;
  }

  void count_lost(const LostFrame& lost) {
    if (check_.crash.death == Death::process && !check_.lost_before)
      faults_.push_back(fmt::format("3 frame {} of {} is called lost, though only the process died", lost.frame, lost.field));
    if (const auto it = wanted_.find({lost.field, lost.seq_num}); it != wanted_.end())
      ++it->second.lost;
    else
      faults_.push_back(fmt::format("4 a lost frame of {} belongs to no event that is there", lost.field));
  }

  void settle(const std::string& field, std::uint64_t seq_num, const Wanted& wanted) {
    std::size_t met = 0, given = 0;
    for (std::size_t i = 0; i < wanted.frames.size(); ++i) {
      met += wanted.met[i] ? 1 : 0;
      given += wanted.frames[i]->with_event ? 1 : 0;
      // A chunk that was written again may be refused until recovery has gone back to its earlier version.
      const bool refused = wanted.refused > 0 && !check_.recovered && check_.shared_chunks;
      if (!wanted.met[i] && !refused && check_.crash.keeps(wanted.frames[i]->promise))
        faults_.push_back(fmt::format("1 frame {} of {} of event {} was acknowledged and is gone", i, field, seq_num));
    }
    const auto known = met + wanted.refused + wanted.lost;
    if (known < given) faults_.push_back(fmt::format("4 event {} has {} of its {} frames of {}", seq_num, known, given, field));
    if (known > wanted.frames.size())
      faults_.push_back(fmt::format("3 event {} has {} frames of {}, {} were written", seq_num, known, field, wanted.frames.size()));
  }

  const Run& run_;
  const FrameCheck check_;
  std::map<std::pair<std::string, std::uint64_t>, Wanted> wanted_;  // field and seq_num: no two streams of a scenario share a field
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> check_frames(const Run& run, const ExpectedRun& expected, const std::map<std::string, std::uint64_t>& events,
                                      const FrameCheck& check) {
  return Frames(run, expected, events, check).run();
}

std::vector<std::string> check_arrays(const std::filesystem::path& database, const Run& run) {
  std::vector<std::string> out;
  std::set<std::pair<std::string, std::uint64_t>> lost;
  std::map<std::string, std::uint64_t> ends;  // behind the last frame that is named or recorded as lost
  for (const auto& frame : run.lost_frames()) {
    lost.emplace(frame.zarr_group, frame.frame);
    ends[frame.zarr_group] = std::max(ends[frame.zarr_group], frame.frame + 1);
  }
  auto store = database;
  store.replace_extension(".zarr");
  for (const auto& info : run.frame_stores()) {
    const auto named = std::max(
        ends[info.zarr_group], info.frames + static_cast<std::uint64_t>(std::count_if(
                                                 lost.begin(), lost.end(), [&](const auto& one) { return one.first == info.zarr_group; })));
    const auto length = frames::read_metadata(store / info.zarr_group).shape[0];
    if (length > named) out.push_back(fmt::format("6 {} says {} frames, events name {}", info.zarr_group, length, named));
    const frames::FrameArrayReader reader(store, info.zarr_group);
    std::vector<std::byte> pixels(reader.geometry().frame_bytes());
    for (std::uint64_t i = 0; i < length; ++i) {
      if (lost.contains({info.zarr_group, i})) continue;
      try {
        reader.read(i, pixels);
      } catch (const Error& error) {
        out.push_back(fmt::format("6 {} says {} frames, frame {} cannot be read: {}", info.zarr_group, length, i, error.what()));
      }
    }
  }
  return out;
}

}  // namespace resonance::crash
