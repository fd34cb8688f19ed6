/// What a Catalog and its runs share: one connection, used by one thread at a time, and the threads that decode frames.
#pragma once

#include <any>
#include <filesystem>
#include <memory>
#include <mutex>
#include <utility>

#include "base/worker_pool.hpp"
#include "beamtime/place.hpp"
#include "catalog/queries.hpp"

namespace resonance {

class Catalog::Impl {
 public:
  Impl(const std::filesystem::path& database, const CatalogOptions& options)
      : place_(beamtime::place_to_read(database)), pool_(std::make_shared<WorkerPool>(options.threads)), queries_(place_.database) {}

  /// Run `work` with the queries. Calls from several threads wait for each other; `work` must not call back into the catalog.
  template <class Work>
  auto with(Work&& work) {
    const std::lock_guard lock(mutex_);
    return std::forward<Work>(work)(queries_);
  }

  /// The one thing of its type that a layer above keeps with this catalog, made when it is first asked for.
  template <class T>
  std::shared_ptr<T> kept() {
    const std::lock_guard lock(kept_mutex_);
    if (!kept_.has_value()) kept_ = std::make_shared<T>();
    return std::any_cast<const std::shared_ptr<T>&>(kept_);
  }

  [[nodiscard]] const beamtime::Place& place() const noexcept { return place_; }
  [[nodiscard]] const std::filesystem::path& database() const noexcept { return place_.database; }
  [[nodiscard]] const std::filesystem::path& store() const noexcept { return place_.store; }
  [[nodiscard]] const std::shared_ptr<WorkerPool>& pool() const noexcept { return pool_; }

 private:
  const beamtime::Place place_;
  const std::shared_ptr<WorkerPool> pool_;  // shared with image sequences, which may outlive the catalog
  std::mutex mutex_;                        // guards queries_
  catalog::Queries queries_;
  std::mutex kept_mutex_;  // guards kept_
  std::any kept_;
};

class Run::Impl {
 public:
  Impl(std::shared_ptr<Catalog::Impl> catalog, std::string uid) : catalog_(std::move(catalog)), uid_(std::move(uid)) {}

  [[nodiscard]] Catalog::Impl& catalog() const noexcept { return *catalog_; }
  [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
  /// \throws Error(not_found), with the names there are
  [[nodiscard]] StreamInfo stream(std::string_view name) const;

 private:
  std::shared_ptr<Catalog::Impl> catalog_;  // shared with the Catalog and its other runs
  std::string uid_;
};

}  // namespace resonance
