"""A chunk that another program's array lacks is its fill value, however it is looked at; one that ours lacks is a lost frame."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest
import resonance

zarr = pytest.importorskip("zarr")

SHAPE = (8, 6)
LAYOUTS = {
    "version 3": {"chunks": (1, *SHAPE), "compressors": None},
    "version 3, two frames a chunk": {"chunks": (2, *SHAPE), "compressors": None},
    "version 3, compressed": {"chunks": (1, *SHAPE), "compressors": zarr.codecs.ZstdCodec()},
    "version 3, tiles": {"chunks": (1, 4, 3), "compressors": None},
    "version 2": {"chunks": (1, *SHAPE), "compressors": None, "zarr_format": 2},
    "shards": {"chunks": (1, *SHAPE), "shards": (4, *SHAPE), "compressors": None},
}


def foreign(path, frames, fill, layout):
    """A run whose frames another program wrote. \\return the sequence"""
    with resonance.RunWriter(path) as writer:
        uid = writer.open_run("foreign")
        key = resonance.image_key("c", *SHAPE, dtype=frames.dtype.name)
        writer.open_stream("primary", {"x": resonance.number_key("m"), "det": key})
        for i in range(len(frames)):
            writer.write_event("primary", {"x": float(i)})
        writer.close_run()
    group = f"runs/{uid}/det"
    array = zarr.create_array(path.with_suffix(".zarr") / group, shape=frames.shape, dtype=frames.dtype, fill_value=fill, **layout)
    array[:] = frames
    with sqlite3.connect(path) as database:
        for i, (event,) in enumerate(database.execute("SELECT uid FROM events ORDER BY seq_num").fetchall()):
            database.execute(
                "INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype, compression_codec)"
                " VALUES (?, 'det', ?, ?, ?, ?, ?, 'none')",
                (event, group, i, *SHAPE, frames.dtype.name),
            )
    database.close()
    return resonance.Catalog(path)[-1].images("det")


def lit_and_dark(dtype, fill, dark):
    frames = (np.arange(10 * SHAPE[0] * SHAPE[1]) % 100 + 3).reshape(10, *SHAPE).astype(dtype)
    frames[dark] = fill
    return frames


def looks(images):
    """Every way to the pixels, by name."""
    return {
        "one by one": lambda: np.array([images[i] for i in range(len(images))]),
        "slice": lambda: images[:],
        "part": lambda: np.concatenate([images[:2], images[2:]]),
        "iteration": lambda: np.stack(list(images)),
        "asarray": lambda: np.asarray(images),
        "read": lambda: images.read(),
        "windows": lambda: np.concatenate([images[:, :3], images[:, 3:]], axis=1),
        "xarray": lambda: images.xarray().values,
        "dask": lambda: images.dask().compute(),
    }


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dark", [[1], [0, 1], [4, 5, 6, 7], list(range(10))], ids=["one", "first two", "a shard", "all"])
def test_a_dark_frame_is_the_fill_value_by_every_way(path, layout, dark):
    frames = lit_and_dark("u2", 0, dark)
    images = foreign(path, frames, 0, LAYOUTS[layout])
    for name, look in looks(images).items():
        np.testing.assert_array_equal(look(), frames, err_msg=name)


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [("i1", -5), ("u1", 200), ("i2", -30000), ("u4", 2**32 - 1), ("i8", -(2**63)), ("u8", 2**64 - 1), ("f2", 1.5), ("f4", np.nan), ("f8", -np.inf)],
)
def test_any_fill_value_of_any_dtype(path, dtype, fill):
    frames = lit_and_dark(dtype, fill, [1, 6])
    images = foreign(path, frames, fill, LAYOUTS["version 3"])
    for name, look in looks(images).items():
        ours = look()
        assert ours.dtype == frames.dtype, name
        np.testing.assert_array_equal(ours, frames, err_msg=name)


def test_a_dark_frame_is_no_fault(path):
    foreign(path, lit_and_dark("u2", 0, [1]), 0, LAYOUTS["version 3"])
    report = resonance.verify(path, frames=True)
    assert report["frames_read"] == 10
    assert {fault["kind"] for fault in report.faults} <= {"count", "frame_store"}  # the rows that were put in by hand


def test_a_frame_that_our_own_array_lacks_is_lost(recorded):
    database = recorded(events=3, codec="none")
    for shard in database.with_suffix(".zarr").rglob("c/0/0/0"):
        shard.unlink()
    images = resonance.Catalog(database)[-1].images()
    for look in (lambda: images[1], lambda: images[:], lambda: images.read(), lambda: np.asarray(images)):
        with pytest.raises(resonance.CorruptError):
            look()
