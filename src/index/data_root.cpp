#include "base/names.hpp"
#include "io/file_system.hpp"
#include "resonance/beamtime.hpp"
#include "sqlite/connection.hpp"

namespace resonance {

namespace {

/// The folder of a researcher below the root: their name, with everything but letters, digits, '.', '_' and '-' made '_'.
std::string folder_name(std::string_view researcher) {
  std::string out;
  for (const char c : researcher) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    out += plain ? c : '_';
  }
  return out;
}

}  // namespace

std::filesystem::path init_data_root(const std::filesystem::path& root, std::optional<std::string_view> researcher) {
  if (researcher) require_label(*researcher, "researcher's name");
  io::make_directories(*io::posix_file_system(), root, true);
  auto index = root / "index.db";
  sqlite::Connection connection(index, sqlite::Access::create);
  connection.set_synchronous(sqlite::Synchronous::full);
  create_index_schema(connection.handle());
  if (researcher) {
    sqlite::Transaction transaction(connection);
    auto insert = connection.prepare("INSERT INTO researchers(name, root_path) VALUES(?, ?) ON CONFLICT(name) DO NOTHING");
    insert.bind_all(*researcher, folder_name(*researcher)).run();
    transaction.commit();
  }
  return index;
}

}  // namespace resonance
