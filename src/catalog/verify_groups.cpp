/// The groups above the arrays of a run: without their zarr.json no stock reader opens the store.
#include <fmt/format.h>

#include "catalog/verify_context.hpp"
#include "frames/metadata_file.hpp"
#include "io/store_folder.hpp"

namespace resonance::catalog {

namespace {

class Groups {
 public:
  Groups(VerifyContext& context, const RunFacts& facts) : context_(context), facts_(facts), store_(context.store) {}

  /// Of arrays of ours each group has a zarr.json. Others may do without, or have those of version 2.
  void check_above(const std::filesystem::path& group, bool ours) {
    if (group.is_absolute()) return;  // no array of the store, which is told of the array
    auto folder = group;
    do {
      folder = folder.parent_path();
      if (!context_.groups.insert(folder.string()).second) continue;
      if (const auto error = fault_of(folder)) tell(folder, *error, ours);
    } while (!folder.empty());
  }

 private:
  [[nodiscard]] std::optional<Error> fault_of(const std::filesystem::path& folder) const {
    std::error_code ignored;
    if (!std::filesystem::is_directory(context_.store / folder, ignored)) return std::nullopt;  // its arrays are missing: told of them
    try {
      store_.require_inside((folder / "zarr.json").string());
    } catch (const Error& error) {
      return error;
    }
    return frames::group_fault(context_.store / folder);
  }

  void tell(const std::filesystem::path& folder, const Error& error, bool ours) {
    const bool missing = error.code() == ErrorCode::not_found;
    if (!ours && missing) return;
    // What others wrote and we do not understand need not be damaged.
    const bool foreign = !ours && error.code() == ErrorCode::unsupported;
    context_.tell({.kind = missing                         ? "missing_group"
                           : foreign                       ? "unsupported"
                           : error.code() == ErrorCode::io ? "unreadable"
                                                           : "damaged_group",
                   .severity = foreign ? Severity::note : Severity::fault,
                   .run_uid = folder.begin() == folder.end() || folder == "runs" ? "" : facts_.run.uid,
                   .file = context_.store / folder / "zarr.json",
                   .message = fmt::format("{}; Resonance reads the frames all the same, but readers of Zarr alone cannot open the group",
                                          error.what())});
  }

  VerifyContext& context_;
  const RunFacts& facts_;
  const io::StoreFolder store_;
};

}  // namespace

void check_groups(VerifyContext& context, const RunFacts& facts) {
  Groups groups(context, facts);
  for (const auto& store : facts.stores) groups.check_above(store.group, true);
  for (const auto& array : facts.arrays) groups.check_above(array.group, facts.store_of(array.group) != nullptr);
}

}  // namespace resonance::catalog
