"""The peers: one module each, with the class Peer.

Peer.create(path, work) makes an empty store and returns an object with append(pixels) and close(); pixels has the distinct
frames, frame i of the work is pixels[i % len(pixels)]. Peer.open(path, work) returns one with frame(number) and stack().
HOW says in a line for each kind of work how the peer is used: as its users would who know it well.
"""

from __future__ import annotations

import ctypes
import dataclasses
import importlib
import importlib.metadata
import os
import pathlib

NAMES = {
    "tensorstore": "tensorstore_peer",
    "zarr-python": "zarr_python_peer",
    "zarrs": "zarrs_peer",
    "acquire-zarr": "acquire_peer",
    "h5py": "hdf5_peer",
    "python-package": "python_package_peer",
    "resonance": "resonance_store",  # only to read back with zarr-python what Resonance wrote
}


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    kind: str
    side: int
    dtype: str
    codec: str
    frames: int
    block: int
    reads: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.frames, self.side, self.side)

    def with_frames(self, frames: int) -> Work:
        return dataclasses.replace(self, frames=frames)


class BasePeer:
    PACKAGES: tuple[str, ...] = ()
    HOW: dict[str, str] = {}

    def versions(self) -> str:
        return ", ".join(f"{package} {importlib.metadata.version(package)}" for package in self.PACKAGES)

    def cannot(self, work: Work) -> str:
        """Why the peer has no way to do it; empty when it has."""
        return ""


def find(name: str) -> BasePeer:
    return importlib.import_module(f"peers.{NAMES[name]}").Peer()


def blocks(pixels, frames: int, count: int):
    """(first, block of up to `count` frames), the blocks made beforehand: the caller of a store has them in memory."""
    import numpy

    full = numpy.concatenate([pixels] * -(-count // len(pixels)))[:count]
    assert count % len(pixels) == 0 or count >= frames
    for first in range(0, frames, count):
        yield first, full[: min(count, frames - first)]


def random_order(count: int, reads: int) -> list[int]:
    """As RandomOrder of bench/arguments.hpp."""
    state, out = 1, []
    for _ in range(reads):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append((state >> 33) % count)
    return out


def sync_tree(path: pathlib.Path) -> None:
    """Bring a store to stable storage: fsync of its files and folders, or of the whole file system where they are many."""
    found = [path] if path.is_file() else [path, *path.rglob("*")]
    if len(found) > 32:
        descriptor = os.open(path, os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), "syncfs")
        os.close(descriptor)
        return
    for item in found:
        descriptor = os.open(item, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
