#include "resonance/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "catalog/catalog_impl.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace {

std::string resolve(catalog::Queries& queries, std::string_view reference, const std::string& file) {
  const auto number = parse_int64(reference);
  if (number && *number < 0) {
    if (auto uid = queries.nth_newest(static_cast<std::uint64_t>(-(*number + 1)))) return *uid;
    throw Error(ErrorCode::not_found, fmt::format("{} has fewer than {} runs", file, printable(reference.substr(1))));
  }
  if (!reference.empty() && queries.exists(reference)) return std::string(reference);
  if (number)
    if (auto uid = queries.by_scan_id(*number)) return *uid;
  const auto fits = reference.empty() ? std::vector<std::string>() : queries.by_prefix(reference, 4);
  if (fits.size() == 1) return fits.front();
  if (fits.empty())
    throw Error(ErrorCode::not_found,
                fmt::format("{} has no run '{}'; name it by its uid, the beginning of its uid, its scan_id, or -1 for the newest", file,
                            printable(reference)));
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is the beginning of several runs: {}{}; give more of it", printable(reference),
                                                       fmt::join(fits, ", "), fits.size() == 4 ? ", …" : ""));
}

}  // namespace

Catalog::Catalog(const std::filesystem::path& database, const CatalogOptions& options) : impl_(std::make_shared<Impl>(database, options)) {}

std::vector<RunSummary> Catalog::recent(std::uint64_t count) const {
  RunQuery query;
  query.limit = count;
  return find(query);
}

std::vector<RunSummary> Catalog::by_sample(std::string_view name) const {
  auto out = find({});
  std::erase_if(out, [&](const RunSummary& run) { return run.sample != name; });
  return out;
}

std::vector<RunSummary> Catalog::find(const RunQuery& query) const {
  return impl_->with([&](catalog::Queries& queries) { return queries.find(query); });
}

Run Catalog::run(std::string_view reference) const {
  auto uid = impl_->with([&](catalog::Queries& queries) { return resolve(queries, reference, impl_->database().string()); });
  return Run(std::make_shared<const Run::Impl>(impl_, std::move(uid)));
}

std::optional<std::string> Catalog::missing_log() const {
  return impl_->with([](catalog::Queries& queries) { return queries.missing_log(); });
}

std::optional<std::string> Catalog::missing_store() const {
  std::error_code error;
  const auto& store = frame_store();
  if (std::filesystem::exists(store, error) || error) return std::nullopt;
  if (!impl_->with([](catalog::Queries& queries) { return queries.has_frames(); })) return std::nullopt;
  return fmt::format("the frame store {} is not there: frames cannot be read until it stands beside the database", store.string());
}

const std::filesystem::path& Catalog::database() const noexcept { return impl_->database(); }
const std::filesystem::path& Catalog::frame_store() const noexcept { return impl_->store(); }

}  // namespace resonance
