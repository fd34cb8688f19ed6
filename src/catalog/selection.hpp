/// A FrameSelection, checked against what there is.
#pragma once

#include "catalog/frame_reading.hpp"
#include "frames/window.hpp"
#include "resonance/image_sequence.hpp"

namespace resonance::catalog {

struct Selected {
  FrameSteps frames;
  frames::Window window;
  frames::Geometry geometry;  // of every frame
};

/// \throws Error(not_found) frames that are not there; Error(invalid_argument) a step of 0, pixels outside the frame, frames of
/// several geometries
[[nodiscard]] Selected select(const ImageSequence::Impl& images, const FrameSelection& selection);

}  // namespace resonance::catalog
