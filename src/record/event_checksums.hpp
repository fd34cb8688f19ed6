/// Checksums over the events of a run, kept while they are written.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "record/statements.hpp"

namespace resonance::record {

/// A row of event_checksums is written when it covers as many events as one may, and for the rest when the run is closed: a row
/// for each event would make a transaction of one event a quarter longer. Not synchronised.
class EventChecksums {
 public:
  /// Inside the transaction that writes the events.
  void add(Statements& statements, std::span<const EventRow> events);
  void commit() noexcept { written_.swap(in_transaction_); }  ///< it is in the database
  void finish(Statements& statements) const;                  ///< inside the transaction that closes the run

 private:
  struct Open {  // a row that is not complete
    std::string stream_uid;
    std::uint64_t first = 0, last = 0;  // seq_num; last < first: no event
    std::uint32_t crc32c = 0;
  };
  static void insert(Statements& statements, const Open& row);

  std::vector<Open> written_, in_transaction_;  // one for each stream
};

}  // namespace resonance::record
