/// The SQL of mending references to frames.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/verify_statements.hpp"
#include "sqlite/connection.hpp"

namespace resonance::repair {

/// A frame that a row names, or should.
struct Reference {
  std::uint64_t number = 0;
  std::int64_t id = 0;  ///< of image_refs; kNoRow, kLostBefore
  std::optional<std::int64_t> crc32c;
};
inline constexpr std::int64_t kNoRow = 0, kLostBefore = -1;

struct Neighbour {
  std::uint64_t number = 0;
  std::int64_t id = 0, seq_num = 0;
  std::string stream_uid;
};

/// Arrays that the rows of `table` (image_refs, frame_stores) name.
[[nodiscard]] std::set<std::string> named_groups(sqlite::Connection& connection, std::string_view table);

class FrameStatements {
 public:
  explicit FrameStatements(sqlite::Connection& connection);

  std::vector<std::string> groups();  ///< named by references or by frame_stores
  std::optional<catalog::StoreRow> store(std::string_view group);
  void put_store(const catalog::StoreRow& row);
  void delete_store(std::string_view group);
  std::string field_of(std::string_view group);
  std::uint64_t refuse_odd_numbers(double now);  ///< references to frames with a number below 0, which become lost

  /// Where image_refs and frame_stores differ in the name of an array's field, the one that fits the array's own name is taken.
  std::uint64_t mend_fields();  ///< \return rows that were changed

  /// Have the references to this array at hand, in the order of their numbers.
  void collect(std::string_view group);
  std::optional<std::uint64_t> last_number();  ///< of those collected, lost ones left out
  std::optional<std::uint64_t> last_number_below(std::uint64_t end);
  std::vector<Reference> between(std::uint64_t first, std::uint64_t end);
  std::vector<Reference> at_least(std::uint64_t first, std::uint64_t limit);
  std::uint64_t set_geometry(std::string_view group, std::int64_t height, std::int64_t width, std::string_view dtype,
                             std::string_view codec);  ///< \return rows that said something else

  void lose(std::int64_t ref, double now, std::string_view reason);  ///< from image_refs to lost_frames
  void remove(std::int64_t ref);
  std::optional<Neighbour> before(std::uint64_t number), behind(std::uint64_t number);
  /// The event of this number that has no frame of the field yet.
  std::optional<std::string> event_without(std::string_view stream_uid, std::int64_t seq_num, std::string_view field);
  /// A reference to frame `number`, like the others of the group, with the id `wanted` if that is free, else one that no checksum
  /// belongs to.
  void name(std::string_view event_uid, const catalog::StoreRow& store, std::uint64_t number, std::optional<std::int64_t> wanted);
  void name_lost(std::string_view event_uid, const catalog::StoreRow& store, std::uint64_t number, double now, std::string_view reason);
  std::int64_t lost(std::string_view group);  ///< rows of lost_frames

 private:
  std::optional<Neighbour> neighbour(std::string_view sql, std::uint64_t number);
  sqlite::Connection& connection_;
  sqlite::Statement insert_lost_, delete_ref_;
};

}  // namespace resonance::repair
