#include "exchange/bcs/fits_frame.hpp"

#include <fitsio.h>
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "exchange/bcs/fits_layout.hpp"
#include "exchange/text_encoding.hpp"
#include "resonance/error.hpp"

namespace resonance::bcs {
namespace {

constexpr std::uint64_t kBlock = 2880;  // FITS standard 4.0, section 3.1
constexpr std::uint64_t kMaxImageBytes = 1ull << 30;
constexpr std::size_t kMaxCards = 10000;
constexpr std::uint64_t kMaxIzeros = 1u << 20;

void check(int status, std::string_view doing) {
  if (status == 0) return;
  std::array<char, FLEN_STATUS> text{};
  fits_get_errstatus(status, text.data());
  fits_clear_errmsg();
  throw Error(ErrorCode::corrupt, fmt::format("{}: {} (cfitsio {})", doing, text.data(), status));
}

/// cfitsio's handle on bytes that outlive it. What the headers promise is there: check_layout() has looked.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::byte> bytes)
      : buffer_(const_cast<std::byte*>(bytes.data())), size_(bytes.size()) {  // read-only mode never writes to it
    if (size_ % kBlock != 0) {  // cfitsio 4.2 reads whole blocks, also where the last one is cut
      padded_.assign(bytes.begin(), bytes.end());
      padded_.resize((size_ + kBlock - 1) / kBlock * kBlock);
      buffer_ = padded_.data();
      size_ = padded_.size();
    }
    int status = 0;
    fits_open_memfile(&file_, "frame", READONLY, &buffer_, &size_, 0, nullptr, &status);
    check(status, "opening");
  }
  ~MemoryFile() {
    int status = 0;
    if (file_ != nullptr) fits_close_file(file_, &status);
    fits_clear_errmsg();
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  operator fitsfile*() const noexcept { return file_; }

 private:
  std::vector<std::byte> padded_;
  void* buffer_;
  std::size_t size_;  // cfitsio keeps pointers to both
  fitsfile* file_ = nullptr;
};

struct PixelType {
  int image;  // what fits_get_img_equivtype() says
  int data;   // what fits_read_img() wants
  DType dtype;
};

constexpr std::array kPixelTypes{
    PixelType{BYTE_IMG, TBYTE, DType::uint8},         PixelType{SBYTE_IMG, TSBYTE, DType::int8},
    PixelType{SHORT_IMG, TSHORT, DType::int16},       PixelType{USHORT_IMG, TUSHORT, DType::uint16},
    PixelType{LONG_IMG, TINT, DType::int32},          PixelType{ULONG_IMG, TUINT, DType::uint32},
    PixelType{LONGLONG_IMG, TLONGLONG, DType::int64}, PixelType{ULONGLONG_IMG, TULONGLONG, DType::uint64},
    PixelType{FLOAT_IMG, TFLOAT, DType::float32},     PixelType{DOUBLE_IMG, TDOUBLE, DType::float64},
};

/// A number of the header; `otherwise` when there is none.
double header_number(fitsfile* file, const char* name, double otherwise) {
  int status = 0;
  double value = 0;
  fits_read_key(file, TDOUBLE, name, &value, nullptr, &status);
  fits_clear_errmsg();
  return status == 0 ? value : otherwise;
}

/// cfitsio 4.2 looks at BZERO and BSCALE for all sizes of integers but this.
int type_of_64_bits(fitsfile* file) {
  const double zero = header_number(file, "BZERO", 0), scale = header_number(file, "BSCALE", 1);
  if (scale != 1) return DOUBLE_IMG;
  return zero == 0 ? LONGLONG_IMG : zero == 0x1p63 ? ULONGLONG_IMG : DOUBLE_IMG;
}

const PixelType& pixel_type(fitsfile* file) {
  int status = 0, type = 0;
  fits_get_img_equivtype(file, &type, &status);
  check(status, "reading the type of its pixels");
  if (type == LONGLONG_IMG) type = type_of_64_bits(file);
  for (const auto& known : kPixelTypes)
    if (known.image == type) return known;
  throw Error(ErrorCode::corrupt, fmt::format("pixels of the unknown type {}", type));
}

/// Reads one file: walks over the HDUs, remembers where image and Izeros are.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : hdus_(check_layout(bytes)), file_(bytes) {}

  FitsFrame read(FitsParts parts) {
    for (int number = 1; number <= hdus_; ++number) {
      go_to(number);
      const auto name = hdu_name(number);
      read_cards(name);
      find_content(number, name);
    }
    if (image_hdu_ == 0) throw Error(ErrorCode::unsupported, "there is no uncompressed image with two axes in it");
    read_image(parts);
    if (izeros_hdu_ != 0) read_izeros(parts);
    return std::move(frame_);
  }

 private:
  void go_to(int number) {
    int status = 0;
    fits_movabs_hdu(file_, number, &type_, &status);
    check(status, fmt::format("reading the header of HDU {}", number));
  }

  std::string hdu_name(int number) {
    std::array<char, FLEN_VALUE> text{};
    int status = 0;
    fits_read_key(file_, TSTRING, "EXTNAME", text.data(), nullptr, &status);
    fits_clear_errmsg();
    const auto fallback = number == 1 ? std::string("PRIMARY") : fmt::format("HDU {}", number);
    const auto name = exchange::to_label(status == 0 && number > 1 ? text.data() : "", fallback);
    return ++names_[name] == 1 ? name : fmt::format("{} ({})", name, names_[name]);
  }

  void read_cards(const std::string& hdu) {
    int status = 0, count = 0;
    fits_get_hdrspace(file_, &count, nullptr, &status);
    check(status, "reading a header");
    seen_.clear();
    for (int i = 1; i <= count; ++i) {
      std::array<char, FLEN_CARD> card{};
      fits_read_record(file_, i, card.data(), &status);
      check(status, "reading a header");
      add_card(hdu, card.data());
      if (frame_.cards.size() > kMaxCards) throw Error(ErrorCode::corrupt, fmt::format("more than {} header cards", kMaxCards));
    }
  }

  void add_card(const std::string& hdu, char* text) {
    std::array<char, FLEN_CARD> name{}, value{}, comment{};
    int status = 0, length = 0;
    fits_get_keyname(text, name.data(), &length, &status);
    fits_parse_value(text, value.data(), comment.data(), &status);
    FitsCard card{hdu, exchange::to_label(name.data(), "COMMENT"), nullptr, {}, {}};
    if (status != 0) {  // a card that breaks the rules is kept as it stands
      fits_clear_errmsg();
      card.name = exchange::to_label(name.data(), "unreadable");
      card.value = exchange::to_utf8(std::string(trimmed(text)));
    } else if (value[0] == '\0' && is_commentary(card.name)) {
      if (card.name == "CONTINUE" && !frame_.cards.empty() && continue_text(frame_.cards.back(), comment.data())) return;
      card.value = exchange::to_utf8(std::string(trimmed(comment.data())));
    } else {
      card.value = fits_value(value.data());
      set_comment(card, comment.data());
    }
    insert(std::move(card));
  }

  static bool is_commentary(std::string_view name) { return name == "COMMENT" || name == "HISTORY" || name == "CONTINUE"; }

  /// Lines of commentary become one text; any other keyword that comes again gets a number.
  void insert(FitsCard card) {
    const auto [at, first] = seen_.try_emplace(card.name, Seen{frame_.cards.size(), 1});
    if (!first && is_commentary(card.name)) {
      auto& lines = frame_.cards[at->second.card].value;
      lines = Json((lines.is_string() ? lines.as_string() : lines.dump()) + "\n" +
                   (card.value.is_string() ? card.value.as_string() : card.value.dump()));
      return;
    }
    if (!first) card.name = fmt::format("{} ({})", card.name, ++at->second.times);
    frame_.cards.push_back(std::move(card));
  }

  void find_content(int number, std::string_view name) {
    if (type_ == BINARY_TBL && name == "Izeros" && izeros_hdu_ == 0) izeros_hdu_ = number;
    if (type_ != IMAGE_HDU) return;
    int status = 0, axes = 0;
    const bool compressed = fits_is_compressed_image(file_, &status) != 0;
    fits_get_img_dim(file_, &axes, &status);
    check(status, "reading the axes of an image");
    if (compressed || axes != 2) return;
    if (image_hdu_ == 0 || (name == "Images" && !image_is_named_)) {
      image_hdu_ = number;
      image_is_named_ = name == "Images";
    }
  }

  void read_image(FitsParts parts) {
    int status = 0;
    fits_movabs_hdu(file_, image_hdu_, nullptr, &status);
    std::array<LONGLONG, 2> extents{};  // width first
    fits_get_img_sizell(file_, 2, extents.data(), &status);
    check(status, "reading the size of the image");
    const auto& type = pixel_type(file_);
    auto& image = frame_.image;
    image.dtype = type.dtype;
    image.width = static_cast<std::uint64_t>(extents[0]);
    image.height = static_cast<std::uint64_t>(extents[1]);
    const std::array<std::uint64_t, 3> sizes{image.width, image.height, item_size(type.dtype)};
    const auto size = checked_product(sizes);
    if (extents[0] <= 0 || extents[1] <= 0 || !size || *size > kMaxImageBytes)
      throw Error(ErrorCode::unsupported, fmt::format("an image of {} x {} pixels", extents[1], extents[0]));
    if (parts == FitsParts::header) return;
    image.bytes.resize(*size);
    int any_null = 0;
    fits_read_img(file_, type.data, 1, extents[0] * extents[1], nullptr, image.bytes.data(), &any_null, &status);
    check(status, "reading the pixels");
  }

  void read_izeros(FitsParts parts) {
    int status = 0, column_type = 0;
    LONGLONG rows = 0, repeat = 0, width = 0;
    fits_movabs_hdu(file_, izeros_hdu_, nullptr, &status);
    fits_get_num_rowsll(file_, &rows, &status);
    fits_get_coltypell(file_, 1, &column_type, &repeat, &width, &status);
    check(status, "reading the table Izeros");
    const auto count = checked_multiply(static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(repeat));
    if (column_type < TBYTE || column_type == TLOGICAL || column_type == TSTRING || column_type >= TCOMPLEX) return;  // bits, text, complex
    if (rows < 0 || repeat < 0 || !count || *count > kMaxIzeros) throw Error(ErrorCode::unsupported, "a table Izeros of absurd size");
    auto& samples = frame_.izeros.emplace();
    if (parts == FitsParts::header || *count == 0) return;
    samples.resize(*count);
    int any_null = 0;
    fits_read_col(file_, TDOUBLE, 1, 1, 1, static_cast<LONGLONG>(*count), nullptr, samples.data(), &any_null, &status);
    check(status, "reading the table Izeros");
  }

  struct Seen {
    std::size_t card;
    std::size_t times;
  };

  int hdus_;  // counted, and found sane, before cfitsio sees the bytes
  MemoryFile file_;
  int type_ = 0;
  std::unordered_map<std::string, std::size_t> names_;  // of HDUs
  std::unordered_map<std::string, Seen> seen_;          // keywords of the HDU at hand
  int image_hdu_ = 0, izeros_hdu_ = 0;
  bool image_is_named_ = false;
  FitsFrame frame_;
};

}  // namespace

bool looks_like_fits(std::span<const std::byte> bytes) noexcept {
  constexpr std::string_view kBegin = "SIMPLE  =";
  return bytes.size() >= kBegin.size() && std::memcmp(bytes.data(), kBegin.data(), kBegin.size()) == 0;
}

FitsFrame read_fits(std::span<const std::byte> bytes, FitsParts parts) {
  if (!looks_like_fits(bytes)) throw Error(ErrorCode::corrupt, "not a FITS file: it does not begin with \"SIMPLE  =\"");
  if (bytes.size() < kBlock)
    throw Error(ErrorCode::corrupt, fmt::format("the file is cut off: {} bytes are less than one FITS block", bytes.size()));
  return Reader(bytes).read(parts);
}

}  // namespace resonance::bcs
