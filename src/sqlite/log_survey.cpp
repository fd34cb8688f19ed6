#include "sqlite/log_survey.hpp"

#include <sqlite3.h>

#include <array>
#include <bit>
#include <optional>
#include <vector>

namespace resonance::sqlite {

namespace {

constexpr std::size_t kHeaderBytes = 32, kFrameHeaderBytes = 24;
constexpr int kChangesAt = 24;                // in the first page
constexpr std::uint32_t kMagic = 0x377f0682;  // the last bit says: checksums over big-endian words
constexpr std::uint32_t kLeastPage = 512, kLargestPage = 65536;

std::uint32_t big_endian(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]) << 24 | std::to_integer<std::uint32_t>(bytes[at + 1]) << 16 |
         std::to_integer<std::uint32_t>(bytes[at + 2]) << 8 | std::to_integer<std::uint32_t>(bytes[at + 3]);
}

std::uint32_t swapped(std::uint32_t word) { return word >> 24 | (word >> 8 & 0xff00u) | (word << 8 & 0xff0000u) | word << 24; }

struct Checksum {
  std::uint32_t first = 0, second = 0;
  bool operator==(const Checksum&) const = default;

  void add(std::span<const std::byte> bytes, bool big) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      const auto one = big_endian(bytes, at), two = big_endian(bytes, at + 4);
      first += (big ? one : swapped(one)) + second;
      second += (big ? two : swapped(two)) + first;
    }
  }
};

Checksum stored_checksum(std::span<const std::byte> bytes, std::size_t at) { return {big_endian(bytes, at), big_endian(bytes, at + 4)}; }

/// What the frames of one generation of the log have in common.
struct Generation {
  std::uint32_t page_bytes = 0;
  std::uint64_t salt = 0;
  bool big = false;
  Checksum header;  // that the first frame goes on from
};

std::uint64_t salt_in(std::span<const std::byte> bytes, std::size_t at) {
  return std::uint64_t{big_endian(bytes, at)} << 32 | big_endian(bytes, at + 4);
}

class Survey {
 public:
  explicit Survey(const std::function<std::size_t(std::uint64_t, std::span<std::byte>)>& read) : read_(read) {}

  LogSurvey run() {
    std::array<std::byte, kHeaderBytes> header{};
    if (read_(0, header) < header.size()) return {};
    Generation generation{big_endian(header, 8), salt_in(header, 16), (big_endian(header, 0) & 1) != 0, stored_checksum(header, 24)};
    Checksum sum;
    sum.add(std::span(header).first(24), generation.big);
    const bool header_fits = (big_endian(header, 0) & ~1u) == kMagic && std::has_single_bit(generation.page_bytes) &&
                             generation.page_bytes >= kLeastPage && generation.page_bytes <= kLargestPage && sum == generation.header;
    if (header_fits) return look(generation);
    return without_header(generation);
  }

 private:
  /// A damaged header makes SQLite pass over the whole log. The frames still say by their checksums that they are some.
  LogSurvey without_header(Generation generation) {
    for (std::uint32_t page = kLeastPage; page <= kLargestPage; page *= 2) {
      std::array<std::byte, kFrameHeaderBytes> first{};
      if (read_(kHeaderBytes, first) < first.size()) return {};
      for (const bool big : {false, true}) {
        generation = {page, salt_in(first, 8), big, {}};
        if (const auto lost = whole_transactions(generation, 1, {})) return {LogSurvey::State::damaged, 0, 0, lost};
      }
    }
    return {};
  }

  LogSurvey look(const Generation& generation) {
    LogSurvey out;
    auto sum = generation.header;
    std::uint64_t number = 0;
    bool open = false;  // frames since the last end of a transaction
    for (;; ++number) {
      if (!load(generation, number)) break;
      if (!belongs(generation)) break;
      if (const auto computed = next_checksum(generation, sum); computed != stored_checksum(frame_, 16)) {
        // A writer that dies has written the head of a frame before its page: one such frame alone tells nothing.
        out.offset = offset_of(generation, number);
        out.lost = whole_transactions(generation, number + 1, computed);
        out.state = out.lost > 0 ? LogSurvey::State::damaged : LogSurvey::State::cut;
        return out;
      }
      sum = stored_checksum(frame_, 16);
      if (big_endian(frame_, 0) == 1) note_change(out, big_endian(frame_, kFrameHeaderBytes + kChangesAt));
      open = big_endian(frame_, 4) == 0;
      if (!open) ++out.transactions;
    }
    out.lost = whole_transactions(generation, number + 1, {});
    if (out.lost > 0 || open) {
      out.state = out.lost > 0 ? LogSurvey::State::damaged : LogSurvey::State::cut;
      out.offset = offset_of(generation, number);
    }
    return out;
  }

  /// Ends of transactions from frame `number` on that fit the frame in front of them. Of the first one's, the checksum may be what
  /// was changed: `computed` is what it should be.
  std::uint64_t whole_transactions(const Generation& generation, std::uint64_t number, std::optional<Checksum> computed) {
    std::uint64_t out = 0;
    if (!load(generation, number - 1)) return out;
    for (auto before = stored_checksum(frame_, 16); load(generation, number); ++number, computed.reset()) {
      const auto stored = stored_checksum(frame_, 16);
      const bool fits = next_checksum(generation, before) == stored || (computed && next_checksum(generation, *computed) == stored);
      if (fits && belongs(generation) && big_endian(frame_, 4) != 0) ++out;
      before = stored;
    }
    return out;
  }

  static void note_change(LogSurvey& out, std::uint32_t count) {
    if (!out.first_change) out.first_change = count;
    out.last_change = count;
  }

  static std::uint64_t offset_of(const Generation& generation, std::uint64_t number) {
    return kHeaderBytes + number * (kFrameHeaderBytes + generation.page_bytes);
  }
  bool load(const Generation& generation, std::uint64_t number) {
    frame_.resize(kFrameHeaderBytes + generation.page_bytes);
    return read_(offset_of(generation, number), frame_) == frame_.size();
  }
  bool belongs(const Generation& generation) const { return salt_in(frame_, 8) == generation.salt && big_endian(frame_, 0) != 0; }
  Checksum next_checksum(const Generation& generation, Checksum before) const {
    before.add(std::span(frame_).first(8), generation.big);
    before.add(std::span(frame_).subspan(kFrameHeaderBytes), generation.big);
    return before;
  }

  const std::function<std::size_t(std::uint64_t, std::span<std::byte>)>& read_;
  std::vector<std::byte> frame_;
};

}  // namespace

std::uint32_t changes_on_disk(sqlite3* connection) {
  std::array<std::byte, 4> bytes{};
  sqlite3_file* file = nullptr;
  // By the handle that is open: closing another one would drop the locks that SQLite holds on the file.
  if (sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file)) != SQLITE_OK || file == nullptr ||
      file->pMethods == nullptr || file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), kChangesAt) != SQLITE_OK)
    return 0;
  return big_endian(bytes, 0);
}

LogSurvey survey_log(const std::function<std::size_t(std::uint64_t, std::span<std::byte>)>& read) { return Survey(read).run(); }

}  // namespace resonance::sqlite
