"""What the Python package resonance.api.data does with frames, without its rows in SQLite.

A frame is a chunk and a file, zstd at zarr-python's default level; for each one the array is made longer, then assigned to.
Reading opens the store anew for each frame; a stack is made of single frames.
"""

from __future__ import annotations

import numpy
import zarr

from . import BasePeer, Work

GROUP = "runs/0123456789abcdef0123456789abcdef/detector_image"


class Writer:
    def __init__(self, path, work: Work) -> None:
        self._work = work
        self._array = zarr.open_group(str(path), mode="a").create_array(
            GROUP, shape=(0, work.side, work.side), chunks=(1, work.side, work.side), dtype=work.dtype)

    def append(self, pixels) -> None:
        for number in range(self._work.frames):
            self._array.resize((number + 1, self._work.side, self._work.side))
            self._array[number] = pixels[number % len(pixels)]

    def close(self) -> None:
        pass


class Reader:
    def __init__(self, path, work: Work) -> None:
        self._path, self._frames = str(path), work.frames

    def frame(self, number: int):
        return numpy.asarray(zarr.open_group(self._path, mode="r")[GROUP][number])

    def stack(self):
        return numpy.stack([self.frame(number) for number in range(self._frames)])


class Peer(BasePeer):
    PACKAGES = ("zarr", "numcodecs")
    HOW = {"all": "resize and assign for each frame, a file each, zstd; reading opens the store anew for each frame"}

    def cannot(self, work: Work) -> str:
        if work.codec == "none":
            return "it always compresses"
        return "it has no blocks" if work.block > 1 else ""

    def create(self, path, work: Work) -> Writer:
        return Writer(path, work)

    def open(self, path, work: Work) -> Reader:
        return Reader(path, work)
