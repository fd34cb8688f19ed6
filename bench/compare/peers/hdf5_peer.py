"""HDF5 through h5py: chunks written directly, past its filters; compressed ones are made by numcodecs' blosc on all cores."""

from __future__ import annotations

import collections
import concurrent.futures
import os

import h5py
import hdf5plugin
import numcodecs.blosc
import numpy

from . import BasePeer, Work, blocks

numcodecs.blosc.use_threads = False  # each call in a thread of the pool instead, without the interpreter's lock
FILTER = hdf5plugin.Blosc(cname="lz4", clevel=1, shuffle=hdf5plugin.Blosc.BITSHUFFLE)


def encode(frame) -> bytes:
    return numcodecs.blosc.compress(frame, b"lz4", 1, numcodecs.blosc.BITSHUFFLE)


class Writer:
    def __init__(self, path, work: Work) -> None:
        path.mkdir()
        self._work = work
        self._file = h5py.File(path / "frames.h5", "w", libver="latest")
        chunk = (1, work.side, work.side)
        filters = FILTER if work.codec == "blosc" else {}
        self._chunks = self._file.create_dataset("frames", work.shape, work.dtype, chunks=chunk, **filters).id
        self._pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())

    def _frames(self, pixels):
        if self._work.block == 1:
            for number in range(self._work.frames):
                yield number, pixels[number % len(pixels)]
            return
        for first, block in blocks(pixels, self._work.frames, self._work.block):
            yield from enumerate(block, first)

    def append(self, pixels) -> None:
        if self._work.codec == "none":
            for number, frame in self._frames(pixels):
                self._chunks.write_direct_chunk((number, 0, 0), frame)
            return
        waiting = collections.deque()
        for number, frame in self._frames(pixels):
            waiting.append((number, self._pool.submit(encode, frame)))
            if len(waiting) > 16:
                self._write(*waiting.popleft())
        for number, future in waiting:
            self._write(number, future)

    def _write(self, number: int, future) -> None:
        self._chunks.write_direct_chunk((number, 0, 0), future.result())

    def close(self) -> None:
        self._pool.shutdown()
        self._file.close()


class Reader:
    def __init__(self, path, work: Work) -> None:
        self._data = h5py.File(path / "frames.h5", "r")["frames"]
        self._all = numpy.ones(work.shape, work.dtype)
        self._one = numpy.ones(work.shape[1:], work.dtype)

    def frame(self, number: int):
        self._data.read_direct(self._one, numpy.s_[number])
        return self._one

    def stack(self):
        self._data.read_direct(self._all)
        return self._all


class Peer(BasePeer):
    PACKAGES = ("h5py", "hdf5plugin", "numcodecs")
    HOW = {
        "append raw": "known length; a chunk per frame, direct chunk write",
        "append compressed": "known length; a chunk per frame, blosc in a thread per core, direct chunk write",
        "reading": "through the filter of hdf5plugin, into an array that is there",
    }

    def versions(self) -> str:
        return f"{super().versions()}, HDF5 {h5py.version.hdf5_version}"

    def create(self, path, work: Work) -> Writer:
        return Writer(path, work)

    def open(self, path, work: Work) -> Reader:
        return Reader(path, work)
