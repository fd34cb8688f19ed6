#include "run_reference.hpp"

#include <algorithm>

#include "resonance/error.hpp"
#include "text_layout.hpp"

namespace resonance::cli {

std::string plain_uid(const std::string& reference) {
  std::string out;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const char c = reference[i];
    if (c == '-' && (i == 8 || i == 13 || i == 18 || i == 23)) continue;
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) return reference;
    out += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

void warn_of_missing(Session& session, const Catalog& catalog) {
  for (const auto& missing : {catalog.missing_log(), catalog.missing_store()})
    if (missing) session.warn(safe_text(*missing));
}

Run find_run(const Catalog& catalog, const std::string& reference) {
  const std::string plain = plain_uid(reference);
  if (plain == reference) return catalog.run(reference);
  try {
    return catalog.run(reference);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
  }
  return catalog.run(plain);
}

}  // namespace resonance::cli
