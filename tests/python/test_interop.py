"""Other people's readers and writers: zarr-python, TensorStore, zarrs, sqlite3, pyarrow. What we write they read, and the other way.

Every dtype with every codec, live runs and golden files: tests/interop.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import uuid

import numpy as np
import pytest

zarr = pytest.importorskip("zarr")

DTYPES = "bool uint8 uint16 int32 uint64 float16 float64".split()
CODECS = "none blosc zstd gzip".split()
FIELD = "detector_image"


def read_zarr(store, group):
    return zarr.open_group(str(store), mode="r")[group][:]


def read_zarrs(store, group):
    pytest.importorskip("zarrs")
    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        return read_zarr(store, group)


def read_tensorstore(store, group):
    tensorstore = pytest.importorskip("tensorstore")
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{store}/{group}/"}}
    return np.asarray(tensorstore.open(spec, read=True).result().read().result())


READERS = [read_zarr, read_zarrs, read_tensorstore]


def simulate(resonance, path, *arguments):
    """One run with frames. Returns its uid."""
    return resonance("simulate", path, "--runs", 1, "--json", *arguments).json()["run_uids"][0]


def exported(resonance, path, run, frames=":", field=FIELD):
    target = path.with_suffix(".npy")
    resonance("image", path, run, "--field", field, "--frames", frames, "-o", target)
    return np.load(target)


def column(resonance, path, run, name):
    return [row[name] for row in resonance("table", path, run, "--columns", name, "--format", "json").json()]


def require_equal_everywhere(resonance, path, run, shape, dtype):
    """The same frames from each reader, from the export, and their sums in the events."""
    ours = exported(resonance, path, run)
    assert ours.shape == shape and ours.dtype == dtype
    assert ours.any()
    for read in READERS:
        theirs = read(path.with_suffix(".zarr"), f"runs/{run}/{FIELD}")
        assert theirs.dtype == dtype and np.array_equal(theirs, ours), read.__name__
    assert column(resonance, path, run, "counts") == ours.sum(axis=(1, 2), dtype="int64").tolist()


# What we write


@pytest.mark.parametrize("dtype, codec", list(zip(DTYPES, CODECS * 2)))
def test_simulated_frames_are_read_equal_by_every_reader(resonance, tmp_path, dtype, codec):
    run = simulate(resonance, tmp_path / "x.db", "--events", 11, "--shape", "24,40", "--dtype", dtype, "--codec", codec)
    require_equal_everywhere(resonance, tmp_path / "x.db", run, (11, 24, 40), dtype)


def test_uncompressed_small_frames_share_chunks(resonance, tmp_path):
    run = simulate(resonance, tmp_path / "x.db", "--events", 700, "--shape", "24,40", "--codec", "none", "--durability", "group")
    array = zarr.open_array(tmp_path / "x.zarr/runs" / run / FIELD, mode="r")
    assert array.chunks[0] == 262144 // (24 * 40 * 2) and array.nchunks > 1
    require_equal_everywhere(resonance, tmp_path / "x.db", run, (700, 24, 40), "uint16")


def test_the_group_tree_is_walked_from_root_to_field(resonance, tmp_path):
    resonance("simulate", tmp_path / "x.db", "--runs", 4, "--events", 5, "--shape", "24,40")
    listed = {run["uid"]: run["num_frames"] for run in resonance("ls", tmp_path / "x.db", "--json").json() if run["num_frames"]}
    root = zarr.open_group(tmp_path / "x.zarr", mode="r")
    assert list(root.group_keys()) == ["runs"]
    assert {uid: [(name, array.shape[0]) for name, array in group.arrays()] for uid, group in root["runs"].groups()} == {
        uid: [(FIELD, frames)] for uid, frames in listed.items()
    }
    array = root[f"runs/{next(iter(listed))}/{FIELD}"]
    assert array.metadata.dimension_names == ("frame", "y", "x") and array.fill_value == 0


# What others write


def uid():
    return uuid.uuid4().hex


def python_beamtime(path, make_array, frames):
    """One run as the Python package writes it: delete journal, random uids, "blosc" in compression_codec over whatever it is."""
    run, stream, group = uid(), uid(), f"runs/{uid()}"
    array = make_array(zarr.open_group(path.with_suffix(".zarr"), mode="w"), f"{group}/ccd", frames.shape, frames.dtype)
    array[:] = frames
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO runs(uid, plan_name, time_start, time_stop, exit_status, num_events, metadata) VALUES(?, 'scan', 1, 2, 'success', ?, '{}')", (run, len(frames)))
        connection.execute("INSERT INTO streams VALUES(?, ?, 'primary', '{}', 1)", (stream, run))
        for number, frame in enumerate(frames):
            event = (uid(), stream, number + 1, 1 + number / 10, json.dumps({"counts": int(frame.sum(dtype="int64")), "big": 2**60 + number, "x": 0.1 * number}), None)
            connection.execute("INSERT INTO events VALUES(?, ?, ?, ?, ?, ?)", event)
            reference = (event[0], "ccd", f"{group}/ccd", number, *frame.shape, str(frame.dtype), "blosc")
            connection.execute("INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype, compression_codec) VALUES(?, ?, ?, ?, ?, ?, ?, ?)", reference)
    return run


def maker(**layout):
    def make(group, name, shape, dtype):
        options = {"chunks": (1, *shape[1:]), **layout}
        return group.create_array(name, shape=shape, dtype=dtype, **options)

    return make


FOREIGN = {
    "zstd, as the package writes it": maker(),
    "not compressed": maker(compressors=None),
    "gzip": maker(compressors=zarr.codecs.GzipCodec(level=6)),
    "zstd with a checksum": maker(compressors=zarr.codecs.ZstdCodec(level=9, checksum=True)),
    "blosc zstd": maker(compressors=zarr.codecs.BloscCodec(cname="zstd", shuffle="bitshuffle")),
    "blosc lz4hc without shuffle": maker(compressors=zarr.codecs.BloscCodec(cname="lz4hc", shuffle="noshuffle")),
    "big-endian": maker(serializer=zarr.codecs.BytesCodec(endian="big")),
    "several frames a chunk": maker(chunks=(4, 20, 30)),
    "frames cut up": maker(chunks=(3, 8, 16)),
    "shards": maker(shards=(4, 20, 30), chunks=(2, 20, 30)),
    "transposed": maker(filters=[zarr.codecs.TransposeCodec(order=(2, 0, 1))]),
}


@pytest.mark.parametrize("layout", FOREIGN)
@pytest.mark.parametrize("dtype", ["uint16", "float64"])
def test_what_zarr_python_wrote_is_read_equal(resonance, tmp_path, layout, dtype):
    frames = np.random.default_rng(1).poisson(40, (10, 20, 30)).astype(dtype)
    frames[3] = 0  # zarr-python leaves chunks out that hold the fill value alone
    path = tmp_path / "package.db"
    resonance("simulate", path, "--runs", 0)
    run = python_beamtime(path, FOREIGN[layout], frames)
    assert np.array_equal(exported(resonance, path, run, field="ccd"), frames)
    assert column(resonance, path, run, "counts") == frames.sum(axis=(1, 2), dtype="int64").tolist()
    assert column(resonance, path, run, "big") == [2**60 + number for number in range(10)]


def test_a_length_in_zarr_json_that_runs_ahead_does_no_harm(resonance, tmp_path):
    """The Python package may leave shape[0] one too large when it dies."""
    frames = np.arange(3 * 4 * 5, dtype="int32").reshape(3, 4, 5)
    path = tmp_path / "package.db"
    resonance("simulate", path, "--runs", 0)
    run = python_beamtime(path, maker(), frames)
    (array,) = (tmp_path / "package.zarr").rglob("ccd")
    zarr.open_array(array, mode="r+").resize((4, 4, 5))
    assert np.array_equal(exported(resonance, path, run, field="ccd"), frames)


# Exports


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_numpy_and_tiff_files_equal_the_zarr_array(resonance, tmp_path, dtype):
    tifffile = pytest.importorskip("tifffile")
    path = tmp_path / "x.db"
    run = simulate(resonance, path, "--events", 6, "--shape", "33,47", "--dtype", dtype)
    stored = read_zarr(tmp_path / "x.zarr", f"runs/{run}/{FIELD}")
    for frames, wanted in ((":", stored), ("2:5", stored[2:5])):
        resonance("image", path, run, "--frames", frames, "-o", tmp_path / "x.tif")
        found = tifffile.imread(tmp_path / "x.tif")
        assert found.dtype == wanted.dtype and np.array_equal(found, wanted)
        assert np.array_equal(exported(resonance, path, run, frames), wanted)


def test_arrow_holds_what_csv_holds(resonance, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    path = tmp_path / "x.db"
    run = simulate(resonance, path, "--events", 40, "--shape", "8,8")
    table = pyarrow.ipc.open_stream(resonance("table", path, run, "--format", "arrow").raw).read_all()
    rows = list(csv.DictReader(io.StringIO(resonance("table", path, run).stdout)))
    assert table.column_names == list(rows[0]) and table.num_rows == len(rows) == 40
    for name in table.column_names:
        values = table[name].to_pylist()
        assert [type(values[0])(row[name]) for row in rows] == values, name
