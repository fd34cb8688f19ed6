"""The checks from outside (RESONANCE_ACCEPT), and a real beamtime from end to end (RESONANCE_DATA)."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

READERS = ["zarr", "tensorstore", "zarrs"]


def bytes_below(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def rows(resonance, path, run):
    return resonance("table", path, run, "--format", "json").json()


def frames_of(resonance, path, run, target):
    resonance("image", path, run, "--frames", ":", "-o", target)
    return np.load(target)


# Tables


def test_new_files_have_exactly_the_tables_agreed_on(resonance, run_accept, tmp_path):
    resonance("init", tmp_path / "root")
    resonance("simulate", tmp_path / "x.db", "--runs", 1, "--events", 3, "--shape", "8,8")
    run_accept("describe.py", tmp_path / "root/index.db", "--is", "index")
    run_accept("describe.py", tmp_path / "x.db", "--is", "beamtime")


@pytest.mark.parametrize("name", ["v1.db", "stamped.db", "empty.db"])
def test_migrated_files_have_exactly_the_tables_agreed_on(resonance, run_accept, tmp_path, name):
    run_accept("make_foreign.py", tmp_path / "foreign")
    path = tmp_path / "foreign" / name
    run_accept("describe.py", path, "--is", "beamtime", status=1)
    resonance("migrate", path)
    run_accept("describe.py", path, "--is", "beamtime")
    assert sqlite3.connect(path).execute("PRAGMA foreign_key_check").fetchall() == []


# Files of the Python package


@pytest.fixture(scope="module")
def foreign(run_accept, tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign") / "files"
    return folder, run_accept("make_foreign.py", folder).json()


@pytest.mark.parametrize("name", ["python.db", "v1.db"])
def test_every_fact_of_a_foreign_file_is_found(resonance, foreign, tmp_path, name):
    folder, facts = foreign
    before = bytes_below(folder)
    listed = resonance("ls", folder / name, "--json").json()
    assert [run["uid"] for run in listed] == [fact["uid"] for fact in reversed(facts[name])]
    for fact, run in zip(reversed(facts[name]), listed):
        assert (run["sample"], run["exit_status"], run["num_events"], run["num_frames"]) == (fact["sample"], fact["exit_status"], fact["events"], 6)
        shown = resonance("show", folder / name, fact["uid"], "--json").json()
        assert shown["metadata"] == {"edge": "carbon"}
        assert shown["frames"][0] | {"bytes": 0} == {
            "field": "detector_image", "zarr_group": f"runs/{fact['uid']}/detector_image", "shape": [6, 40, 64], "dtype": "uint16", "codec": "zstd", "bytes": 0,
        }  # fmt: skip
        events = rows(resonance, folder / name, fact["uid"])
        assert [event["energy"] for event in events] == [280.0 + i for i in range(6)]
        assert [event["note"] for event in events] == [None, *["ok"] * 5]
        assert [event["big"] for event in events] == [2**53 + 1 + i for i in range(6)]
        assert [event["odd"] for event in events if event["odd"] != "NaN"] == [1e-7] * 5
        stack = frames_of(resonance, folder / name, fact["uid"], tmp_path / "x.npy")
        assert stack.dtype == "uint16" and stack.sum(axis=(1, 2)).tolist() == fact["sums"] and fact["sums"][2] == 0
    assert bytes_below(folder) == before


@pytest.mark.parametrize("name, status", [("text.db", 7), ("torn.db", 7), ("empty.db", 7)])
def test_what_cannot_be_read_is_said_and_left_alone(resonance, foreign, name, status):
    folder, _ = foreign
    before = bytes_below(folder)
    done = resonance("ls", folder / name, status=None)
    if name == "torn.db" and done.returncode == 0:  # the first pages may all be there
        done = resonance("table", folder / name, "-1", status=status)
    assert done.returncode == status and name in done.stderr and done.stderr.count("\n") == 1
    assert bytes_below(folder) == before


# Frames


@pytest.fixture(scope="module")
def simulated(resonance, accept, tmp_path_factory):
    path = tmp_path_factory.mktemp("simulated") / "x.db"
    for codec in ("none", "blosc", "zstd", "gzip"):
        resonance("simulate", path, "--runs", 1, "--events", 40, "--shape", "100,120", "--codec", codec)
    return path


@pytest.mark.parametrize("reader", READERS)
def test_stock_readers_find_every_frame_of_a_simulation(run_accept, simulated, reader):
    run_accept("check_frames.py", simulated, "--sum", "counts", "--expect", 160, "--reader", reader)


def test_stock_readers_follow_a_live_run(resonance, accept, tmp_path):
    path = tmp_path / "x.db"
    process = resonance.start("simulate", path, "--runs", 1, "--events", 400, "--rate", 100, "--live", "--shape", "64,64")
    follow = [sys.executable, str(accept / "follow_live.py"), str(path), "--seconds", "5", "--sum", "counts", "--reader"]
    followers = [subprocess.Popen([*follow, reader], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for reader in READERS]
    said = [follower.communicate()[0] for follower in followers]
    process.communicate()
    assert [follower.returncode for follower in followers] == [0, 0, 0], "\n".join(said)
    assert all(" 0 frames seen" not in text for text in said)


# A real beamtime


@pytest.fixture(scope="module")
def znpc(resonance, data, tmp_path_factory):
    """ALS 11.0.1.2, scan 80276: 453 rows and the first 49 of their frames."""
    path = tmp_path_factory.mktemp("als") / "znpc.db"
    told = resonance("import", *(data / "als-rsoxs-znpc-80276").glob("*-AI.txt"), "--into", path, "--sample", "ZnPc", "--json").json()
    return path, told[0]["run_uid"]


def beamline_table(data):
    """Rows of the beamline's own text file, by its last header line."""
    (source,) = (data / "als-rsoxs-znpc-80276").glob("*-AI.txt")
    lines = source.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Time\t"))
    return list(csv.DictReader(lines[start:], delimiter="\t"))


def test_a_real_scan_comes_out_exact_to_the_last_digit(resonance, data, znpc):
    path, run = znpc
    source, events = beamline_table(data), rows(resonance, path, run)
    (listed,) = resonance("ls", path, "--json").json()
    assert (listed["num_events"], listed["num_frames"], listed["sample"]) == (453, 49, "ZnPc")
    assert len(events) == len(source) == 453
    assert len(source[0]) == 34
    for name in source[0]:
        for event, row in zip(events, source):
            same = event[name] == row[name] if isinstance(event[name], str) else float(event[name]) == float(row[name])
            assert same, (name, event["seq_num"])
    assert math.isclose(math.fsum(event["Beamline Energy"] for event in events), 128310.37364429, abs_tol=1e-8)


def test_the_pixel_sums_of_a_real_scan_are_the_beamlines_own(resonance, znpc, tmp_path):
    zarr = pytest.importorskip("zarr")
    path, run = znpc
    counts = {event["seq_num"]: event["Counts"] for event in rows(resonance, path, run)}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        found = connection.execute("SELECT e.seq_num, i.zarr_group, i.index_in_stack FROM image_refs i JOIN events e ON e.uid = i.event_uid ORDER BY e.seq_num").fetchall()
    ours = frames_of(resonance, path, run, tmp_path / "x.npy")
    theirs = zarr.open_group(path.with_suffix(".zarr"), mode="r")[found[0][1]][:]
    assert ours.shape == (49, 500, 500) and ours.dtype == "uint16" and np.array_equal(ours, theirs)
    wanted = [counts[seq_num] for seq_num, _, _ in found]
    assert ours.sum(axis=(1, 2), dtype="int64").tolist() == wanted
    assert [int(theirs[number].sum(dtype="int64")) for _, _, number in found] == wanted


@pytest.mark.parametrize("reader", READERS)
def test_stock_readers_find_every_frame_of_a_real_scan(run_accept, znpc, reader):
    run_accept("check_frames.py", znpc[0], "--sum", "Counts", "--expect", 49, "--reader", reader)


def test_a_real_scan_takes_less_room_than_its_fits_files(data, znpc):
    files = [file for file in znpc[0].with_suffix(".zarr").rglob("*") if file.is_file()]
    fits = sum(file.stat().st_size for file in (data / "als-rsoxs-znpc-80276/CCD").glob("*.fits"))
    assert sum(file.stat().st_blocks * 512 for file in files) < 0.6 * fits


def test_a_real_absorption_table_comes_out_exact_to_the_last_digit(resonance, data, tmp_path):
    source = data / "als-nexafs/nexafs_results.csv"
    run = resonance("import", source, "--into", tmp_path / "x.db", "--json").json()[0]["run_uid"]
    events = rows(resonance, tmp_path / "x.db", run)
    wanted = list(csv.DictReader(io.StringIO(source.read_text())))
    assert len(events) == len(wanted) == 3650
    assert all(event[name] == float(row[name]) for event, row in zip(events, wanted) for name in row if name in event)
    assert math.fsum(event["TEY signal_mean"] for event in events) == 423.62116581289274
