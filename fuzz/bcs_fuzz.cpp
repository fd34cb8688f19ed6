// Any bytes as a scan table: refused with an Error, or read within bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "exchange/bcs/scan_header.hpp"
#include "exchange/bcs/scan_table.hpp"
#include "exchange/text_encoding.hpp"
#include "resonance/error.hpp"

namespace {

using namespace resonance;

void require_foreign_fault(const Error& error) {
  switch (error.code()) {
    case ErrorCode::corrupt:
    case ErrorCode::unsupported:
    case ErrorCode::invalid_argument:
      return;
    default:
      std::abort();
  }
}

void read_table(std::string text) {
  const bcs::ScanTable table(exchange::to_utf8(std::move(text)));
  (void)bcs::parse_scan_header(table.header()).metadata.dump();
  if (exchange::to_column_names(table.columns()).size() != table.columns().size()) std::abort();
  std::vector<std::string_view> cells;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    if (cells.size() != table.columns().size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    read_table(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const Error& error) {
    require_foreign_fault(error);
  }
  return 0;
}
