#include "resonance/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

using namespace std::string_view_literals;

struct DTypeRow {
  std::string_view name;        // NumPy's name
  std::string_view typestring;  // of NumPy's array interface, without the byte order
  std::size_t bytes;
};

// In the order of the enumeration.
constexpr std::array kDTypes = {
    DTypeRow{"bool", "b1", 1},   DTypeRow{"int8", "i1", 1},    DTypeRow{"int16", "i2", 2},   DTypeRow{"int32", "i4", 4},
    DTypeRow{"int64", "i8", 8},  DTypeRow{"uint8", "u1", 1},   DTypeRow{"uint16", "u2", 2},  DTypeRow{"uint32", "u4", 4},
    DTypeRow{"uint64", "u8", 8}, DTypeRow{"float16", "f2", 2}, DTypeRow{"float32", "f4", 4}, DTypeRow{"float64", "f8", 8},
};
static_assert(kDTypes.size() == static_cast<std::size_t>(DType::float64) + 1);

constexpr std::array kCodecs = {"none"sv, "blosc"sv, "zstd"sv, "gzip"sv};
constexpr std::array kDurabilities = {"strict"sv, "commit"sv, "group"sv};
constexpr std::array kExitStatuses = {"success"sv, "aborted"sv, "failed"sv};

const DTypeRow& row_of(DType dtype) noexcept {
  const auto i = static_cast<std::size_t>(dtype);
  return kDTypes[i < kDTypes.size() ? i : 0];
}

template <typename Enum, std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) noexcept {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? names[i] : "unknown"sv;
}

template <typename Enum, std::size_t N>
Enum value_of(const std::array<std::string_view, N>& names, std::string_view name, std::string_view what) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    throw Error(ErrorCode::invalid_argument, fmt::format("unknown {} '{}': use one of {}", what, printable(name), fmt::join(names, ", ")));
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(DType dtype) noexcept { return row_of(dtype).name; }
std::size_t item_size(DType dtype) noexcept { return row_of(dtype).bytes; }

DType parse_dtype(std::string_view name) {
  const bool ordered = !name.empty() && "<>|="sv.find(name[0]) != std::string_view::npos;
  const std::string_view bare = ordered ? name.substr(1) : name;
  const auto found =
      std::ranges::find_if(kDTypes, [&](const DTypeRow& row) { return bare == row.typestring || (!ordered && bare == row.name); });
  if (found != kDTypes.end()) return static_cast<DType>(found - kDTypes.begin());

  std::array<std::string_view, kDTypes.size()> names;
  std::ranges::transform(kDTypes, names.begin(), &DTypeRow::name);
  throw Error(ErrorCode::unsupported,
              fmt::format("frames cannot hold elements of dtype '{}': the dtypes are {}", printable(name), fmt::join(names, ", ")));
}

std::string_view to_string(Codec codec) noexcept { return name_of(kCodecs, codec); }
Codec parse_codec(std::string_view name) { return value_of<Codec>(kCodecs, name, "codec"); }

std::string_view to_string(Durability level) noexcept { return name_of(kDurabilities, level); }
Durability parse_durability(std::string_view name) { return value_of<Durability>(kDurabilities, name, "durability level"); }

std::string_view to_string(ExitStatus status) noexcept { return name_of(kExitStatuses, status); }
ExitStatus parse_exit_status(std::string_view name) { return value_of<ExitStatus>(kExitStatuses, name, "exit status"); }

}  // namespace resonance
