// The master index, and its questions to one beamtime.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <memory>

#include "bindings.hpp"
#include "gil.hpp"
#include "handles.hpp"
#include "json.hpp"
#include "options.hpp"
#include "resonance/index.hpp"
#include "wire/json_forms.hpp"

namespace resonance::python {

namespace {

using Path = std::filesystem::path;

class Index {
 public:
  explicit Index(const Path& root, double busy_timeout) : process_(::getpid()) {
    const MasterIndexOptions options{milliseconds(busy_timeout, "busy_timeout")};
    without_gil([&] { index_ = std::make_unique<MasterIndex>(root, options); });
  }
  ~Index() {
    if (process_ != ::getpid())
      static_cast<void>(index_.release());  // the parent's: neither its locks nor its connection are ours to end
    else
      without_gil([&] { index_.reset(); });
  }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  template <class Work>
  decltype(auto) call(Work&& work) {
    return without_gil([&]() -> decltype(auto) { return work(*index_); });
  }
  [[nodiscard]] const Path& root() const { return index_->root(); }

 private:
  const int process_;
  std::unique_ptr<MasterIndex> index_;
};

template <class T>
nb::object form(const T& value) {
  return to_python(wire::to_json(value));
}
template <class T>
nb::list forms(const std::vector<T>& all) {
  nb::list out;
  for (const auto& one : all) out.append(form(one));
  return out;
}

SearchOptions search_options(std::string query, std::string sort, std::uint64_t limit, std::string cursor,
                             std::optional<std::string> zone) {
  return {std::move(query), std::move(sort), limit, std::move(cursor), std::move(zone), {}};
}

FacetOptions facet_options(std::string query, std::vector<std::string> names, std::uint64_t limit, std::optional<std::string> zone) {
  return {std::move(query), std::move(names), limit, std::move(zone), {}};
}

SyncOptions sync_options(unsigned threads, const nb::object& tell) {
  SyncOptions out;
  out.threads = threads;
  out.progress = [&tell](const IndexProgress& done) {
    progress(tell)(done.beamtimes_done, done.beamtimes);
    return true;
  };
  return out;
}

std::int64_t register_researcher(Index& self, std::string name, std::optional<std::string> email, std::optional<std::string> orcid,
                                 std::optional<std::string> affiliation, std::string root_path, nb::object extra) {
  const Researcher researcher{{},
                              std::move(name),
                              std::move(email),
                              std::move(orcid),
                              std::move(affiliation),
                              std::move(root_path),
                              to_json_object(extra, "extra")};
  return self.call([&](MasterIndex& index) { return index.register_researcher(researcher); });
}

std::int64_t register_beamtime(Index& self, std::string db_path, std::string label, std::string researcher,
                               std::optional<std::string> description, nb::object extra) {
  IndexedBeamtime beamtime;
  beamtime.db_path = std::move(db_path);
  beamtime.label = std::move(label);
  beamtime.researcher = std::move(researcher);
  beamtime.description = std::move(description);
  beamtime.extra = to_json_object(extra, "extra");
  return self.call([&](MasterIndex& index) { return index.register_beamtime(beamtime); });
}

void bind_questions(nb::module_& module) {
  module.def("find_data_root", [](const Path& database) { return find_data_root(database); }, nb::arg("database"));
  module.def(
      "search",
      [](CatalogHandle& catalog, std::string query, std::string sort, std::uint64_t limit, std::string cursor,
         std::optional<std::string> zone) {
        const auto options = search_options(std::move(query), std::move(sort), limit, std::move(cursor), std::move(zone));
        return form(without_gil([&] { return search(catalog.get(), options); }));
      },
      nb::arg("catalog"), nb::arg("query"), nb::arg("sort"), nb::arg("limit"), nb::arg("cursor"), nb::arg("zone") = nb::none());
  module.def(
      "explain",
      [](CatalogHandle& catalog, std::string query, std::optional<std::string> zone) {
        const auto options = search_options(std::move(query), "-time_start", 1, {}, std::move(zone));
        return form(without_gil([&] { return explain(catalog.get(), options); }));
      },
      nb::arg("catalog"), nb::arg("query"), nb::arg("zone") = nb::none());
  module.def(
      "count_runs",
      [](CatalogHandle& catalog, std::string query, std::optional<std::string> zone) {
        const auto options = facet_options(std::move(query), {}, 1, std::move(zone));
        return without_gil([&] { return count_runs(catalog.get(), options); });
      },
      nb::arg("catalog"), nb::arg("query"), nb::arg("zone") = nb::none());
  module.def(
      "facets",
      [](CatalogHandle& catalog, std::string query, std::vector<std::string> names, std::uint64_t limit, std::optional<std::string> zone) {
        const auto options = facet_options(std::move(query), std::move(names), limit, std::move(zone));
        return forms(without_gil([&] { return facets(catalog.get(), options); }));
      },
      nb::arg("catalog"), nb::arg("query"), nb::arg("names"), nb::arg("limit"), nb::arg("zone") = nb::none());
}

}  // namespace

void bind_index(nb::module_& module) {
  bind_questions(module);
  nb::class_<Index>(module, "MasterIndex")
      .def(nb::init<const Path&, double>(), nb::arg("root"), nb::arg("busy_timeout") = 10.0)
      .def_prop_ro("root", [](Index& self) { return self.root(); })
      .def(
          "search",
          [](Index& self, std::string query, std::string sort, std::uint64_t limit, std::string cursor, std::optional<std::string> zone) {
            const auto options = search_options(std::move(query), std::move(sort), limit, std::move(cursor), std::move(zone));
            return form(self.call([&](MasterIndex& index) { return index.search(options); }));
          },
          nb::arg("query"), nb::arg("sort"), nb::arg("limit"), nb::arg("cursor"), nb::arg("zone") = nb::none())
      .def(
          "explain",
          [](Index& self, std::string query, std::optional<std::string> zone) {
            const auto options = search_options(std::move(query), "-time_start", 1, {}, std::move(zone));
            return form(self.call([&](MasterIndex& index) { return index.explain(options); }));
          },
          nb::arg("query"), nb::arg("zone") = nb::none())
      .def(
          "count",
          [](Index& self, std::string query, std::optional<std::string> zone) {
            const auto options = facet_options(std::move(query), {}, 1, std::move(zone));
            return self.call([&](MasterIndex& index) { return index.count(options); });
          },
          nb::arg("query"), nb::arg("zone") = nb::none())
      .def(
          "facets",
          [](Index& self, std::string query, std::vector<std::string> names, std::uint64_t limit, std::optional<std::string> zone) {
            const auto options = facet_options(std::move(query), std::move(names), limit, std::move(zone));
            return forms(self.call([&](MasterIndex& index) { return index.facets(options); }));
          },
          nb::arg("query"), nb::arg("names"), nb::arg("limit"), nb::arg("zone") = nb::none())
      .def(
          "run",
          [](Index& self, const std::string& reference) {
            return form(self.call([&](MasterIndex& index) { return index.run(reference); }));
          },
          nb::arg("reference"))
      .def("researchers", [](Index& self) { return forms(self.call([](MasterIndex& index) { return index.researchers(); })); })
      .def("beamtimes", [](Index& self) { return forms(self.call([](MasterIndex& index) { return index.beamtimes(); })); })
      .def(
          "samples",
          [](Index& self, const std::string& pattern) {
            return forms(self.call([&](MasterIndex& index) { return index.samples(pattern); }));
          },
          nb::arg("pattern"))
      .def("register_researcher", &register_researcher, nb::arg("name"), nb::arg("email") = nb::none(), nb::arg("orcid") = nb::none(),
           nb::arg("affiliation") = nb::none(), nb::arg("root_path") = "", nb::arg("extra") = nb::none())
      .def("register_beamtime", &register_beamtime, nb::arg("db_path"), nb::arg("label") = "", nb::arg("researcher") = "",
           nb::arg("description") = nb::none(), nb::arg("extra") = nb::none())
      .def(
          "index_run",
          [](Index& self, const Path& database, const std::string& uid) {
            self.call([&](MasterIndex& index) { index.index_run(database, uid); });
          },
          nb::arg("database"), nb::arg("uid"))
      .def(
          "sync",
          [](Index& self, unsigned threads, nb::object tell) {
            const auto options = sync_options(threads, tell);
            return form(self.call([&](MasterIndex& index) { return index.sync(options); }));
          },
          nb::arg("threads") = 0, nb::arg("progress") = nb::none())
      .def(
          "rebuild",
          [](Index& self, unsigned threads, nb::object tell) {
            const auto options = sync_options(threads, tell);
            return form(self.call([&](MasterIndex& index) { return index.rebuild(options); }));
          },
          nb::arg("threads") = 0, nb::arg("progress") = nb::none())
      .def(
          "verify",
          [](Index& self, unsigned threads, nb::object tell) {
            const auto options = sync_options(threads, tell);
            return form(self.call([&](MasterIndex& index) { return index.verify(options); }));
          },
          nb::arg("threads") = 0, nb::arg("progress") = nb::none());
}

}  // namespace resonance::python
