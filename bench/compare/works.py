"""The works: what each row of the table does, beside which floor, and how much of it."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Work:
    name: str  # for --only
    title: str
    kind: str  # append, random or stack
    side: int
    dtype: str
    codec: str  # blosc or none
    frames: int  # of one round; random and stack: in the store
    floor: str
    floor_verb: tuple[str, ...]  # of resonance_frame_floor_probe
    block: int = 1  # frames that the caller has at once
    reads: int = 0  # random: frames of one round; stack: passes


WRITE = "plain pwrite into a preallocated file, then fdatasync"
WORKS = [
    Work("raw", "append raw 1024×1024 int32", "append", 1024, "int32", "none", 128, WRITE, ("write",)),
    Work("compressed", "append compressed 1024×1024 uint16", "append", 1024, "uint16", "blosc", 512,
         "the codec alone on all cores", ("encode",)),
    Work("small", "append compressed 256×256 uint16, one by one", "append", 256, "uint16", "blosc", 12000,
         "the codec alone on all cores", ("encode",)),
    Work("small-blocks", "append compressed 256×256 uint16, in blocks of 200", "append", 256, "uint16", "blosc", 12000,
         "the codec alone on all cores", ("encode",), block=200),
    Work("random", "random single frame, compressed 1024×1024 uint16", "random", 1024, "uint16", "blosc", 128,
         "the decoder alone on one core", ("decode", "--cores", "1"), reads=512),
    Work("stack", "128 frames into one array, compressed 1024×1024 uint16", "stack", 1024, "uint16", "blosc", 128,
         "the decoder alone on all cores", ("decode",), reads=3),
    Work("stack-raw", "128 frames into one array, raw 1024×1024 uint16", "stack", 1024, "uint16", "none", 128,
         "memcpy on all cores", ("copy",), reads=5),
]
QUICK = 16  # --quick: this many times less

# A round of who is slow does so many times less, or it would take minutes. Its rate is of what it did.
LESS = {
    ("small", "tensorstore"): 4,
    ("small", "zarr-python"): 30,
    ("small", "zarrs"): 30,
    ("small", "python-package"): 60,
    ("small-blocks", "zarr-python"): 4,
    ("compressed", "python-package"): 8,
    ("random", "zarr-python"): 4,
    ("random", "python-package"): 8,
    ("stack", "python-package"): 3,
}


def scaled(work: Work, peer: str, quick: bool) -> Work:
    """The work as this peer does it in one round: whole blocks, at least 8 frames; the stores to read stay as they are."""
    less = LESS.get((work.name, peer), 1) * (QUICK if quick else 1)
    unit = max(8, work.block)
    if work.kind == "append":
        return dataclasses.replace(work, frames=max(unit, work.frames // less // unit * unit))
    frames = max(8, work.frames // QUICK) if quick else work.frames
    return dataclasses.replace(work, frames=frames, reads=max(1, work.reads // less))
