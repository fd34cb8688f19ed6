"""zarr-python, Zarr version 3."""

from __future__ import annotations

import zarr
from zarr.codecs import BloscCodec

from . import BasePeer, Work, blocks

BLOSC = BloscCodec(cname="lz4", clevel=1, shuffle="bitshuffle")


class Writer:
    """Blocks of one shard, so that none is read back; single frames into a file each."""

    def __init__(self, path, work: Work, block: int) -> None:
        self._work, self._block = work, block
        self._array = zarr.create_array(
            str(path), shape=work.shape, dtype=work.dtype, chunks=(1, work.side, work.side), fill_value=0,
            shards=(block, work.side, work.side) if block > 1 else None,
            compressors=[BLOSC] if work.codec == "blosc" else None, config={"write_empty_chunks": True})

    def append(self, pixels) -> None:
        if self._block == 1:
            for number in range(self._work.frames):
                self._array[number] = pixels[number % len(pixels)]
            return
        for first, block in blocks(pixels, self._work.frames, self._block):
            self._array[first : first + len(block)] = block

    def close(self) -> None:
        pass


class Reader:
    def __init__(self, path, work: Work) -> None:
        self._array = zarr.open_array(str(path), mode="r")

    def frame(self, number: int):
        return self._array[number]

    def stack(self):
        return self._array[:]


class Peer(BasePeer):
    PACKAGES = ("zarr", "numcodecs")
    HOW = {
        "1024×1024": "known length; shards of 32 frames, written whole",
        "256×256 one by one": "known length; a file per frame",
        "256×256 in blocks": "known length; a shard per block of 200",
        "reading": "from shards of 32 frames",
    }

    def create(self, path, work: Work) -> Writer:
        return Writer(path, work, min(32, work.frames) if work.side > 256 else work.block)

    def open(self, path, work: Work) -> Reader:
        return Reader(path, work)
