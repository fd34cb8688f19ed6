#include "exchange/bcs/fits_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::bcs {
namespace {

constexpr std::size_t kBlock = 2880;
constexpr std::size_t kCard = 80;
constexpr std::size_t kMaxHeaderBytes = 4u << 20;
constexpr int kMaxHdus = 100;
constexpr std::int64_t kMaxAxes = 999;  // also of columns in a table

/// Spaces only: what else counts as a blank, cfitsio would stumble over.
std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

class Layout {
 public:
  explicit Layout(std::span<const std::byte> bytes) : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}

  int count() {
    do {
      if (++hdu_ > kMaxHdus) throw Error(ErrorCode::corrupt, fmt::format("more than {} HDUs", kMaxHdus));
      pass_hdu();
    } while (text_.substr(std::min(end_, text_.size())).starts_with("XTENSION"));  // anything else there is no HDU
    return hdu_;
  }

 private:
  void pass_hdu() {
    const auto header_end = find_header_end();
    const bool extension = card(end_).starts_with("XTENSION");
    const bool table = extension && card(end_).find("TABLE") != std::string_view::npos;
    at_ = end_ + kCard;
    const auto bits = take("BITPIX", -64, 64);
    const auto axes = take("NAXIS", 0, kMaxAxes);
    std::uint64_t elements = axes == 0 ? 0 : 1;
    for (std::int64_t i = 1; i <= axes; ++i) elements = times(elements, take(fmt::format("NAXIS{}", i), 0, INT64_MAX));
    std::uint64_t groups = 1;
    if (extension) {
      elements = plus(elements, take("PCOUNT", 0, INT64_MAX));
      groups = static_cast<std::uint64_t>(take("GCOUNT", 0, INT64_MAX));
    }
    if (table) take("TFIELDS", 0, kMaxAxes);
    const auto size = times(times(elements, static_cast<std::int64_t>(groups)), std::max(bits, -bits) / 8);
    // The padding of the last block may be missing: nothing is lost with it.
    if (header_end > text_.size() || size > text_.size() - header_end)
      throw Error(ErrorCode::corrupt, fmt::format("the file is cut off: the data of HDU {} are {} bytes from byte {} on, the file has {}",
                                                  hdu_, size, header_end, text_.size()));
    end_ = header_end + (size + kBlock - 1) / kBlock * kBlock;
  }

  [[nodiscard]] std::string_view card(std::size_t at) const { return text_.substr(at, kCard); }

  /// Behind the block with the card END.
  std::size_t find_header_end() const {
    for (auto at = end_; at + kCard <= text_.size() && at - end_ < kMaxHeaderBytes; at += kCard)
      if (trimmed(card(at)) == "END") return end_ + ((at + kCard - end_) + kBlock - 1) / kBlock * kBlock;
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

  std::string_view text_;
  std::size_t end_ = 0;  // of the HDUs passed
  std::size_t at_ = 0;   // next mandatory card
  int hdu_ = 0;
};

}  // namespace

int check_layout(std::span<const std::byte> bytes) { return Layout(bytes).count(); }

}  // namespace resonance::bcs
