#include <fmt/format.h>

#include <algorithm>

#include "beamtime/place.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/error.hpp"
#include "schema/structure.hpp"

namespace resonance {

namespace {

bool is_one_of(std::string_view name, std::span<const schema::TableDefinition> tables) {
  return std::any_of(tables.begin(), tables.end(), [name](const auto& table) { return table.name == name; });
}

/// The kind of database that most of its tables speak for.
std::string kind_of(sqlite::Connection& connection) {
  const auto found = [&](auto tables) {
    return std::count_if(tables.begin(), tables.end(), [&](const auto& t) { return schema::has_table(connection, t.name); });
  };
  if (found(schema::beamtime_tables()) > 0) return "beamtime";
  return found(schema::index_tables()) > 0 ? "index" : "unknown";
}

TableDescription describe_table(sqlite::Connection& connection, const std::string& name, bool core) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  quoted += '"';
  return {name, core, schema::column_names(connection, name),
          static_cast<std::uint64_t>(connection.query_int("SELECT count(*) FROM " + quoted))};
}

}  // namespace

SchemaDescription describe_schema(const std::filesystem::path& database) {
  sqlite::Connection connection(beamtime::place_to_read(database).database, sqlite::Access::read);
  SchemaDescription out;
  out.kind = kind_of(connection);
  out.user_version = connection.user_version();
  const auto core = out.kind == "index" ? schema::index_tables() : schema::beamtime_tables();
  if (out.kind != "unknown") {
    out.current_version = out.kind == "index" ? kIndexSchemaVersion : kBeamtimeSchemaVersion;
    std::vector<schema::TableDefinition> wanted(core.begin(), core.end());
    if (out.kind == "beamtime" && out.user_version == 1) wanted.back() = schema::image_refs_version_1();
    out.faults = schema::differences(connection, wanted);
    if (out.user_version > out.current_version)
      out.faults.push_back(fmt::format("version {} is newer than this Resonance knows ({})", out.user_version, out.current_version));
  } else {
    out.faults.emplace_back("no table of a beamtime or of a master index");
  }
  std::vector<std::string> names;
  auto tables =
      connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  while (tables.step()) names.push_back(tables.string(0));
  for (const auto& name : names) out.tables.push_back(describe_table(connection, name, out.kind != "unknown" && is_one_of(name, core)));
  std::stable_partition(out.tables.begin(), out.tables.end(), [](const auto& table) { return table.core; });
  if (schema::has_table(connection, "schema_extensions")) {
    auto extensions = connection.prepare("SELECT name, version FROM schema_extensions ORDER BY name");
    while (extensions.step()) out.extensions.emplace_back(extensions.string(0), static_cast<int>(extensions.int64(1)));
  }
  return out;
}

}  // namespace resonance
