/// The inside of a Blosc buffer, looked at before c-blosc is let loose on it.
#pragma once

#include <cstddef>
#include <span>

namespace resonance::zarr {

/// c-blosc decodes what comes from its own encoder; this refuses what never does. Where each block and each stream in it
/// begins and ends is checked here, so that nothing depends on what the installed version checks. And two things that even
/// version 1.21.3 lets through: a BloscLZ match whose length overflows an int, and with it writes in front of the buffer; and
/// streams of zstd's pre-standard formats, whose decoders are old.
/// \throws Error(corrupt) with the reason. Whether the decoded length fits is the caller's to check.
void require_sound_blosc(std::span<const std::byte> in);

}  // namespace resonance::zarr
