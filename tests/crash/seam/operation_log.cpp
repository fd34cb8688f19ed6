#include "crash/seam/operation_log.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>

namespace resonance::crash {

namespace fs = std::filesystem;

namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

std::string LoggedOperation::name() const {
  static const std::regex partial("\\.[0-9]+-[0-9a-f]{8}\\.partial"), uid("runs/[0-9a-f]{32}");
  std::string out(to_string(kind));
  out += ' ' + std::regex_replace(std::regex_replace(path, partial, ".partial"), uid, "runs/RUN");
  return out;
}

void OperationLog::take_first_state(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    FirstState state;
    state.path = fs::relative(entry.path(), folder).string();
    state.is_folder = entry.is_directory();
    state.number = number_of(state.path);
    state.folder = number_of(parent_of(state.path));
    if (state.path.ends_with("-shm")) continue;
    if (!state.is_folder) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string text(std::istreambuf_iterator<char>(in), {});
      const auto bytes = std::as_bytes(std::span(text));
      state.bytes.assign(bytes.begin(), bytes.end());
    }
    first.push_back(std::move(state));
  }
  std::sort(first.begin(), first.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
}

void OperationLog::after(const Operation& operation, int error) {
  if (error != 0) return;
  LoggedOperation out{operation.kind, operation.file,   operation.path,
                      operation.from, operation.offset, {operation.bytes.begin(), operation.bytes.end()}};
  if (out.changes_names()) {
    out.folder = number_of(parent_of(out.path));
    out.from_folder = out.kind == Kind::rename ? number_of(parent_of(out.from)) : out.folder;
  }
  operations.push_back(std::move(out));
  count_ = operations.size();
}

}  // namespace resonance::crash
