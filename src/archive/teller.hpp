/// Faults and notes on their way to the caller, counted.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "resonance/verify.hpp"

namespace resonance::archive {

class Teller {
 public:
  explicit Teller(std::function<void(const Fault&)> visit) : visit_(std::move(visit)) {}

  void fault(Fault fault) { tell(fault); }
  void note(Fault fault) {
    fault.severity = Severity::note;
    tell(fault);
  }
  void tell(const Fault& fault) {
    ++(fault.severity == Severity::fault ? faults_ : notes_);
    if (visit_) visit_(fault);
  }
  [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }
  [[nodiscard]] std::uint64_t notes() const noexcept { return notes_; }

 private:
  std::function<void(const Fault&)> visit_;
  std::uint64_t faults_ = 0, notes_ = 0;
};

}  // namespace resonance::archive
