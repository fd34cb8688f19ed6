/// The one table from error codes to what each front says (docs/architecture.md, Errors).
#pragma once

#include <span>

#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance::wire {

struct ErrorRow {
  ErrorCode code;
  const char* name;    ///< to_string(code)
  const char* python;  ///< class that the Python exception derives from, beside resonance.Error
  int exit_status;     ///< of the command
  int http_status;
};

/// All rows, one per ErrorCode, in its order.
[[nodiscard]] std::span<const ErrorRow> error_rows() noexcept;

/// A code that is not in the table is one of ours gone wrong: it is reported as `internal`.
[[nodiscard]] int exit_status(ErrorCode code) noexcept;
[[nodiscard]] int http_status(ErrorCode code) noexcept;
[[nodiscard]] const char* python_exception(ErrorCode code) noexcept;

/// `{"code", "message", "file"?, "offset"?, "errno"?}`; the last three only as far as they are known.
[[nodiscard]] Json error_to_json(const Error& error);

}  // namespace resonance::wire
