/// All that a reader sees of a beamtime, and how it differs from what was written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace resonance::crash {

/// One frame as it was read; nothing when reading it threw an Error.
struct FrameReading {
  std::uint64_t seq_num = 0;
  std::optional<std::vector<std::byte>> pixels;
  bool operator==(const FrameReading&) const = default;
};

struct RunReading {
  std::string description;                                  // summary, metadata, sample, streams, reason
  std::map<std::string, std::vector<std::string>> events;   // by stream: uid, seq_num, time, data and timestamps as text
  std::map<std::string, std::vector<FrameReading>> frames;  // by field
  std::map<std::string, std::string> refused;               // what threw an Error: "", "events primary", "frames ccd" → its words
  bool operator==(const RunReading&) const = default;
};

struct BeamtimeReading {
  std::map<std::string, RunReading> runs;
  std::string refused;  // why it cannot be opened or listed; then `runs` has what was read before
};

/// Read everything. Whatever is thrown other than Error goes through.
[[nodiscard]] BeamtimeReading read_everything(const std::filesystem::path& database);

/// What verify says: faults, or the Error that it threw; both count as found.
struct Findings {
  std::uint64_t faults = 0;
  std::string first;  // kind and message
};
[[nodiscard]] Findings findings_of_verify(const std::filesystem::path& database, bool full);

/// How a damaged beamtime reads, beside the sound one.
struct Effect {
  bool refused = false;              // something said so with an Error
  std::uint64_t events_changed = 0;  // rows that are other than they were, or not there, or too many, and no Error said so
  std::uint64_t frames_changed = 0;
  bool description_changed = false;
  bool only_shorter = true;  // what is there is as it was; the newest runs, events and frames are not there
  [[nodiscard]] bool none() const noexcept { return !refused && events_changed == 0 && frames_changed == 0 && !description_changed; }
};
[[nodiscard]] Effect compare(const BeamtimeReading& sound, const BeamtimeReading& damaged);

}  // namespace resonance::crash
