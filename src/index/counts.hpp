/// How often ids occur among many rows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace resonance::index {

/// How often each id occurs. Ids are small, so most are counted in a list.
class Counts {
 public:
  void add(std::int64_t id, std::uint64_t count = 1) {
    if (id < 0 || id >= kMostInList) {
      others_[id] += count;
      return;
    }
    const auto at = static_cast<std::size_t>(id);
    if (at >= list_.size()) list_.resize(std::max(at + 1, list_.size() * 2));
    list_[at] += count;
  }
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::uint64_t>> all() const {
    std::vector<std::pair<std::int64_t, std::uint64_t>> out(others_.begin(), others_.end());
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (list_[i] != 0) out.emplace_back(static_cast<std::int64_t>(i), list_[i]);
    return out;
  }

 private:
  static constexpr std::int64_t kMostInList = 1 << 20;
  std::vector<std::uint64_t> list_;
  std::unordered_map<std::int64_t, std::uint64_t> others_;
};

}  // namespace resonance::index
