#include "wire/error_table.hpp"

#include <algorithm>
#include <array>

#include "wire/wire_text.hpp"

namespace resonance::wire {
namespace {

constexpr std::array kRows = {
    ErrorRow{ErrorCode::invalid_argument, "invalid_argument", "ValueError", 2, 400},
    ErrorRow{ErrorCode::not_found, "not_found", "KeyError", 3, 404},
    ErrorRow{ErrorCode::already_exists, "already_exists", "FileExistsError", 4, 409},
    ErrorRow{ErrorCode::invalid_state, "invalid_state", "RuntimeError", 5, 409},
    ErrorRow{ErrorCode::busy, "busy", "BusyError", 6, 503},
    ErrorRow{ErrorCode::corrupt, "corrupt", "CorruptError", 7, 500},
    ErrorRow{ErrorCode::unsupported, "unsupported", "NotImplementedError", 8, 501},
    ErrorRow{ErrorCode::no_space, "no_space", "OSError", 9, 507},
    ErrorRow{ErrorCode::io, "io", "OSError", 10, 500},
    ErrorRow{ErrorCode::internal, "internal", "RuntimeError", 70, 500},
};
static_assert(kRows.size() == static_cast<std::size_t>(ErrorCode::internal));

const ErrorRow& row_of(ErrorCode code) noexcept {
  const auto found = std::ranges::find(kRows, code, &ErrorRow::code);
  return found != kRows.end() ? *found : kRows.back();
}

}  // namespace

std::span<const ErrorRow> error_rows() noexcept { return kRows; }
int exit_status(ErrorCode code) noexcept { return row_of(code).exit_status; }
int http_status(ErrorCode code) noexcept { return row_of(code).http_status; }
const char* python_exception(ErrorCode code) noexcept { return row_of(code).python; }

Json error_to_json(const Error& error) {
  Json out = Json::object({{"code", row_of(error.code()).name}, {"message", text_to_json(error.what())}});
  const ErrorDetail& detail = error.detail();
  if (!detail.file.empty()) out.set("file", path_to_json(detail.file));
  if (detail.offset) out.set("offset", *detail.offset);
  if (detail.os_errno != 0) out.set("errno", detail.os_errno);
  return out;
}

}  // namespace resonance::wire
