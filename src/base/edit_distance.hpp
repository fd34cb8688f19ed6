/// How alike two words are, to guess what was meant.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace resonance {

/// Levenshtein distance: how many letters (bytes) to change, add or take away.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

/// Keeps the word nearest to one in spelling, of those that are offered.
class Nearest {
 public:
  explicit Nearest(std::string_view word)
      : word_(word), least_(word.size() > kLongest ? 0 : std::max<std::size_t>(1, word.size() / 2) + 1) {}

  /// `d`: instead of the distance in spelling
  void offer(std::string_view candidate, std::size_t d) {
    if (d >= least_) return;
    least_ = d;
    best_ = candidate;
  }
  void offer(std::string_view candidate) {
    if (candidate.size() <= kLongest + kLongest) offer(candidate, edit_distance(word_, candidate));
  }
  [[nodiscard]] const std::string& best() const noexcept { return best_; }  ///< empty: none is near

 private:
  static constexpr std::size_t kLongest = 40;
  std::string_view word_;
  std::size_t least_;
  std::string best_;
};

}  // namespace resonance
