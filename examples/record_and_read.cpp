/// Record a small absorption scan with a detector frame at each energy, then find it and read it back.
///
///     record_and_read scan.db
#include <resonance/resonance.hpp>

#include <cmath>
#include <cstdint>
#include <iostream>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::uint64_t kHeight = 64, kWidth = 96;

/// What a camera would give: a round spot that grows with the photodiode's signal.
std::vector<std::uint16_t> expose(double signal) {
  std::vector<std::uint16_t> pixels(kHeight * kWidth);
  for (std::uint64_t i = 0; i < pixels.size(); ++i) {
    const double y = static_cast<double>(i / kWidth) - kHeight / 2.0;
    const double x = static_cast<double>(i % kWidth) - kWidth / 2.0;
    pixels[i] = static_cast<std::uint16_t>(100 + 2000 * signal * std::exp(-(x * x + y * y) / 200));
  }
  return pixels;
}

std::string record(const std::string& database) {
  using namespace resonance;
  RunWriter writer(database);  // makes the file when it is missing

  RunOptions about;
  about.sample.emplace();
  about.sample->name = "polystyrene";
  about.sample->formula = "C8H8";
  about.metadata = Json::object({{"edge", "carbon K"}});
  about.tags = {"example"};
  const std::string uid = writer.open_run("energy_scan", about);

  writer.open_stream("primary", Json::object({
                                    {"energy", number_key("monochromator", "eV")},
                                    {"photodiode", number_key("photodiode amplifier", "V")},
                                    {"ccd", image_key("camera", kHeight, kWidth, DType::uint16)},
                                }));
  for (int step = 0; step < 20; ++step) {
    const double energy = 280 + 0.5 * step;
    const double signal = 1 - 0.6 / (1 + std::pow(energy - 285, 2));
    const auto pixels = expose(signal);
    NewEvent event;
    event.data = Json::object({{"energy", energy}, {"photodiode", signal}});
    event.frames.push_back({"ccd", {std::as_bytes(std::span(pixels)), kHeight, kWidth, DType::uint16}});
    writer.write_event("primary", event);  // when this returns, the event and its frame survive the end of this process
  }
  writer.close_run();  // when this returns, all of it survives a power cut
  writer.close();
  return uid;
}

void read(const std::string& database, const std::string& uid) {
  using namespace resonance;
  const Run run = Catalog(database).run(uid);  // "-1" would be the newest
  const Table table = run.table("primary");
  const ImageSequence images = run.images("ccd");
  std::cout << run.summary().plan_name << " of " << run.sample()->name << ": " << table.rows << " events\n";

  const auto& energy = std::get<std::vector<double>>(table["energy"].values);
  for (std::uint64_t i = 0; i < images.size(); i += 5) {
    const Frame frame = images[i];
    const std::span pixels(reinterpret_cast<const std::uint16_t*>(frame.bytes.data()), frame.height * frame.width);
    std::cout << "  " << energy[i] << " " << table["energy"].units.value_or("") << ": "
              << std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0}) << " counts\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: record_and_read X.db\n";
    return 2;
  }
  try {
    read(argv[1], record(argv[1]));
  } catch (const resonance::Error& error) {
    std::cerr << "record_and_read: " << error.what() << '\n';
    return 1;
  }
}
