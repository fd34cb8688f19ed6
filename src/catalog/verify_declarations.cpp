/// What the streams of a run declare about frames, held against the frames that they have.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "catalog/verify_context.hpp"
#include "resonance/json.hpp"
#include "schema/frame_declaration.hpp"

namespace resonance::catalog {

namespace {

std::optional<schema::FrameDeclaration> declared(const DeclaredGroupRow& row) {
  try {
    return schema::declared_frames(Json::parse(row.data_keys), row.field);
  } catch (const Error&) {  // told by check_texts()
    return std::nullopt;
  }
}

std::string frames_in_words(const DeclaredGroupRow& row) {
  if (row.count == 1) return fmt::format("frame {}", row.first);
  const bool each = row.last - row.first + 1 == row.count;
  return each ? fmt::format("frames {} to {}", row.first, row.last)
              : fmt::format("{} frames between {} and {}", row.count, row.first, row.last);
}

}  // namespace

/// Other programs may declare one thing and write another; a writer that was told to take any data keys, too.
void check_declarations(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts) {
  if (!facts.run.ours || facts.arrays.empty()) return;
  for (const auto& row : queries.declared_groups(facts.run.uid)) {
    const auto rule = declared(row);
    if (!rule || row.height < 0 || row.width < 0) continue;  // such extents are told with the arrays
    if (rule->fits(static_cast<std::uint64_t>(row.height), static_cast<std::uint64_t>(row.width), row.dtype)) continue;
    Fault fault{.kind = "declaration", .run_uid = facts.run.uid, .field = row.field, .file = context.database};
    if (row.first >= 0) fault.frame = static_cast<std::uint64_t>(row.first);
    fault.severity = facts.run.any_keys ? Severity::note : Severity::fault;
    fault.message = fmt::format(
        "stream '{}' declares the frames of {} as {}, but {} of {} are {}x{} {}; {}", printable(row.stream), printable(row.field),
        rule->words(), frames_in_words(row), printable(row.group, 300), row.height, row.width, printable(row.dtype),
        facts.run.any_keys ? "its writer took whatever was given" : "one of the two is wrong, or the declaration was changed");
    context.tell(fault);
  }
}

}  // namespace resonance::catalog
