#include "time_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace resonance::cli {

namespace {

std::string formatted(double time, const char* pattern) {
  if (!std::isfinite(time) || std::abs(time) > 1e11) return "?";
  const auto seconds = static_cast<std::time_t>(std::floor(time));
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return "?";
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, pattern, &parts));
}

}  // namespace

std::string local_minute(double time) { return formatted(time, "%Y-%m-%d %H:%M"); }
std::string local_iso(double time) {
  const auto micros =
      static_cast<long long>(std::llround(std::isfinite(time) ? std::fmod(time, 1.0) * 1e6 : 0));  // as often as they are recorded
  const std::string clock = formatted(time, "%Y-%m-%dT%H:%M:%S"), zone = formatted(time, "%z");
  if (zone.size() != 5) return "";
  return fmt::format("{}{}{}:{}", clock, micros > 0 ? fmt::format(".{:06}", std::min(micros, 999999ll)) : "", zone.substr(0, 3),
                     zone.substr(3));
}

std::string local_second(double time) { return formatted(time, "%Y-%m-%d %H:%M:%S %Z"); }

void use_clocks(const std::string& zone) {
  ::setenv("TZ", zone.c_str(), 1);  // of this process alone
  ::tzset();
}

}  // namespace resonance::cli
