/// Shared by the bindings of Run and ImageSequence.
#pragma once

#include "resonance/image_sequence.hpp"

namespace resonance::python {

struct Images {
  ImageSequence sequence;
};

}  // namespace resonance::python
