"""TensorStore, zarr3 driver, through its Python package."""

from __future__ import annotations

import collections

import numpy
import tensorstore

from . import BasePeer, Work, blocks

BLOSC = {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 1, "shuffle": "bitshuffle", "blocksize": 0}}
LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}
INDEX = [LITTLE, {"name": "crc32c"}]


def codecs(work: Work, shard: int) -> list[dict]:
    size = numpy.dtype(work.dtype).itemsize
    blosc = {**BLOSC, "configuration": {**BLOSC["configuration"], "typesize": size}}
    inner = [LITTLE, blosc] if work.codec == "blosc" else [LITTLE]
    if shard == 1:
        return inner
    chunk = [1, work.side, work.side]
    return [{"name": "sharding_indexed", "configuration": {"chunk_shape": chunk, "codecs": inner, "index_codecs": INDEX}}]


class Writer:
    def __init__(self, path, work: Work, shard: int, block: int, in_flight: int) -> None:
        self._work, self._block, self._in_flight = work, block, in_flight
        chunk = {"name": "regular", "configuration": {"chunk_shape": [shard, work.side, work.side]}}
        self._store = tensorstore.open({
            "driver": "zarr3",
            "kvstore": {"driver": "file", "path": str(path)},
            "metadata": {"shape": work.shape, "data_type": work.dtype, "chunk_grid": chunk, "codecs": codecs(work, shard)},
            "context": {"file_io_sync": False},  # one sync at the end, as everybody
        }, create=True).result()

    def append(self, pixels) -> None:
        waiting = collections.deque()
        for first, block in blocks(pixels, self._work.frames, self._block) if self._block > 1 else singly(pixels, self._work.frames):
            place = self._store[first : first + len(block)]
            waiting.append(place.write(block, can_reference_source_data_indefinitely=True))
            if len(waiting) > self._in_flight:
                waiting.popleft().result()
        for future in waiting:
            future.result()

    def close(self) -> None:
        pass


def singly(pixels, frames: int):
    for number in range(frames):
        yield number, pixels[number % len(pixels)][None]


class Reader:
    def __init__(self, path, work: Work) -> None:
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path)}, "recheck_cached_data": "open"}
        self._store = tensorstore.open(spec).result()
        self._all = numpy.ones(work.shape, work.dtype)
        self._array = tensorstore.array(self._all, copy=False)

    def frame(self, number: int):
        return self._store[number].read().result()

    def stack(self):
        self._array.write(self._store).result()
        return self._all


class Peer(BasePeer):
    PACKAGES = ("tensorstore",)
    HOW = {
        "1024×1024": "known length; a file per frame, written 16 frames at a time, two such writes in flight",
        "256×256 one by one": "known length; a file per frame, 64 writes in flight",
        "256×256 in blocks": "known length; a shard per block of 200, two writes in flight",
        "reading": "from a file per frame; the stack into an array that is there",
    }

    def create(self, path, work: Work) -> Writer:
        if work.side > 256:
            return Writer(path, work, shard=1, block=16, in_flight=2)
        if work.block == 1:
            return Writer(path, work, shard=1, block=1, in_flight=64)
        return Writer(path, work, shard=work.block, block=work.block, in_flight=2)

    def open(self, path, work: Work) -> Reader:
        return Reader(path, work)
