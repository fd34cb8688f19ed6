/// `program VERB --name value …`, as the probes take it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace resonance::bench {

class Arguments {
 public:
  /// \throws std::invalid_argument for an option that is not among `known` or has no value
  Arguments(int count, char** words, std::initializer_list<std::string_view> known) {
    if (count > 1) verb_ = words[1];
    for (int i = 2; i < count; i += 2) {
      const std::string_view word = words[i];
      const auto name = word.substr(0, 2) == "--" ? word.substr(2) : std::string_view();
      if (std::find(known.begin(), known.end(), name) == known.end()) throw std::invalid_argument("no option " + std::string(word));
      if (i + 1 == count) throw std::invalid_argument(std::string(word) + " needs a value");
      values_.emplace(name, words[i + 1]);
    }
  }

  [[nodiscard]] const std::string& verb() const noexcept { return verb_; }
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise = {}) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : std::stoull(found->second);
  }

 private:
  std::string verb_;
  std::map<std::string, std::string> values_;
};

/// Which of `count` frames are read in turn: the same ones in every language (peers/__init__.py has it, too).
class RandomOrder {
 public:
  explicit RandomOrder(std::uint64_t count) : count_(count) {}
  [[nodiscard]] std::uint64_t next() noexcept {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % count_;
  }

 private:
  std::uint64_t count_;
  std::uint64_t state_ = 1;
};

}  // namespace resonance::bench
