#include "handles.hpp"

#include <unistd.h>

#include <utility>

namespace resonance::python {

CatalogHandle::CatalogHandle(std::filesystem::path database, CatalogOptions options)
    : database_(std::filesystem::absolute(database)),
      options_(options),
      process_(::getpid()),
      catalog_(std::make_unique<Catalog>(database_, options_)),
      mutex_(std::make_unique<std::mutex>()) {
  store_ = catalog_->frame_store();
}

CatalogHandle::~CatalogHandle() {
  if (process_ != ::getpid()) static_cast<void>(catalog_.release());  // the parent's: its locks and threads are not ours to end
}

Catalog CatalogHandle::get() {
  if (process_ != ::getpid()) {  // a child is alone in the moment after fork(), so nobody else is here
    static_cast<void>(catalog_.release());
    static_cast<void>(mutex_.release());
    mutex_ = std::make_unique<std::mutex>();
    process_ = ::getpid();
  }
  const std::lock_guard lock(*mutex_);
  if (!catalog_) catalog_ = std::make_unique<Catalog>(database_, options_);
  return *catalog_;
}

RunHandle::RunHandle(std::shared_ptr<CatalogHandle> catalog, const std::string& reference)
    : catalog_(std::move(catalog)), run_(std::make_unique<Run>(catalog_->get().run(reference))), uid_(run_->uid()), process_(::getpid()) {}

RunHandle::~RunHandle() {
  if (process_ != ::getpid()) static_cast<void>(run_.release());
}

Run RunHandle::get() {
  if (process_ != ::getpid()) {
    static_cast<void>(run_.release());
    run_ = std::make_unique<Run>(catalog_->get().run(uid_));
    process_ = ::getpid();
  }
  return *run_;
}

}  // namespace resonance::python
