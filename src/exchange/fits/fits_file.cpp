#include "exchange/fits/fits_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/checked.hpp"
#include "exchange/fits/fits_table.hpp"
#include "exchange/fits/gunzip.hpp"
#include "exchange/fits/tiled_image.hpp"
#include "exchange/text_encoding.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

constexpr std::size_t kBlock = 2880;  // FITS standard 4.0, section 3.1
constexpr std::string_view kBegin = "SIMPLE  =";
constexpr std::uint64_t kMaxImageBytes = 1ull << 30;  // of a frame; of all compressed images together
constexpr std::uint64_t kMaxFrames = 1u << 20;
constexpr std::uint64_t kMaxIzeros = 1u << 20;
constexpr std::size_t kMaxCards = 20000;

bool begins_fits(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= kBegin.size() && std::memcmp(bytes.data(), kBegin.data(), kBegin.size()) == 0;
}

/// \throws Error(corrupt) not FITS
void require_fits(std::span<const std::byte> bytes, bool unpacked) {
  if (!begins_fits(bytes) && unpacked)
    throw Error(ErrorCode::unsupported, "a gzip file of something else than FITS: unpack it first (gunzip)");
  if (!begins_fits(bytes)) throw Error(ErrorCode::corrupt, fmt::format("not a FITS file: it does not begin with \"{}\"", kBegin));
  if (bytes.size() < kBlock)
    throw Error(ErrorCode::corrupt, fmt::format("the file is cut off: {} bytes are less than one FITS block", bytes.size()));
}

std::uint64_t product(const std::vector<std::uint64_t>& extents) {
  const auto out = checked_product(extents);
  if (!out) throw Error(ErrorCode::corrupt, "an image of more pixels than any file has");
  return *out;
}

/// Without axes of length 1, the last ones first, as long as two are left.
std::vector<std::uint64_t> squeezed(std::vector<std::uint64_t> axes) {
  for (auto i = axes.size(); i-- > 0 && axes.size() > 2;)
    if (axes[i] == 1) axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(i));
  return axes;
}

bool is_number(char type) noexcept { return std::string_view("BIJKED").find(type) != std::string_view::npos; }

}  // namespace

bool looks_like_fits(std::span<const std::byte> bytes) noexcept { return begins_fits(bytes) || is_gzip(bytes); }

FitsFile::FitsFile(std::span<const std::byte> bytes) {
  const bool packed = is_gzip(bytes);
  if (packed) bytes = unpacked_ = gunzip(bytes, kMaxFileBytes);
  require_fits(bytes, packed);
  layout_ = find_hdus(bytes);
  for (std::size_t number = 0; number < layout_.hdus.size(); ++number) add_hdu(number);
  if (layout_.rest > 0) left_out_.push_back(fmt::format("{} bytes behind the last HDU", layout_.rest));
}

void FitsFile::add_hdu(std::size_t number) {
  const auto& hdu = layout_.hdus[number];
  auto cards = read_cards(hdu.header, "");
  if (cards_.size() + cards.size() > kMaxCards) throw Error(ErrorCode::unsupported, fmt::format("more than {} header cards", kMaxCards));
  const auto fallback = number == 0 ? std::string("PRIMARY") : fmt::format("HDU {}", number + 1);
  auto name = exchange::to_label(number == 0 ? "" : text_of(cards, "EXTNAME"), fallback);
  const auto repeats = ++repeats_[name];
  if (repeats > 1) name = fmt::format("{} ({})", name, repeats);
  for (auto& card : cards) card.hdu = name;
  cards_.insert(cards_.end(), cards.begin(), cards.end());
  names_.push_back(std::move(name));
  by_hdu_.push_back(std::move(cards));
  if (is_tiled(hdu, by_hdu_[number])) {
    const auto shape = tiled_shape(by_hdu_[number]);
    add_image(number, shape.bitpix, shape.axes);
  } else if (hdu.kind == HduKind::image) {
    add_image(number, hdu.bitpix, hdu.axes);
  } else if (is_izeros(number)) {
    izeros_hdu_ = number;
  } else {
    const bool table = hdu.kind == HduKind::ascii_table || hdu.kind == HduKind::binary_table;
    leave_out(number, table                                ? "a table"
                      : hdu.kind == HduKind::random_groups ? "random groups"
                                                           : "an extension of a kind that is not known");
  }
}

void FitsFile::leave_out(std::size_t number, std::string_view what) {
  left_out_.push_back(fmt::format("HDU {}, {}: {}", number + 1, names_[number], what));
}

void FitsFile::add_image(std::size_t number, int bitpix, const std::vector<std::uint64_t>& axes) {
  if (axes.empty()) return;  // a header alone
  const auto& cards = by_hdu_[number];
  const PixelRule rule(bitpix, cards);
  const auto pixels = product(axes);
  if (pixels == 0) return leave_out(number, "an image without pixels");
  if (axes.size() < 2) return leave_out(number, fmt::format("an image with one axis, of {} values, which is no frame", pixels));
  const auto extents = squeezed(axes);
  FitsImage image{.hdu = number, .hdu_name = names_[number], .name = text_of(cards, "EXTNAME")};
  if (const auto* card = find_card(cards, "EXTVER"); card != nullptr)
    if (const auto* version = std::get_if<std::int64_t>(&card->value.storage())) image.version = *version;
  image.width = extents[0];
  image.height = extents[1];
  image.frames = pixels / image.width / image.height;
  image.dtype = rule.dtype();
  const auto bytes = checked_multiply(image.width * image.height, std::max(item_size(image.dtype), rule.stored_size()));
  if (!bytes || *bytes > kMaxImageBytes || image.frames > kMaxFrames)
    throw Error(ErrorCode::unsupported, fmt::format("HDU {}: {} images of {} x {} pixels are more than can be read", number + 1,
                                                    image.frames, image.height, image.width));
  if (is_tiled(layout_.hdus[number], cards)) {
    tiled_bytes_ += std::min(kMaxImageBytes + 1, checked_multiply(pixels, rule.stored_size()).value_or(kMaxImageBytes + 1));
    if (tiled_bytes_ > kMaxImageBytes)
      throw Error(ErrorCode::unsupported, fmt::format("compressed images of more than {} bytes", kMaxImageBytes));
  }
  images_.push_back(std::move(image));
}

bool FitsFile::is_izeros(std::size_t number) const {
  if (izeros_hdu_ || layout_.hdus[number].kind != HduKind::binary_table || names_[number] != "Izeros") return false;
  const BinaryTable table(layout_.hdus[number], by_hdu_[number]);
  if (table.columns().empty() || table.columns()[0].variable || !is_number(table.columns()[0].type)) return false;
  const auto count = checked_multiply(table.rows(), table.columns()[0].repeat);
  if (!count || *count > kMaxIzeros) throw Error(ErrorCode::unsupported, "a table Izeros of absurd size");
  return true;
}

std::vector<double> FitsFile::izeros() const {
  const BinaryTable table(layout_.hdus[*izeros_hdu_], by_hdu_[*izeros_hdu_]);
  const auto& column = table.columns()[0];
  std::vector<double> out;
  for (std::uint64_t row = 0; row < table.rows(); ++row)
    for (std::uint64_t i = 0; i < column.repeat; ++i) out.push_back(table.number(row, column, i).value_or(0));
  return out;
}

ImageReader FitsFile::open(const FitsImage& image) const { return {layout_.hdus[image.hdu], by_hdu_[image.hdu], image}; }

ImageReader::ImageReader(const Hdu& hdu, const std::vector<FitsCard>& cards, const FitsImage& image)
    : image_(image), rule_(is_tiled(hdu, cards) ? tiled_shape(cards).bitpix : hdu.bitpix, cards), stored_(hdu.data) {
  if (!is_tiled(hdu, cards)) return;
  unpacked_ = read_tiles(hdu, cards);
  stored_ = unpacked_;
  of_file_ = false;
}

Frame ImageReader::frame(std::uint64_t i) {
  const auto pixels = image_.width * image_.height;
  Frame out{std::vector<std::byte>(pixels * item_size(image_.dtype)), image_.height, image_.width, image_.dtype};
  const auto bytes = pixels * rule_.stored_size();
  rule_.convert(stored_.subspan(i * bytes, bytes), of_file_, out.bytes, counts_);
  return out;
}

}  // namespace resonance::fits
