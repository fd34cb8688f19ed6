#include "exchange/fits/fits_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::fits {
namespace {

constexpr std::size_t kBlock = 2880;
constexpr std::size_t kCard = 80;
constexpr std::size_t kMaxHeaderBytes = 4u << 20;
constexpr int kMaxHdus = 1000;
constexpr std::int64_t kMaxAxes = 999;

std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

class LayoutReader {
 public:
  explicit LayoutReader(std::span<const std::byte> bytes)
      : bytes_(bytes), text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}

  Layout read() {
    do {
      if (++hdu_ > kMaxHdus) throw Error(ErrorCode::unsupported, fmt::format("more than {} HDUs", kMaxHdus));
      pass_hdu();
    } while (text_.substr(std::min(end_, text_.size())).starts_with("XTENSION"));  // anything else there is no HDU
    const auto rest = text_.substr(std::min(end_, text_.size()));
    if (rest.find_first_not_of(std::string_view(" \0", 2)) != std::string_view::npos) out_.rest = rest.size();
    return std::move(out_);
  }

 private:
  void pass_hdu() {
    Hdu hdu;
    const auto end_card = find_end_card();
    const auto header_end = end_ + (end_card + kCard - end_ + kBlock - 1) / kBlock * kBlock;
    hdu.header = text_.substr(end_, end_card - end_);
    const bool extension = card(end_).starts_with("XTENSION");
    hdu.kind = extension ? kind_of(card(end_)) : HduKind::image;
    at_ = end_ + kCard;
    const auto bits = take("BITPIX", -64, 64);
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64 && bits != -32 && bits != -64)
      throw Error(ErrorCode::corrupt, fmt::format("HDU {}: BITPIX is {}", hdu_, bits));
    hdu.bitpix = static_cast<int>(bits);
    const auto axes = take("NAXIS", 0, kMaxAxes);
    for (std::int64_t i = 1; i <= axes; ++i) hdu.axes.push_back(static_cast<std::uint64_t>(take(fmt::format("NAXIS{}", i), 0, INT64_MAX)));
    if (!extension && axes > 0 && hdu.axes[0] == 0 && optional("GROUPS") == "T") hdu.kind = HduKind::random_groups;
    const auto size = times(elements_of(hdu, extension), std::max(bits, -bits) / 8);
    // The padding of the last block may be missing: nothing is lost with it.
    if (header_end > text_.size() || size > text_.size() - header_end)
      throw Error(ErrorCode::corrupt, fmt::format("the file is cut off: the data of HDU {} are {} bytes from byte {} on, the file has {}",
                                                  hdu_, size, header_end, text_.size()));
    hdu.data = bytes_.subspan(header_end, size);
    end_ = header_end + (size + kBlock - 1) / kBlock * kBlock;
    out_.hdus.push_back(std::move(hdu));
  }

  static HduKind kind_of(std::string_view extension) {
    const auto quote = extension.find('\'');
    const auto name = quote == std::string_view::npos ? "" : extension.substr(quote + 1);
    if (name.starts_with("IMAGE ") || name.starts_with("IMAGE'")) return HduKind::image;
    if (name.starts_with("BINTABLE")) return HduKind::binary_table;
    if (name.starts_with("TABLE ") || name.starts_with("TABLE'")) return HduKind::ascii_table;
    return HduKind::other;
  }

  std::uint64_t elements_of(const Hdu& hdu, bool extension) {
    const bool groups = hdu.kind == HduKind::random_groups;
    std::uint64_t elements = hdu.axes.empty() ? 0 : 1;
    for (std::size_t i = groups ? 1 : 0; i < hdu.axes.size(); ++i) elements = times(elements, static_cast<std::int64_t>(hdu.axes[i]));
    if (groups) return times(plus(elements, count_of("PCOUNT")), count_of("GCOUNT"));
    if (!extension) return elements;
    elements = plus(elements, take("PCOUNT", 0, INT64_MAX));
    return times(elements, take("GCOUNT", hdu.kind == HduKind::other ? 0 : 1, INT64_MAX));
  }

  /// The value field of a card wherever it stands in the header at hand; empty without one.
  [[nodiscard]] std::string_view optional(std::string_view keyword) const {
    const auto begin = fmt::format("{:<8}= ", keyword);
    for (auto at = end_; at + kCard <= text_.size() && trimmed(card(at)) != "END"; at += kCard)
      if (card(at).starts_with(begin)) return without_spaces(card(at).substr(10, card(at).find('/') - 10));
    return {};
  }

  /// PCOUNT and GCOUNT of random groups.
  [[nodiscard]] std::int64_t count_of(std::string_view keyword) const {
    const auto value = parse_int64(optional(keyword));
    if (value && *value >= 0) return *value;
    throw Error(ErrorCode::corrupt, fmt::format("HDU {}: random groups without {}", hdu_, keyword));
  }

  [[nodiscard]] std::string_view card(std::size_t at) const { return text_.substr(at, kCard); }

  [[nodiscard]] std::size_t find_end_card() const {
    auto at = end_;
    for (; at + kCard <= text_.size() && at - end_ < kMaxHeaderBytes; at += kCard)
      if (trimmed(card(at)) == "END") return at;
    if (at + kCard <= text_.size())
      throw Error(ErrorCode::unsupported, fmt::format("the header of HDU {} has more than {} bytes", hdu_, kMaxHeaderBytes));
    throw Error(ErrorCode::corrupt, fmt::format("the file is cut off: the header of HDU {} has no end", hdu_));
  }

  /// The integer of the next card, which has this keyword: the mandatory ones come in a fixed order.
  std::int64_t take(std::string_view keyword, std::int64_t least, std::int64_t most) {
    const auto text = card(at_);
    at_ += kCard;
    const bool named = text.size() == kCard && text.substr(0, 10) == fmt::format("{:<8}= ", keyword);
    const auto value = named ? parse_int64(without_spaces(text.substr(10, text.find('/') - 10))) : std::nullopt;
    if (value && *value >= least && *value <= most) return *value;
    throw Error(ErrorCode::corrupt, fmt::format("HDU {}: \"{}\" stands where {} should be told", hdu_, printable(trimmed(text)), keyword));
  }

  [[nodiscard]] std::uint64_t times(std::uint64_t a, std::int64_t b) const {
    std::uint64_t out = 0;
    if (__builtin_mul_overflow(a, static_cast<std::uint64_t>(b), &out)) absurd();
    return out;
  }
  [[nodiscard]] std::uint64_t plus(std::uint64_t a, std::int64_t b) const {
    std::uint64_t out = 0;
    if (__builtin_add_overflow(a, static_cast<std::uint64_t>(b), &out)) absurd();
    return out;
  }
  [[noreturn]] void absurd() const { throw Error(ErrorCode::corrupt, fmt::format("HDU {} claims more bytes than any file has", hdu_)); }

  std::span<const std::byte> bytes_;
  std::string_view text_;
  Layout out_;
  std::size_t end_ = 0;  // of the HDUs passed
  std::size_t at_ = 0;   // next mandatory card
  int hdu_ = 0;
};

}  // namespace

Layout find_hdus(std::span<const std::byte> bytes) { return LayoutReader(bytes).read(); }

}  // namespace resonance::fits
