// Records events as bench/compare_python does from Python, and prints the seconds per call: write_event_probe DATABASE EVENTS
#include <fmt/format.h>

#include <chrono>
#include <string>

#include "resonance/resonance.hpp"

using namespace resonance;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto events = std::stoull(argv[2]);
  RunWriterOptions options;
  options.durability = Durability::group;
  options.commit_interval = options.sync_interval = std::chrono::seconds(1000);
  RunWriter writer(argv[1], options);
  writer.open_run("scan");
  Json keys = Json::object();
  Json data = Json::object();
  const char* names[] = {"energy",   "i0",          "tey",          "photodiode", "theta",  "sample_x", "sample_y",
                         "sample_z", "temperature", "ring_current", "exposure",   "counts", "shutter"};
  double value = 280.123456789;
  for (const char* name : names) {
    keys.set(name, number_key(name));
    data.set(name, value++);
  }
  writer.open_stream("primary", keys);
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned long long i = 0; i < events; ++i) writer.write_event("primary", NewEvent{data, Json::object(), {}, {}});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{}\n", took.count() / static_cast<double>(events));
  writer.close_run();
}
