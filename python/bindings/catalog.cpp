#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "bindings.hpp"
#include "gil.hpp"
#include "handles.hpp"
#include "json.hpp"
#include "wire/json_forms.hpp"

namespace resonance::python {

namespace {

nb::list to_python(const std::vector<RunSummary>& runs) {
  nb::list out;
  for (const auto& run : runs) out.append(python::to_python(wire::to_json(run)));
  return out;
}

nb::list find(CatalogHandle& self, std::optional<std::string> plan, std::optional<std::string> sample, std::optional<std::string> status,
              std::optional<std::string> tag, std::optional<double> since, std::optional<double> until,
              std::optional<std::uint64_t> limit) {
  const RunQuery query{std::move(plan), std::move(sample), std::move(status), std::move(tag), since, until, limit};
  return to_python(without_gil([&] { return self.get().find(query); }));
}

}  // namespace

void bind_catalog(nb::module_& module) {
  nb::class_<CatalogHandle>(module, "Catalog", nb::is_weak_referenceable())
      .def(
          "__init__",
          [](CatalogHandle* self, const std::filesystem::path& database, unsigned threads) {
            without_gil([&] { new (self) CatalogHandle(database, {.threads = threads}); });
          },
          nb::arg("database"), nb::arg("threads") = 0)
      .def("find", &find, nb::kw_only(), nb::arg("plan") = nb::none(), nb::arg("sample") = nb::none(), nb::arg("status") = nb::none(),
           nb::arg("tag") = nb::none(), nb::arg("since") = nb::none(), nb::arg("until") = nb::none(), nb::arg("limit") = nb::none())
      .def(
          "by_sample",
          [](CatalogHandle& self, const std::string& name) { return to_python(without_gil([&] { return self.get().by_sample(name); })); },
          nb::arg("name"))
      .def(
          "run",
          [](const std::shared_ptr<CatalogHandle>& self, const std::string& reference) {
            return without_gil([&] { return std::make_unique<RunHandle>(self, reference); }).release();
          },
          nb::arg("reference"), nb::rv_policy::take_ownership)
      .def_prop_ro("missing_log", [](CatalogHandle& self) { return without_gil([&] { return self.get().missing_log(); }); })
      .def_prop_ro("missing_store", [](CatalogHandle& self) { return without_gil([&] { return self.get().missing_store(); }); })
      .def_prop_ro("database", [](CatalogHandle& self) { return self.database(); })
      .def_prop_ro("frame_store", [](CatalogHandle& self) { return self.store(); });
}

}  // namespace resonance::python
