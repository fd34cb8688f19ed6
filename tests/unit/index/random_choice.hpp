/// Choices at random that are the same for the same seed everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace resonance::index_test {

class Choice {
 public:
  explicit Choice(std::uint64_t seed) : random_(seed) {}

  /// 0 … count - 1
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class T>
  const T& of(const std::vector<T>& items) {
    return items.at(below(items.size()));
  }
  std::string of(std::initializer_list<const char*> items) { return *(items.begin() + below(items.size())); }
  double number(std::initializer_list<double> items) { return *(items.begin() + below(items.size())); }

 private:
  std::mt19937_64 random_;
};

}  // namespace resonance::index_test
