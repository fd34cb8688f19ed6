/// One frame array of the new store: what is damaged in it is made anew, what is lost is put on record.
#pragma once

#include <string>

#include "repair/context.hpp"
#include "repair/frame_statements.hpp"
#include "repair/record_statements.hpp"

namespace resonance::repair {

/// What mending an array works on.
struct ArrayTask {
  RepairContext& context;
  FrameStatements& frames;
  RecordStatements& records;
  std::filesystem::path store;  ///< the new one; its files are links to the damaged one's, and are replaced, never written to
  bool rows_lost = false;       ///< the database lost rows: frames may be there that no row names
};

/// Look at every frame that `group` should hold. Idempotent.
void mend_array(ArrayTask& task, const std::string& group);

}  // namespace resonance::repair
