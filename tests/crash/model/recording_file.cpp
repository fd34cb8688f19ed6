/// Recordings in files: every member one behind the other, in the byte order of this machine.
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <type_traits>

#include "crash/model/images.hpp"
#include "crash/model/point_scenarios.hpp"

namespace resonance::crash {

namespace {

template <class T>
constexpr bool plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

struct Writer {
  std::string out;
  template <class T>
    requires plain<T>
  void operator()(T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void size(std::uint64_t& count) { (*this)(count); }
};

struct Reader {
  std::string in;
  std::size_t at = 0;
  template <class T>
    requires plain<T>
  void operator()(T& value) {
    if (at + sizeof value > in.size()) throw std::runtime_error("the recording ends early");
    std::memcpy(&value, in.data() + at, sizeof value);
    at += sizeof value;
  }
  void size(std::uint64_t& count) { (*this)(count); }
};

template <class File, class T>
  requires plain<T>
void pass(File& file, T& value) {
  file(value);
}
template <class File, class Items>
  requires(!plain<Items>) && requires(Items items) { items.resize(1); }
void pass(File& file, Items& items);
template <class File>
void pass(File& file, Promise& promise) {
  pass(file, promise.process);
  pass(file, promise.power);
}
template <class File, class... Members>
void pass_all(File& file, Members&... members) {
  (pass(file, members), ...);
}
template <class File>
void pass(File& file, LoggedOperation& o) {
  pass_all(file, o.kind, o.file, o.path, o.from, o.offset, o.bytes, o.folder, o.from_folder);
}
template <class File>
void pass(File& file, FirstState& s) {
  pass_all(file, s.number, s.folder, s.path, s.is_folder, s.bytes);
}
template <class File>
void pass(File& file, ExpectedFrame& f) {
  pass_all(file, f.field, f.seed, f.height, f.width, f.with_event, f.promise);
}
template <class File>
void pass(File& file, ExpectedEvent& e) {
  pass_all(file, e.uid, e.x, e.frames, e.promise);
}
template <class File>
void pass(File& file, ExpectedStream& s) {
  pass_all(file, s.name, s.events, s.promise);
}
template <class File>
void pass(File& file, ExpectedRun& r) {
  pass_all(file, r.uid, r.streams, r.opened, r.closed, r.discarded);
}

template <class File, class Items>
  requires(!plain<Items>) && requires(Items items) { items.resize(1); }
void pass(File& file, Items& items) {
  std::uint64_t count = items.size();
  file.size(count);
  items.resize(count);
  for (auto& item : items) pass(file, item);
}

template <class File>
void pass_recording(File& file, Recording& r) {
  pass_all(file, r.name, r.log.first, r.log.operations, r.expected.runs, r.expected.lost_before, r.expected.shared_chunks);
}

}  // namespace

void save_recording(const Recording& recording, const std::filesystem::path& path) {
  Writer writer;
  pass_recording(writer, const_cast<Recording&>(recording));  // a Writer only reads it
  std::ofstream(path, std::ios::binary) << writer.out;
}

void load_recording(const std::filesystem::path& path, Recording& out) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("there is no recording " + path.string());
  Reader reader{std::string(std::istreambuf_iterator<char>(in), {})};
  pass_recording(reader, out);
  for (const auto& scenario : point_scenarios())
    if (scenario.name == out.name) out.also = scenario.also;
}

}  // namespace resonance::crash
