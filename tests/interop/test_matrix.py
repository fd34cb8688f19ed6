"""Every dtype, codec and length that we write is read equal, bit for bit, by every reader."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest

from pixels import CODECS, DTYPES, difference, pixels, require_none
from readers import READERS

FIELDS = ["empty", "one", "part", "several"]  # their places are their numbers in the formula


@pytest.fixture(scope="module")
def matrix(program, fast_folder):
    """The database, and for every array its group, field number, shape, dtype and codec."""
    path = fast_folder / "matrix.db"
    done = subprocess.run([program("write_matrix"), path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    arrays = []
    for run in map(json.loads, done.stdout.splitlines()):
        for name, shape in run["fields"].items():
            common = {"group": f"runs/{run['uid']}/{name}", "field": FIELDS.index(name), "shape": shape}
            arrays.append({**common, "dtype": run["dtype"], "codec": run["codec"], "run": run["uid"], "name": name})
    assert len(arrays) == len(DTYPES) * len(CODECS) * len(FIELDS)
    return path, arrays


def called(array):
    return f"{array['name']} {array['dtype']} {array['codec']}"


def shards(store, array):
    return [file for file in (store / array["group"] / "c").rglob("*") if file.is_file()]


def test_the_matrix_has_arrays_of_no_shard_one_and_several(matrix):
    path, arrays = matrix
    counted = {name: {len(shards(path.with_suffix(".zarr"), array)) for array in arrays if array["name"] == name} for name in FIELDS}
    assert min(counted["several"]) >= 3, counted
    assert counted["one"] == counted["part"] == {1}, counted


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("reader", READERS)
def test_every_array_is_read_equal(matrix, reader, codec):
    path, arrays = matrix
    faults = []
    for array in (array for array in arrays if array["codec"] == codec):
        found = READERS[reader](path.with_suffix(".zarr"), array["group"])
        if fault := difference(found, pixels(array["field"], array["shape"], array["dtype"])):
            faults.append(f"{called(array)}: {fault}")
    require_none(faults)


@pytest.mark.parametrize("codec", CODECS)
def test_every_array_is_read_equal_by_zarrita(matrix, zarrita, codec):
    path, arrays = matrix
    chosen = [array for array in arrays if array["codec"] == codec]
    answers = zarrita(path.with_suffix(".zarr"), chosen)
    skipped = [called(array) for array, answer in zip(chosen, answers) if "skipped" in answer]
    assert all("float16" in name for name in skipped)
    require_none(f"{called(array)}: {answer['fault']}" for array, answer in zip(chosen, answers) if answer.get("fault"))


def test_zarrita_reads_float16(matrix, zarrita):
    path, arrays = matrix
    chosen = [array for array in arrays if array["dtype"] == "float16"]
    answers = zarrita(path.with_suffix(".zarr"), chosen)
    if all("skipped" in answer for answer in answers):
        pytest.skip(f"float16 with zarrita: {answers[0]['skipped']}")
    require_none(f"{called(array)}: {answer['fault']}" for array, answer in zip(chosen, answers) if answer["fault"])


@pytest.mark.parametrize("codec", CODECS)
def test_every_array_is_read_equal_by_us(matrix, resonance, tmp_path, codec):
    path, arrays = matrix
    faults = []
    for array in (array for array in arrays if array["codec"] == codec and array["shape"][0]):
        resonance("image", path, array["run"], "--field", array["name"], "--frames", ":", "-o", tmp_path / "x.npy")
        wanted = pixels(array["field"], array["shape"], array["dtype"])
        if fault := difference(np.load(tmp_path / "x.npy").reshape(wanted.shape), wanted):
            faults.append(f"{called(array)}: {fault}")
    require_none(faults)
