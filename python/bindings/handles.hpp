/// Catalogs and runs that survive fork(): a child has neither the parent's threads nor its locks, so it opens its own.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "resonance/catalog.hpp"

namespace resonance::python {

class CatalogHandle {
 public:
  CatalogHandle(std::filesystem::path database, CatalogOptions options);
  ~CatalogHandle();
  CatalogHandle(const CatalogHandle&) = delete;
  CatalogHandle& operator=(const CatalogHandle&) = delete;

  [[nodiscard]] Catalog get();  ///< of this process; call without the interpreter's lock
  [[nodiscard]] const std::filesystem::path& database() const noexcept { return database_; }
  [[nodiscard]] const std::filesystem::path& store() const noexcept { return store_; }

 private:
  const std::filesystem::path database_;
  const CatalogOptions options_;
  std::filesystem::path store_;
  int process_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<std::mutex> mutex_;  // guards the three above it; a child makes a new one
};

class RunHandle {
 public:
  RunHandle(std::shared_ptr<CatalogHandle> catalog, const std::string& reference);
  ~RunHandle();
  RunHandle(RunHandle&&) noexcept = default;
  RunHandle(const RunHandle&) = delete;

  [[nodiscard]] Run get();
  [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
  [[nodiscard]] const std::shared_ptr<CatalogHandle>& catalog() const noexcept { return catalog_; }

 private:
  std::shared_ptr<CatalogHandle> catalog_;  // shared with the Catalog and its other runs
  std::unique_ptr<Run> run_;
  std::string uid_;
  int process_;
};

}  // namespace resonance::python
