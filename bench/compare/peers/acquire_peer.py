"""acquire-zarr: a C++ library that streams into sharded Zarr version 3, through its Python package."""

from __future__ import annotations

import acquire_zarr as acquire
import zarr

from . import BasePeer, Work, blocks, zarr_python_peer


class Writer:
    def __init__(self, path, work: Work, shard: int) -> None:
        self._work = work
        dimensions = [
            acquire.Dimension(name="t", kind=acquire.DimensionType.TIME, array_size_px=0, chunk_size_px=1, shard_size_chunks=shard),
            *(acquire.Dimension(name=name, kind=acquire.DimensionType.SPACE, array_size_px=work.side, chunk_size_px=work.side,
                                shard_size_chunks=1) for name in "yx"),
        ]
        compression = acquire.CompressionSettings(
            compressor=acquire.Compressor.BLOSC1, codec=acquire.CompressionCodec.BLOSC_LZ4, level=1, shuffle=2)
        array = acquire.ArraySettings(
            output_key="frames", dimensions=dimensions, data_type=getattr(acquire.DataType, work.dtype.upper()),
            compression=compression if work.codec == "blosc" else None)
        self._stream = acquire.ZarrStream(acquire.StreamSettings(store_path=str(path), arrays=[array], overwrite=True))

    def append(self, pixels) -> None:
        if self._work.block == 1:
            for number in range(self._work.frames):
                self._stream.append(pixels[number % len(pixels)], "frames")
            return
        for _, block in blocks(pixels, self._work.frames, self._work.block):
            self._stream.append(block, "frames")

    def close(self) -> None:
        self._stream.close()


class Reader(zarr_python_peer.Reader):
    def __init__(self, path, work: Work) -> None:
        self._array = zarr.open_array(str(path / "frames"), mode="r")


class Peer(BasePeer):
    PACKAGES = ("acquire-zarr",)
    HOW = {
        "1024×1024": "any length; shards of 32 frames, given frame by frame",
        "256×256 one by one": "any length; shards of 200 frames, given frame by frame",
        "256×256 in blocks": "the same, given 200 frames at a time",
    }

    def cannot(self, work: Work) -> str:
        return "" if work.kind == "append" else "it only writes"

    def create(self, path, work: Work) -> Writer:
        return Writer(path, work, 32 if work.side > 256 else 200)

    def open(self, path, work: Work) -> Reader:
        return Reader(path, work)
