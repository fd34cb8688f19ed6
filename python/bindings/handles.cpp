#include "handles.hpp"

namespace resonance::python {

CatalogHandle::CatalogHandle(const std::filesystem::path& database, CatalogOptions options)
    : database_(std::filesystem::absolute(database)), options_(options) {
  const auto catalog = get();
  database_ = catalog.database();  // also in a child, and when a link leads elsewhere by then
  store_ = catalog.frame_store();
}

Catalog CatalogHandle::get() {
  return catalog_.get([this] { return Catalog(database_, options_); });
}

RunHandle::RunHandle(std::shared_ptr<CatalogHandle> catalog, const std::string& reference) : catalog_(std::move(catalog)) {
  uid_ = run_.get([&] { return catalog_->get().run(reference); }).uid();
}

Run RunHandle::get() {
  return run_.get([this] { return catalog_->get().run(uid_); });
}

}  // namespace resonance::python
