"""What zarr-python and TensorStore write, tied to a database of the Python package, is read equal by us: every dtype and codec."""

from __future__ import annotations

import numpy as np
import pytest
import tensorstore
import zarr

from beamtimes import add_run
from pixels import CODECS, DTYPES, difference, pixels, require_none

SHAPE = (20, 6, 10)
LAYOUTS = ["unsharded", "sharded"]
ZARR_CODECS = {"none": None, "blosc": zarr.codecs.BloscCodec(), "zstd": zarr.codecs.ZstdCodec(), "gzip": zarr.codecs.GzipCodec()}
# The least that TensorStore takes: all else is its default.
TENSORSTORE_CODECS = {"none": [], "blosc": [{"name": "blosc"}], "zstd": [{"name": "zstd"}], "gzip": [{"name": "gzip"}]}


def write_zarr_python(store, group, frames, codec, layout):
    shards = {"chunks": (2, 6, 10), "shards": (8, 6, 10)} if layout == "sharded" else {"chunks": (1, 6, 10)}
    array = zarr.create_array(store / group, shape=frames.shape, dtype=frames.dtype, compressors=ZARR_CODECS[codec], **shards)
    array[:] = frames


def write_tensorstore(store, group, frames, codec, layout):
    codecs = [{"name": "bytes"}] + TENSORSTORE_CODECS[codec]
    chunk = [1, *frames.shape[1:]]
    if layout == "sharded":
        codecs = [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, *frames.shape[1:]], "codecs": codecs}}]
        chunk = [8, *frames.shape[1:]]
    metadata = {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}}, "codecs": codecs}
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{store / group}/"}, "metadata": metadata}
    dtype = tensorstore.dtype(frames.dtype)
    array = tensorstore.open(spec, create=True, dtype=dtype, shape=frames.shape).result()
    array.write(frames).result()


@pytest.mark.parametrize("write", [write_zarr_python, write_tensorstore])
def test_what_others_write_is_read_equal(resonance, tmp_path, fast_folder, write):
    database = fast_folder / f"{write.__name__}.db"
    store = database.with_suffix(".zarr")
    resonance("simulate", database, "--runs", 0)
    zarr.create_group(store)
    fields, faults = {}, []
    for number, (dtype, codec, layout) in enumerate((d, c, layout) for d in DTYPES for c in CODECS for layout in LAYOUTS):
        name = f"{dtype}.{codec}.{layout}"
        fields[name] = (f"runs/theirs/{name}", SHAPE, dtype), pixels(number, SHAPE, dtype)
        write(store, f"runs/theirs/{name}", fields[name][1], codec, layout)
    run = add_run(database, {name: group for name, (group, _) in fields.items()})
    for name, (_, wanted) in fields.items():
        resonance("image", database, run, "--field", name, "--frames", ":", "-o", tmp_path / "x.npy")
        if fault := difference(np.load(tmp_path / "x.npy"), wanted):
            faults.append(f"{name}: {fault}")
    assert len(fields) == len(DTYPES) * len(CODECS) * len(LAYOUTS)
    require_none(faults)
