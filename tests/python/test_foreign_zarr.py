"""Arrays as zarr-python and TensorStore write them, versions 2 and 3: what they hold comes out of `resonance image` unchanged."""

from __future__ import annotations

import json
import shutil
import sqlite3
import uuid

import numpy as np
import pytest

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")

SHAPE = (7, 19, 33)  # no chunk length below divides it
FIELD = "ccd"
DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()


def frames_of(dtype):
    """Noise, a frame of the fill value that writers leave out, and the ends of the type's range."""
    rng = np.random.default_rng(5)
    frames = rng.poisson(0.5 if dtype == "bool" else 40, SHAPE).astype(dtype)
    frames[3] = 0
    if np.dtype(dtype).kind in "iu":
        frames[1, 0, :2] = np.iinfo(dtype).min, np.iinfo(dtype).max
    if np.dtype(dtype).kind == "f":
        frames[1, 0, :4] = np.nan, np.inf, -np.inf, np.finfo(dtype).smallest_subnormal
    return frames


# How they are written


def version3(**layout):
    def write(path, frames):
        options = {"chunks": (2, 5, 8), **layout}
        array = zarr.create_array(path, shape=frames.shape, dtype=frames.dtype, zarr_format=3, **options)
        array[:] = frames

    return write


def version2(compressor=None, byte_order="<", **layout):
    def write(path, frames):
        options = {"chunks": (2, 5, 8), **layout}
        dtype = frames.dtype.newbyteorder(byte_order)
        array = zarr.create_array(path, shape=frames.shape, dtype=dtype, zarr_format=2, compressors=compressor, filters=None, **options)
        array[:] = frames
        array.attrs["resonance"] = {"format": 1}  # copied from an array of ours: still others' rules for missing chunks

    return write


def sharded(index_location="end", index_crc32c=True, shards=(4, 20, 40), chunks=(2, 10, 8), **codecs):
    index = [zarr.codecs.BytesCodec(endian="little")] + [zarr.codecs.Crc32cCodec()] * index_crc32c

    def write(path, frames):
        inner = [*codecs.get("filters", []), zarr.codecs.BytesCodec(endian=codecs.get("endian", "little")), *codecs.get("compressors", [])]
        sharding = zarr.codecs.ShardingCodec(chunk_shape=chunks, codecs=inner, index_codecs=index, index_location=index_location)
        array = zarr.create_array(path, shape=frames.shape, dtype=frames.dtype, chunks=shards, serializer=sharding, compressors=None)
        array[:] = frames

    return write


def tensorstore(driver, metadata):
    def write(path, frames):
        ts = pytest.importorskip("tensorstore")
        spec = {"driver": driver, "kvstore": {"driver": "file", "path": f"{path}/"}, "metadata": {"shape": list(frames.shape), **metadata(frames.dtype)}}
        ts.open(spec, create=True, delete_existing=True).result().write(frames).result()

    return write


def tensorstore3(codecs, chunk_shape=(2, 5, 8), separator="/"):
    def metadata(dtype):
        return {
            "data_type": str(dtype),
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk_shape)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": separator}},
            "codecs": codecs,
        }

    return tensorstore("zarr3", metadata)


def tensorstore2(compressor, order="C", separator=".", byte_order="<"):
    def metadata(dtype):
        return {"dtype": dtype.newbyteorder(byte_order).str, "chunks": [2, 5, 8], "compressor": compressor, "order": order, "dimension_separator": separator, "fill_value": None}

    return tensorstore("zarr", metadata)


LITTLE, BIG = ({"name": "bytes", "configuration": {"endian": endian}} for endian in ("little", "big"))
ZSTD = zarr.codecs.ZstdCodec(level=1)
TS_SHARDING = {
    "name": "sharding_indexed",
    "configuration": {
        "chunk_shape": [1, 4, 5],
        "codecs": [{"name": "transpose", "configuration": {"order": [1, 2, 0]}}, BIG, {"name": "gzip", "configuration": {"level": 2}}, {"name": "crc32c"}],
        "index_codecs": [LITTLE],
        "index_location": "start",
    },
}

LAYOUTS = {
    "3 as it comes": version3(),
    "3 keys with dots": version3(chunk_key_encoding={"name": "default", "separator": "."}),
    "3 keys as in 2": version3(chunk_key_encoding={"name": "v2", "separator": "/"}),
    "3 raw": version3(compressors=None),
    "3 raw, one frame a chunk": version3(compressors=None, chunks=(1, 19, 33)),
    "3 big-endian": version3(serializer=zarr.codecs.BytesCodec(endian="big"), compressors=None),
    "3 crc32c": version3(compressors=[ZSTD, zarr.codecs.Crc32cCodec()]),
    "3 zstd with a checksum": version3(compressors=zarr.codecs.ZstdCodec(level=12, checksum=True)),
    "3 gzip, two frames a chunk": version3(compressors=zarr.codecs.GzipCodec(level=9), chunks=(2, 19, 33)),
    "3 transposed": version3(filters=[zarr.codecs.TransposeCodec(order=(2, 0, 1))]),
    "3 transposed twice": version3(filters=[zarr.codecs.TransposeCodec(order=(2, 0, 1)), zarr.codecs.TransposeCodec(order=(1, 0, 2))]),
    "3 shards, index at the end": sharded(),
    "3 shards, index at the start": sharded("start"),
    "3 shards, bare index at the end": sharded("end", False, compressors=[ZSTD]),
    "3 shards, bare index at the start": sharded("start", False, compressors=[ZSTD]),
    "3 shards of everything": sharded(filters=[zarr.codecs.TransposeCodec(order=(1, 2, 0))], endian="big", compressors=[zarr.codecs.BloscCodec(cname="zstd", typesize=2), zarr.codecs.Crc32cCodec()]),
    "3 shards of whole frames": sharded(shards=(3, 19, 33), chunks=(1, 19, 33)),
    "2 raw": version2(),
    "2 raw, big-endian, one frame a chunk": version2(byte_order=">", chunks=(1, 19, 33)),
    "2 order F": version2(order="F"),
    "2 order F, big-endian, lz4, keys with slashes": version2(numcodecs.LZ4(), ">", order="F", chunk_key_encoding={"name": "v2", "separator": "/"}),
    "2 keys with slashes": version2(numcodecs.Zstd(level=3), chunk_key_encoding={"name": "v2", "separator": "/"}),
    "2 gzip": version2(numcodecs.GZip(level=6)),
    "2 zlib": version2(numcodecs.Zlib(level=1)),
    "2 lz4": version2(numcodecs.LZ4(acceleration=4), chunks=(3, 19, 33)),
    "TensorStore 3": tensorstore3([LITTLE, {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 2, "blocksize": 0}}], separator="."),
    "TensorStore 3 shards": tensorstore3([TS_SHARDING], (2, 20, 35)),
    "TensorStore 2": tensorstore2({"id": "zlib", "level": 5}, "F", "/", ">"),
    "TensorStore 2 blosc": tensorstore2({"id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": -1, "blocksize": 0}),
}
LAYOUTS |= {f"3 blosc {cname} {shuffle}": version3(compressors=zarr.codecs.BloscCodec(cname=cname, shuffle=shuffle)) for cname, shuffle in zip(["blosclz", "lz4", "lz4hc", "zlib", "zstd", "snappy"], ["bitshuffle", "noshuffle", "shuffle"] * 2) if cname in numcodecs.blosc.list_compressors()}
LAYOUTS |= {f"2 blosc {cname} {shuffle}": version2(numcodecs.Blosc(cname=cname, shuffle=shuffle)) for cname, shuffle in zip(["blosclz", "lz4", "lz4hc", "zlib", "zstd"], [-1, 2, 0, 1, -1])}


# How they are read


def add_run(connection, group, shape, dtype):
    """Rows that name an array's frames as the Python package would. Returns the run's uid."""
    run, stream = uuid.uuid4().hex, uuid.uuid4().hex
    connection.execute("INSERT INTO runs(uid, plan_name, time_start, time_stop, exit_status, num_events, metadata) VALUES(?, 'scan', 1, 2, 'success', ?, '{}')", (run, shape[0]))
    connection.execute("INSERT INTO streams VALUES(?, ?, 'primary', '{}', 1)", (stream, run))
    for number in range(shape[0]):
        event = uuid.uuid4().hex
        connection.execute("INSERT INTO events VALUES(?, ?, ?, 1, '{}', NULL)", (event, stream, number + 1))
        connection.execute("INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype, compression_codec) VALUES(?, ?, ?, ?, ?, ?, ?, 'blosc')", (event, FIELD, group, number, *shape[1:], dtype))
    return run


class Store:
    """A beamtime whose store others fill."""

    def __init__(self, resonance, folder):
        self.resonance, self.path = resonance, folder / "foreign.db"
        resonance("simulate", self.path, "--runs", 0)
        self.path.with_suffix(".zarr").mkdir(exist_ok=True)

    def write(self, layout, frames):
        """Returns the run and the array's folder."""
        group = f"runs/{uuid.uuid4().hex}/{FIELD}"
        folder = self.path.with_suffix(".zarr") / group
        layout(folder, frames)
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            return add_run(connection, group, frames.shape, str(frames.dtype)), folder

    def read(self, run):
        target = self.path.with_name(f"{run}.npy")
        self.resonance("image", self.path, run, "--field", FIELD, "--frames", ":", "-o", target)
        return np.load(target)

    def failure(self, run):
        done = self.resonance("image", self.path, run, "--field", FIELD, "--frames", ":", "-o", self.path.with_name("x.npy"), status=None)
        return done.returncode, done.stderr


@pytest.fixture(scope="module")
def store(resonance, tmp_path_factory):
    return Store(resonance, tmp_path_factory.mktemp("foreign"))


def require_read_equal(store, layout, dtype):
    frames = frames_of(dtype)
    run, _ = store.write(layout, frames)
    found = store.read(run)
    assert found.dtype == frames.dtype and found.shape == frames.shape
    assert np.ascontiguousarray(found).tobytes() == frames.tobytes()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read_equal(store, layout):
    require_read_equal(store, LAYOUTS[layout], "uint16")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["2 order F, big-endian, lz4, keys with slashes", "3 shards of everything"])
def test_every_dtype_is_read_equal(store, layout, dtype):
    require_read_equal(store, LAYOUTS[layout], dtype)


@pytest.mark.parametrize("fill", [7, -3, float("nan"), float("-inf")])
@pytest.mark.parametrize("version", [2, 3])
def test_a_chunk_that_is_not_there_is_the_fill_value(store, version, fill):
    dtype = "int16" if np.isfinite(fill) else "float32"
    frames = np.full(SHAPE, fill, dtype)
    frames[2, 3, 4] = 1
    layout = version3(fill_value=fill) if version == 3 else version2(numcodecs.Zlib(), order="F", fill_value=fill)
    run, folder = store.write(layout, frames)
    assert sum(file.is_file() and not file.name.startswith((".", "zarr")) for file in folder.rglob("*")) == 1, "more than one chunk was written"
    assert np.array_equal(store.read(run), frames, equal_nan=True)


def change(file, **members):
    root = json.loads(file.read_text())
    file.write_text(json.dumps({**root, **members}))


@pytest.mark.parametrize(
    "members, named",
    [
        ({"filters": [{"id": "delta", "dtype": "<u2"}]}, "unknown filter 'delta'"),
        ({"compressor": {"id": "bz2", "level": 1}}, "unknown compressor 'bz2'"),
        ({"dtype": "<c8"}, "unknown dtype '<c8'"),
        ({"dtype": [["a", "<u2"]]}, "structured dtype"),
    ],
)
def test_what_version_2_may_hold_and_we_cannot_read_is_named(store, members, named):
    run, folder = store.write(LAYOUTS["2 zlib"], frames_of("uint16"))
    change(folder / ".zarray", **members)
    status, said = store.failure(run)
    assert status != 0 and named in said and ".zarray" in said


@pytest.mark.parametrize(
    "members, named",
    [
        ({"codecs": [LITTLE, {"name": "numcodecs.zlib", "configuration": {"level": 1}}]}, "unknown codec 'numcodecs.zlib'"),
        ({"data_type": {"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 1}}}, "unknown data_type 'numpy.datetime64'"),
        ({"chunk_grid": {"name": "rectilinear", "configuration": {}}}, "unknown chunk_grid 'rectilinear'"),
        ({"storage_transformers": [{"name": "x"}]}, "storage_transformers"),
        ({"extra": {"must_understand": True}}, "unknown member 'extra'"),
    ],
)
def test_what_version_3_may_hold_and_we_cannot_read_is_named(store, members, named):
    run, folder = store.write(LAYOUTS["3 as it comes"], frames_of("uint16"))
    change(folder / "zarr.json", **members)
    status, said = store.failure(run)
    assert status != 0 and named in said and "zarr.json" in said


def test_an_array_that_is_neither_names_both_files(store):
    run, folder = store.write(LAYOUTS["2 raw"], frames_of("uint16"))
    shutil.move(folder / ".zarray", folder / ".zarray.old")
    status, said = store.failure(run)
    assert status != 0 and f"neither {folder}/zarr.json nor a .zarray is there" in said
