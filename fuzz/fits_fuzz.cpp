// Any bytes as a FITS file: refused with an Error, or all of its cards, times and frames are read within bounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "exchange/fits/fits_file.hpp"
#include "exchange/fits/fits_frame.hpp"
#include "exchange/fits/fits_time.hpp"
#include "exchange/fits/header_survey.hpp"
#include "guarded_bytes.hpp"
#include "resonance/error.hpp"

namespace {

using namespace resonance;

constexpr std::uint64_t kMostPixels = 1u << 22;  // of images that are decoded: larger ones only cost time
constexpr std::uint64_t kMostFrames = 16;

void require_foreign_fault(const Error& error) {
  if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::unsupported) std::abort();
}

void read_image(const fits::FitsFile& file, const fits::FitsImage& image) {
  if (image.width * image.height * image.frames > kMostPixels) return;
  auto reader = file.open(image);
  for (std::uint64_t i = 0; i < std::min(image.frames, kMostFrames); ++i) {
    const auto frame = reader.frame(i);
    if (frame.bytes.size() != image.height * image.width * item_size(image.dtype) || frame.dtype != image.dtype) std::abort();
  }
  (void)reader.notes();
}

void read_file(std::span<const std::byte> bytes) {
  const fits::FitsFile file(bytes);
  fits::HeaderSurvey survey;
  survey.add(file.cards());
  (void)Json::parse(survey.metadata().dump());
  std::vector<std::string> notes;
  (void)fits::told_time(file.cards(), {"", "", "UTC"}, 0, notes);
  if (file.has_izeros()) (void)file.izeros();
  for (const auto& image : file.images()) try {
      read_image(file, image);
    } catch (const Error& error) {
      require_foreign_fault(error);
    }
}

}  // namespace

/// cfitsio forgets the memory in which it decodes a quadrant when that is damaged. It is not ours to give back.
extern "C" const char* __lsan_default_suppressions() { return "leak:libcfitsio\n"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::GuardedBytes bytes(std::as_bytes(std::span(data, size)));
  try {
    read_file(bytes.span());
  } catch (const Error& error) {
    require_foreign_fault(error);
  }
  return 0;
}
