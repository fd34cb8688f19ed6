#include "resonance/error.hpp"

#include <utility>

namespace resonance {

Error::Error(ErrorCode code, std::string message, ErrorDetail detail)
    : std::runtime_error(message), code_(code), message_(std::move(message)), detail_(std::move(detail)) {}

void Error::add_context(std::string_view doing) {
  std::string message;
  message.reserve(doing.size() + 2 + message_.size());
  message.append(doing).append(": ").append(message_);
  message_ = std::move(message);
}

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::already_exists:
      return "already_exists";
    case ErrorCode::invalid_state:
      return "invalid_state";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::io:
      return "io";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace resonance
