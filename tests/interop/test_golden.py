"""Stores of every release stay readable, and the bytes that we write today are those of the newest one."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
import zarr

import golden
from pixels import difference
from readers import READERS

VERSIONS = golden.versions()
REMEDY = "if the change is meant and docs/format.md says so: tests/golden/make adds a version"


def test_there_is_a_golden_store():
    assert VERSIONS


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def frozen(request, tmp_path):
    """The database of a golden store, unpacked, and its manifest."""
    return golden.unpack(request.param, tmp_path), json.loads((request.param / "manifest.json").read_text())


def test_a_golden_store_is_read_as_ever(resonance, frozen, tmp_path):
    database, manifest = frozen
    listed = {run["uid"]: run["num_frames"] for run in resonance("ls", database, "--json").json()}
    frames = sum(len(field["frames"]) for field in manifest["fields"].values())
    assert listed == {run["uid"]: frames for run in manifest["runs"]}
    for run in manifest["runs"]:
        for name, field in manifest["fields"].items():
            resonance("image", database, run["uid"], "--field", name, "--frames", ":", "-o", tmp_path / "x.npy")
            assert difference(np.load(tmp_path / "x.npy"), golden.expected(field)) is None, (run, name)


@pytest.mark.parametrize("reader", READERS)
def test_a_golden_store_is_what_its_manifest_says(frozen, reader):
    database, manifest = frozen
    for run in manifest["runs"]:
        for name, field in manifest["fields"].items():
            found = READERS[reader](database.with_suffix(".zarr"), f"runs/{run['uid']}/{name}")
            assert difference(found, golden.expected(field)) is None, (run, name)


# The bytes of today


@pytest.fixture(scope="module")
def stores(program, tmp_path_factory):
    """The newest golden store, and the same written today."""
    folder = tmp_path_factory.mktemp("golden")
    (folder / "then").mkdir()
    (folder / "now").mkdir()
    then, now = golden.unpack(VERSIONS[-1], folder / "then"), golden.write_today(program("write_golden"), folder / "now")
    return then.with_suffix(".zarr"), now.with_suffix(".zarr")


def files(store):
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def index_of(array, shard):
    """The shard index, and the shard's bytes before it."""
    config = json.loads((array / "zarr.json").read_text())
    (codec,) = config["codecs"]
    chunks = config["chunk_grid"]["configuration"]["chunk_shape"][0] // codec["configuration"]["chunk_shape"][0]
    assert [codec["name"] for codec in codec["configuration"]["index_codecs"]] == ["bytes"], "a compressed shard's index has no checksum"
    return np.frombuffer(shard[-16 * chunks :], "<u8").reshape(chunks, 2), shard[: -16 * chunks]


def require_equal_but_for_chunks(then, now, name):
    """Another version of the codec's library compresses to other bytes: then all else must be equal, and the pixels."""
    array = pathlib.PurePath(name).parents[3]
    indexes = []
    for store in (then, now):
        index, data = index_of(store / array, (store / name).read_bytes())
        there = sorted(map(tuple, index[index[:, 0] != 2**64 - 1].tolist()))
        ends = [0] + [offset + length for offset, length in there]
        assert all(begin >= end for (begin, _), end in zip(there, ends)) and ends[-1] <= len(data), f"{name}: chunks overlap, or lie behind the data"
        indexes.append((index[:, 0] == 2**64 - 1).tolist())
    assert indexes[0] == indexes[1], f"{name}: other chunks are there; {REMEDY}"
    found, wanted = (zarr.open_array(store / array, mode="r")[:] for store in (now, then))
    assert difference(found, wanted) is None, name


@pytest.fixture(scope="module")
def other_chunks(stores):
    """Shards that are equal but for the bytes that the codec made."""
    then, now = stores
    before, today = files(then), files(now)
    assert sorted(today) == sorted(before), REMEDY
    found = []
    for name, content in before.items():
        if today[name] == content:
            continue
        array = pathlib.PurePath(name).parents[3] if "/c/" in name else None
        raw = array is not None and len(json.loads((then / array / "zarr.json").read_text())["codecs"][0]["configuration"]["codecs"]) == 1
        assert array is not None and not raw, f"{name} has other bytes; {REMEDY}"
        require_equal_but_for_chunks(then, now, name)
        found.append(name)
    return found


def test_we_write_the_newest_golden_store_but_for_what_codecs_make(other_chunks):
    assert all("/c/" in name for name in other_chunks)


def test_codecs_make_the_bytes_of_the_newest_golden_store(other_chunks):
    if other_chunks:
        pytest.skip(f"other versions of the codecs' libraries than when {VERSIONS[-1].name} was made: the bytes of {len(other_chunks)} shards differ")
