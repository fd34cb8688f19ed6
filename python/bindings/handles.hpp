/// Catalogs and runs that survive fork(): a child has neither the parent's threads nor its locks, so it opens its own.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "resonance/catalog.hpp"

namespace resonance::python {

/// A value of this process, and a mutex that guards it. In a child after fork() it is a new one, without a value; the parent's is left
/// as it is, because a thread that does not exist in the child may have been about to change it. Threads: any number, without the
/// interpreter's lock.
template <class T>
class OfThisProcess {
 public:
  OfThisProcess() : own_(new Own{::getpid(), {}, {}}) {}
  ~OfThisProcess() {
    if (const auto* own = own_.load(); own->process == ::getpid()) delete own;
  }
  OfThisProcess(const OfThisProcess&) = delete;
  OfThisProcess& operator=(const OfThisProcess&) = delete;

  /// A copy of the value, after `make` made it if there is none.
  template <class Make>
  [[nodiscard]] T get(Make&& make) {
    auto& own = this->own();
    const std::lock_guard lock(own.mutex);
    if (!own.value) own.value.emplace(std::forward<Make>(make)());
    return *own.value;
  }

 private:
  struct Own {
    const int process;
    std::mutex mutex;
    std::optional<T> value;
  };
  Own& own() {
    auto* found = own_.load();
    if (found->process == ::getpid()) return *found;
    auto fresh = std::make_unique<Own>(::getpid());
    if (own_.compare_exchange_strong(found, fresh.get())) return *fresh.release();
    return *found;  // another thread of the child was first
  }

  std::atomic<Own*> own_;
};

class CatalogHandle {
 public:
  CatalogHandle(const std::filesystem::path& database, CatalogOptions options);

  [[nodiscard]] Catalog get();  ///< of this process; call without the interpreter's lock
  [[nodiscard]] const std::filesystem::path& database() const noexcept { return database_; }
  [[nodiscard]] const std::filesystem::path& store() const noexcept { return store_; }

 private:
  std::filesystem::path database_;
  const CatalogOptions options_;
  OfThisProcess<Catalog> catalog_;
  std::filesystem::path store_;
};

class RunHandle {
 public:
  RunHandle(std::shared_ptr<CatalogHandle> catalog, const std::string& reference);

  [[nodiscard]] Run get();  ///< of this process; call without the interpreter's lock
  [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
  [[nodiscard]] const std::shared_ptr<CatalogHandle>& catalog() const noexcept { return catalog_; }

 private:
  std::shared_ptr<CatalogHandle> catalog_;  // shared with the Catalog and its other runs
  OfThisProcess<Run> run_;
  std::string uid_;
};

}  // namespace resonance::python
