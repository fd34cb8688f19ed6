"""Each byte of each zarr.json of a small store changed: whenever zarr-python then reads something else, or nothing, verify finds a fault.

A sample of the changes is tried each time; RESONANCE_ALL=1 tries every bit, which takes some minutes.
"""

from __future__ import annotations

import os
import random
import shutil
import warnings

import pytest

zarr = pytest.importorskip("zarr")

ALL = bool(os.environ.get("RESONANCE_ALL"))
SAMPLE = 500  # of some 20,000


@pytest.fixture(scope="module")
def store(resonance, tmp_path_factory):
    database = tmp_path_factory.mktemp("metadata") / "x.db"
    for codec in ("none", "blosc"):
        resonance("simulate", database, "--runs", 1, "--events", 3, "--shape", "4,6", "--codec", codec)
    return database.with_suffix(".zarr")


def seen(store, files):
    """All that a stock reader makes of it: each group opened by itself, each array read."""
    out = []
    for file in files:
        node = zarr.open(str(file.parent), mode="r")
        if isinstance(node, zarr.Group):
            out.append(("group", len(list(node.keys()))))
        else:
            out.append((node.shape, str(node.dtype), node.metadata.dimension_names, node[:].tobytes()))
    return out


def changes(files):
    """(file, offset, new byte): each bit flipped."""
    all_of_them = [(file, at, byte ^ (1 << bit)) for file in files for at, byte in enumerate(file.read_bytes()) for bit in range(8)]
    return all_of_them if ALL else random.Random(1).sample(all_of_them, SAMPLE)


def test_verify_finds_every_byte_that_makes_stock_readers_see_something_else(resonance, store):
    database = store.with_suffix(".db")
    files = sorted(store.rglob("zarr.json"))
    assert len(files) == 2 + 2 + 2, "the root, runs/, and of each run its group and its array"
    warnings.simplefilter("ignore")
    sound = seen(store, files)
    silent, differing = [], 0
    for file, at, byte in changes(files):
        before = file.read_bytes()
        file.write_bytes(before[:at] + bytes([byte]) + before[at + 1 :])
        try:
            try:
                differs = seen(store, files) != sound
            except Exception:  # whatever it is that they throw
                differs = True
            differing += differs
            if differs and resonance("verify", database, "--frames", "--quiet", status=None).returncode != 7:
                silent.append(f"{file.relative_to(store)}: byte {at}: {before[max(0, at - 20) : at + 20]!r}: {chr(before[at])!r} became {chr(byte)!r}")
        finally:
            file.write_bytes(before)
    assert differing > SAMPLE / 3
    assert not silent, "\n".join(silent)
    assert seen(store, files) == sound


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "not an object", "another type", "version 2", "a member more"])
@pytest.mark.parametrize("place", ["", "runs", "run"])
def test_a_damaged_group_is_a_fault_that_repair_mends(resonance, store, tmp_path, place, damage):
    database = tmp_path / "copy.db"
    shutil.copy(store.with_suffix(".db"), database)
    copy = shutil.copytree(store, database.with_suffix(".zarr"))
    file = (next(path for path in copy.glob("runs/*") if path.is_dir()) if place == "run" else copy / place) / "zarr.json"
    sound = file.read_text()
    texts = {
        "empty": "",
        "cut": sound[:20],
        "not an object": "[]",
        "another type": sound.replace('"group"', '"array"'),
        "version 2": sound.replace("3", "2"),
        "a member more": sound.replace("{", '{"more": 1, ', 1),
    }
    file.unlink()
    if damage != "gone":
        file.write_text(texts[damage])
    for more in ([], ["--frames"]):
        [fault] = resonance("verify", database, "--json", *more, status=7).json()["faults"]
        assert fault["kind"] == ("missing_group" if damage == "gone" else "damaged_group") and fault["file"] == str(file)
    damaged = None if damage == "gone" else file.read_text()
    report = resonance("repair", database, "--json").json()
    assert report["complete"] and [finding["kind"] for finding in report["findings"]] == ["group"]
    assert (file.read_text() if file.exists() else None) == damaged, "the damaged one stays as it is"
    repaired = tmp_path / "copy.repaired.zarr"
    assert seen(repaired, sorted(repaired.rglob("zarr.json"))) == seen(store, sorted(store.rglob("zarr.json")))
    assert resonance("verify", database.with_suffix(".repaired.db"), "--frames").stdout == ""


@pytest.mark.parametrize(
    "change",
    [
        ('"separator": "/"', '"separator": "."'),
        ('"fill_value": 0', '"fill_value": 7'),
        ('"frame",', '"brame",'),
        ('"dimension_names"', '"attributes2"'),
        ('"endian": "little"', '"fndian": "little"'),
        ('"index_location": "end"', '"index_location": "start"'),
        ('"node_type": "array"', '"node_type": "group"'),
        ('"format": 1', '"format": 9'),
    ],
)
def test_a_changed_member_of_an_array_is_a_fault_that_repair_mends(resonance, store, tmp_path, change):
    database = tmp_path / "copy.db"
    shutil.copy(store.with_suffix(".db"), database)
    copy = shutil.copytree(store, database.with_suffix(".zarr"))
    for file in copy.glob("runs/*/*/zarr.json"):
        assert change[0] in file.read_text()
        file.write_text(change[1].join(file.read_text().rsplit(change[0], 1)))
    faults = resonance("verify", database, "--json", status=7).json()["faults"]
    assert {fault["file"] for fault in faults} >= {str(file) for file in copy.glob("runs/*/*/zarr.json")}
    report = resonance("repair", database, "--json").json()
    assert report["complete"] and report["frames_lost"] == 0
    repaired = tmp_path / "copy.repaired.zarr"
    assert seen(repaired, sorted(repaired.rglob("zarr.json"))) == seen(store, sorted(store.rglob("zarr.json")))


def test_what_users_add_with_stock_tools_is_no_fault(resonance, store, tmp_path):
    database = tmp_path / "copy.db"
    shutil.copy(store.with_suffix(".db"), database)
    copy = shutil.copytree(store, database.with_suffix(".zarr"))
    root = zarr.open_group(str(copy), mode="r+")
    root.attrs["title"] = "March"
    root.attrs["nothing"] = float("nan")
    for path in copy.glob("runs/*/*/zarr.json"):
        zarr.open_array(str(path.parent), mode="r+").attrs["detector"] = "CCD"
    zarr.consolidate_metadata(str(copy))
    assert resonance("verify", database, "--frames").stdout == ""
