// A program outside the project: records one run with an event and a frame, and reads both back.
#include <resonance/resonance.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <span>

namespace {

constexpr std::uint64_t kHeight = 3, kWidth = 4;

std::array<std::uint16_t, kHeight * kWidth> pixels() {
  std::array<std::uint16_t, kHeight * kWidth> values{};
  std::iota(values.begin(), values.end(), std::uint16_t{65000});
  return values;
}

std::string record(const std::filesystem::path& database) {
  using namespace resonance;
  const auto values = pixels();
  RunWriter writer(database);
  const std::string uid = writer.open_run("count");
  writer.open_stream("primary",
                     Json::object({{"energy", number_key("mono", "eV")}, {"ccd", image_key("camera", kHeight, kWidth, DType::uint16)}}));
  NewEvent event;
  event.data.set("energy", 284.5);
  event.frames.push_back({"ccd", {std::as_bytes(std::span(values)), kHeight, kWidth, DType::uint16}});
  writer.write_event("primary", event);
  writer.close_run();
  writer.close();
  return uid;
}

bool read_back(const std::filesystem::path& database, const std::string& uid) {
  using namespace resonance;
  const auto values = pixels();
  const Run run = Catalog(database).run("-1");
  const ImageSequence images = run.images("ccd");
  if (run.uid() != uid || images.size() != 1) return false;
  const auto expected = std::as_bytes(std::span(values));
  const Frame frame = images[0];
  return run.table()["energy"].at(0).as_double() == 284.5 &&
         std::equal(frame.bytes.begin(), frame.bytes.end(), expected.begin(), expected.end());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::filesystem::path database = folder / "consumer.db";
  if (!read_back(database, record(database))) {
    std::cerr << "what was recorded is not what was read\n";
    return 1;
  }
  std::cout << "resonance " << resonance::kVersion << ": one run recorded and read back\n";
}
