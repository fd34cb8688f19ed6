"""Copies that people make by hand: they say what they lack, and those that lack nothing are left in peace."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time

import pytest

from looking import rows


def copy_database(source, target, *, store=True):
    """Without its log, as a file manager does."""
    shutil.copy(source, target)
    if store and source.with_suffix(".zarr").exists():
        shutil.copytree(source.with_suffix(".zarr"), target.with_suffix(".zarr"))
    return target


def kinds(report, what="faults"):
    return [fault["kind"] for fault in report[what]]


@pytest.fixture
def live(resonance, tmp_path):
    """A beamtime that is recorded while the test looks at it, with events in its log."""
    database = tmp_path / "live.db"
    recording = resonance.start(
        "simulate", database, "--runs", 1, "--events", 100000, "--shape", "32,32", "--live", "--rate", 100, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if rows(database, "SELECT count(*) FROM events")[0][0] >= 20:
                    break
            except sqlite3.Error:  # no table yet
                pass
            time.sleep(0.02)
        yield database
    finally:
        recording.kill()
        recording.wait()


def test_a_copy_without_the_log_says_so_wherever_it_is_read(resonance, live, tmp_path):
    copy = copy_database(live, tmp_path / "copy.db")
    for _ in range(2):  # also when a look at it has made an empty log
        assert "copy.db-wal" in resonance("ls", copy).stderr and resonance("ls", copy, "--json").json() == []
        report = resonance("verify", copy, "--json", status=7).json()
        assert "missing_log" in kinds(report)
        (copy.parent / "copy.db-wal").touch()
    assert "missing" in resonance("stat", copy).stderr
    assert "log is missing" in resonance("repair", copy, status=7).stderr
    assert kinds(resonance("verify", tmp_path / "copy.repaired.db", "--json").json()) == []


def test_a_live_one_a_killed_one_and_one_that_is_closing_lack_nothing(resonance, live, tmp_path):
    for _ in range(3):
        assert resonance("ls", live).stderr == ""
        assert resonance("verify", live, "--json").json()["faults"] == []
    both = copy_database(live, tmp_path / "both.db")
    shutil.copy(f"{live}-wal", f"{both}-wal")
    assert resonance("ls", both).stderr == ""
    short = tmp_path / "short.db"
    resonance("simulate", short, "--runs", 1, "--events", 1)
    for seed in range(6):
        writing = resonance.start("simulate", short, "--runs", 1, "--events", 1, "--seed", seed, stderr=subprocess.DEVNULL)
        while writing.poll() is None:
            assert "log" not in resonance("ls", short, status=None).stderr
        assert kinds(resonance("verify", short, "--json").json()) == []


def test_the_next_recording_takes_the_copy_as_it_is_and_a_tag_does_not(resonance, live, tmp_path):
    with sqlite3.connect(live) as connection:  # somebody moved the log into the database, so that the run is there
        connection.execute("PRAGMA wal_checkpoint")
    connection.close()
    copy = copy_database(live, tmp_path / "copy.db")
    resonance("tag", copy, "-1", "mine")
    assert "copy.db-wal" in resonance("show", copy, "-1").stderr
    assert "missing_log" in kinds(resonance("verify", copy, "--json", status=7).json())
    resonance("simulate", copy, "--runs", 1, "--events", 2)
    assert resonance("ls", copy).stderr == ""
    assert "missing_log" not in kinds(resonance("verify", copy, "--json", status=None).json())


def test_what_other_programs_leave_in_log_mode_lacks_nothing(resonance, beamtime, tmp_path):
    copy = copy_database(beamtime, tmp_path / "copy.db")
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE runs SET operator = 'me'")
    connection.commit()
    connection.close()
    assert not (tmp_path / "copy.db-wal").exists()
    assert resonance("ls", copy).stderr == ""
    report = resonance("verify", copy, "--json").json()
    assert report["faults"] == [] and kinds(report, "notes") == ["missing_log"]
    bag = tmp_path / "bag"
    resonance("backup", copy, bag)
    resonance("backup", "--check", bag)


def test_an_early_copy_whose_tables_are_in_the_log_alone_says_so(resonance, tmp_path):
    database = tmp_path / "early.db"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE samples(id INTEGER PRIMARY KEY)")
    copy = copy_database(database, tmp_path / "copy.db")
    for verb in ("ls", "verify"):
        assert "no beamtime" in (said := resonance(verb, copy, status=7).stderr) and "-wal" in said
    connection.close()


def test_a_database_without_its_frame_store_says_so(resonance, beamtime, tmp_path):
    copy = copy_database(beamtime, tmp_path / "copy.db", store=False)
    for arguments in (("ls", copy), ("show", copy, "-1")):
        assert "copy.zarr is not there" in resonance(*arguments).stderr
    faults = resonance("verify", copy, "--json", status=7).json()["faults"]
    assert {fault["kind"] for fault in faults} == {"missing_array"}


def test_a_frame_store_without_its_database_is_named(resonance, beamtime, tmp_path):
    shutil.copytree(beamtime.with_suffix(".zarr"), tmp_path / "lone.zarr")
    assert "lone.zarr is there without it" in resonance("ls", tmp_path / "lone.db", status=3).stderr


def test_a_store_that_was_copied_before_the_database_lacks_frames_and_one_copied_later_does_not(resonance, beamtime, tmp_path):
    with_more = copy_database(beamtime, tmp_path / "more.db")
    resonance("simulate", with_more, "--runs", 1, "--events", 8, "--shape", "32,48", "--seed", 5)
    early = copy_database(with_more, tmp_path / "early.db", store=False)
    shutil.copytree(beamtime.with_suffix(".zarr"), early.with_suffix(".zarr"))
    assert kinds(resonance("verify", early, "--json", status=7).json()) == ["missing_array"]
    late = copy_database(beamtime, tmp_path / "late.db", store=False)
    shutil.copytree(with_more.with_suffix(".zarr"), late.with_suffix(".zarr"))
    report = resonance("verify", late, "--json").json()
    assert report["faults"] == [] and kinds(report, "notes") == ["unnamed_run"]


def test_the_log_of_another_moment_is_not_taken_for_the_right_one(resonance, live, tmp_path):
    late = tmp_path / "late.db"
    shutil.copy(live, late)
    shutil.copy(f"{live}-wal", tmp_path / "old-wal")
    for seed in range(3):
        resonance("simulate", late, "--runs", 1, "--events", 2, "--seed", seed)
    shutil.copy(tmp_path / "old-wal", f"{late}-wal")
    faults = resonance("verify", late, "--json", status=7).json()["faults"]
    assert any(fault["kind"] == "log" and "does not belong" in fault["message"] for fault in faults), faults


def test_an_index_tells_of_a_copy_without_its_log(resonance, live, tmp_path):
    root = tmp_path / "root"
    resonance("init", root)
    copy_database(live, root / "copy.db")
    resonance("index", "rebuild", root, status=None)
    assert "copy.db-wal" in (done := resonance("index", "sync", root, status=None)).stdout + done.stderr


def declare(database, shape, dtype=None):
    with sqlite3.connect(database) as connection:
        more = "" if dtype is None else f", '$.detector_image.dtype_numpy', '{dtype}'"
        connection.execute(f"UPDATE streams SET data_keys = json_set(data_keys, '$.detector_image.shape', json('{shape}'){more})")


@pytest.mark.parametrize(("shape", "dtype"), [("[8, 8]", None), ("[32, 48]", "<f4"), ("[1, 48, 32]", None)])
def test_frames_that_contradict_what_their_stream_declares_are_a_fault(resonance, beamtime, tmp_path, shape, dtype):
    copy = copy_database(beamtime, tmp_path / "copy.db")
    declare(copy, shape, dtype)
    faults = resonance("verify", copy, "--json", status=7).json()["faults"]
    assert {fault["kind"] for fault in faults} == {"declaration"} and len(faults) == 2
    assert "32x48 uint16" in faults[0]["message"] and faults[0]["field"] == "detector_image"
    done = resonance("repair", copy, status=7)
    assert "declares the frames" in done.stdout
    assert not (tmp_path / "copy.repaired.db").exists(), "which of the two is right, nobody knows"


@pytest.mark.parametrize("shape", ["[32, 48]", "[null, 48]", "[7, 32, 48]", "[]", '["rows", "columns"]'])
def test_declarations_that_fit_or_say_nothing_are_no_fault(resonance, beamtime, tmp_path, shape):
    copy = copy_database(beamtime, tmp_path / "copy.db")
    declare(copy, shape)
    assert resonance("verify", copy, "--json").json()["faults"] == []
