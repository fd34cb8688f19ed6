#include "exchange/fits/fits_frame.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "resonance/error.hpp"

namespace resonance::fits {

const FitsImage* main_image(const FitsFile& file) {
  const auto& images = file.images();
  auto at = std::ranges::find(images, "Images", &FitsImage::name);
  if (at == images.end()) at = std::ranges::find_if(images, [](const auto& image) { return !image.one_pixel(); });
  if (at == images.end()) at = images.begin();
  return at == images.end() ? nullptr : &*at;
}

void refuse_without_image(const FitsFile& file) {
  throw Error(ErrorCode::unsupported, file.left_out().empty()
                                          ? "there is no image in it: it has headers alone"
                                          : fmt::format("there is no image in it, but {}", fmt::join(file.left_out(), "; ")));
}

FitsFrame read_fits(std::span<const std::byte> bytes, FitsParts parts) {
  const FitsFile file(bytes);
  const auto* image = main_image(file);
  if (image == nullptr) refuse_without_image(file);
  if (image->frames != 1)
    throw Error(ErrorCode::unsupported,
                fmt::format("it holds {} frames, where a row of a scan has one; import it by itself", image->frames));
  FitsFrame out{file.cards(), {{}, image->height, image->width, image->dtype}, {}, {}};
  if (file.has_izeros()) out.izeros.emplace();
  if (parts == FitsParts::header) return out;
  if (file.has_izeros()) out.izeros = file.izeros();
  auto reader = file.open(*image);
  out.image = reader.frame(0);
  out.notes = reader.notes();
  for (const auto& other : file.images())
    if (&other != image) out.notes.push_back(fmt::format("left out: HDU {}, {}: another image", other.hdu + 1, other.hdu_name));
  for (const auto& other : file.left_out()) out.notes.push_back("left out: " + other);
  return out;
}

}  // namespace resonance::fits
