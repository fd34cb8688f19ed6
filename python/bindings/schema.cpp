// The schema functions on a connection of Python's sqlite3: the core's own code, through the connection's own methods. No pointer
// is taken out of the object, so it does not matter which copy of SQLite is behind it, and transactions stay Python's.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include <optional>

#include "bindings.hpp"
#include "json.hpp"
#include "resonance/schema.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

std::optional<std::string> cell_text(nb::handle cell) {
  if (cell.is_none()) return {};
  if (nb::isinstance<nb::bytes>(cell)) {  // as a connection with text_factory = bytes gives text
    const auto bytes = nb::borrow<nb::bytes>(cell);
    return std::string(bytes.c_str(), bytes.size());
  }
  return nb::cast<std::string>(nb::str(cell));
}

class PythonSession final : public SqlSession {
 public:
  explicit PythonSession(nb::object connection) : connection_(std::move(connection)) {}

  void execute(const std::string& sql) override { run(sql, {}); }

  std::vector<Row> query(const std::string& sql, const std::vector<std::string>& values) override {
    const nb::object rows = run(sql, values);
    std::vector<Row> out;
    for (const auto row : nb::iter(rows)) {
      auto& cells = out.emplace_back();
      for (const auto cell : nb::iter(row)) cells.push_back(cell_text(cell));
    }
    return out;
  }

  [[nodiscard]] bool in_transaction() override { return nb::cast<bool>(nb::object(connection_.attr("in_transaction"))); }

  [[nodiscard]] std::filesystem::path file() override {
    try {
      for (const auto& row : query("PRAGMA database_list", {}))
        if (row.size() > 2 && row[1] == "main") return row[2].value_or("");
    } catch (const std::exception&) {  // a file that is no database has no list; then its name cannot be had
    }
    return {};
  }

 private:
  /// A cursor of its own, so that the connection's row_factory does not change what rows are.
  nb::object run(const std::string& sql, const std::vector<std::string>& values) {
    nb::list parameters;
    for (const auto& value : values) parameters.append(to_python(std::string_view(value)));
    try {
      nb::object cursor = connection_.attr("cursor")();
      cursor.attr("row_factory") = nb::none();
      cursor.attr("execute")(sql, nb::tuple(parameters));
      nb::object rows = cursor.attr("fetchall")();
      cursor.attr("close")();
      return rows;
    } catch (nb::python_error& error) {
      const nb::object code = nb::getattr(error.value(), "sqlite_errorcode", nb::none());
      if (code.is_none()) throw;  // not SQLite's: a closed connection, another thread
      fail(nb::cast<int>(code), nb::str(error.value()).c_str());
    }
  }

  nb::object connection_;
};

template <class Work>
void with_session(nb::object connection, Work&& work) {
  const nb::object wanted = nb::module_::import_("sqlite3").attr("Connection");
  if (!nb::isinstance(connection, wanted)) {
    PyErr_Format(PyExc_TypeError, "a sqlite3.Connection is needed, not %R", connection.ptr());
    throw nb::python_error();
  }
  PythonSession session(std::move(connection));
  work(session);
}

}  // namespace

void bind_schema(nb::module_& module) {
  module.attr("BEAMTIME_SCHEMA_VERSION") = kBeamtimeSchemaVersion;
  module.attr("INDEX_SCHEMA_VERSION") = kIndexSchemaVersion;
  module.def(
      "create_beamtime_schema",
      [](nb::object connection) { with_session(std::move(connection), [](SqlSession& session) { create_beamtime_schema(session); }); },
      nb::arg("conn"));
  module.def(
      "migrate_beamtime_schema",
      [](nb::object connection, int target) {
        with_session(std::move(connection), [&](SqlSession& session) { migrate_beamtime_schema(session, target); });
      },
      nb::arg("conn"), nb::arg("target_version"));
  module.def(
      "create_index_schema",
      [](nb::object connection) { with_session(std::move(connection), [](SqlSession& session) { create_index_schema(session); }); },
      nb::arg("conn"));
  module.def(
      "migrate_index_schema",
      [](nb::object connection, int target) {
        with_session(std::move(connection), [&](SqlSession& session) { migrate_index_schema(session, target); });
      },
      nb::arg("conn"), nb::arg("target_version"));
  module.def(
      "same_sqlite", [](nb::object open_a_connection) { return same_sqlite([&] { open_a_connection(); }); }, nb::arg("open_a_connection"));
  module.def("sqlite_version", [] { return std::string(sqlite_version()); });
}

}  // namespace resonance::python
