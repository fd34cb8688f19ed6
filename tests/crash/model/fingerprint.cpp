#include "crash/model/fingerprint.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "support/raw_database.hpp"

namespace resonance::crash {

namespace fs = std::filesystem;

std::map<std::string, std::string> fingerprint(const fs::path& database) {
  std::map<std::string, std::string> out;
  {
    test::RawDatabase raw(database, SQLITE_OPEN_READONLY);
    for (const auto& table : raw.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
      std::string all;
      for (const auto& row : raw.query("SELECT * FROM \"" + table[0] + "\""))
        for (const auto& cell : row) all += cell + '\x1f';
      out["table " + table[0]] = fmt::format("{:016x}", std::hash<std::string>()(all));
    }
  }
  for (const auto* ending : {".zarr", ".zarr.quarantine"}) {
    auto folder = database;
    folder.replace_extension(ending);
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(in), {});
      out[entry.path().string()] = fmt::format("{} bytes {:016x}", bytes.size(), std::hash<std::string>()(bytes));
    }
  }
  return out;
}

}  // namespace resonance::crash
