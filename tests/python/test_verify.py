"""`resonance verify`, from outside: what it says, its exit status, and that it finds what other programs damage."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import sqlite3
import stat

import pytest


@pytest.fixture
def copy(beamtime, tmp_path):
    """A copy of the simulated beamtime that a test may damage."""
    database = tmp_path / "copy.db"
    shutil.copy(beamtime, database)
    shutil.copytree(beamtime.with_suffix(".zarr"), database.with_suffix(".zarr"))
    return database


def a_shard(database: pathlib.Path) -> pathlib.Path:
    return next(database.with_suffix(".zarr").glob("runs/*/*/c/0/0/0"))


def test_a_sound_beamtime_has_no_faults_and_is_left_as_it_is(resonance, copy):
    before = {path: path.stat().st_mtime_ns for path in copy.parent.rglob("*")}
    done = resonance("verify", copy, "--frames")
    assert done.stdout == ""
    assert "48 events, 24 frames checked, 24 read" in done.stderr and done.stderr.strip().endswith("0 faults")
    assert resonance("verify", copy, "--frames", "--quiet").stderr == ""
    assert {path: path.stat().st_mtime_ns for path in copy.parent.rglob("*")} == before


def test_json_is_one_object_with_faults_notes_and_counts(resonance, copy):
    report = resonance("verify", copy, "--json").json()
    assert report["faults"] == [] and report["notes"] == []
    assert (report["runs"], report["events"], report["frames"], report["num_faults"]) == (4, 48, 24, 0)
    shard = a_shard(copy)
    shard.unlink()
    (shard.parent / "zarr.json.1-00000000.partial").write_text("")
    report = resonance("verify", copy, "--json", status=7).json()
    [fault] = report["faults"]
    assert fault["kind"] == "missing_shard" and fault["severity"] == "fault" and fault["file"] == str(shard)
    assert (fault["field"], fault["frame"], fault["seq_num"], fault["offset"]) == ("detector_image", 0, 1, None)
    assert [note["kind"] for note in report["notes"]] == ["partial_file"]
    assert report["num_faults"] == 1 and report["num_notes"] == 1


def test_one_line_for_each_fault_and_status_7(resonance, copy):
    shard = a_shard(copy)
    os.truncate(shard, shard.stat().st_size - 40)
    done = resonance("verify", copy, status=7)
    [line] = done.stdout.splitlines()
    assert line.startswith("fault damaged_shard: run ") and str(shard) in line
    assert done.stderr.splitlines()[0].endswith("1 fault") and "resonance repair" in done.stderr.splitlines()[1]
    uid = shard.parts[-5 - 1]
    assert resonance("verify", copy, uid, status=7).stdout == done.stdout
    others = [run["uid"] for run in resonance("ls", copy, "--json").json() if run["uid"] != uid]
    assert "1 run" not in resonance("verify", copy, *others).stderr
    assert resonance("verify", copy, "nothing", status=3).stdout == ""


def test_rows_that_somebody_changed_are_found(resonance, copy):
    with sqlite3.connect(copy) as connection:
        connection.execute("DELETE FROM events WHERE seq_num = 3")
    kinds = {fault["kind"] for fault in resonance("verify", copy, "--json", status=7).json()["faults"]}
    assert {"seq_num", "count", "foreign_key"} <= kinds


def test_what_is_no_beamtime_has_the_status_of_other_verbs(resonance, tmp_path):
    resonance("verify", tmp_path / "missing.db", status=3)
    (tmp_path / "text.db").write_text("this is not a database\n" * 400)
    assert "not a database" in resonance("verify", tmp_path / "text.db", status=7).stderr
    resonance("init", tmp_path / "root")
    assert "no beamtime" in resonance("verify", tmp_path / "root" / "index.db", status=7).stderr


@pytest.mark.parametrize("part", [0.1, 0.3, 0.6, 0.95])
def test_a_database_that_was_cut_is_reported(resonance, copy, part):
    os.truncate(copy, int(copy.stat().st_size * part))
    report = resonance("verify", copy, "--frames", "--json", status=7).json()
    assert "database" in {fault["kind"] for fault in report["faults"]}


def test_files_of_other_programs_have_no_faults(resonance, run_accept, tmp_path):
    pytest.importorskip("zarr")
    run_accept("make_foreign.py", tmp_path / "foreign")
    for name in ("python.db", "v1.db", "stamped.db"):
        report = resonance("verify", tmp_path / "foreign" / name, "--frames", "--json").json()
        assert report["faults"] == [] and report["frames_read"] == 18, name
    assert resonance("verify", tmp_path / "foreign" / "torn.db", "--json", status=7).json()["num_faults"] > 0


def test_imported_real_data_has_no_faults(resonance, data, tmp_beamtime):
    table = data / "als-rsoxs-znpc-80276" / "ZnPc_P100_E180276-AI.txt"
    if not table.is_file():
        pytest.skip(f"no test data {table}")
    resonance("import", table, "--into", tmp_beamtime)
    report = resonance("verify", tmp_beamtime, "-1", "--frames", "--json").json()
    assert (report["events"], report["frames_read"], report["num_faults"], report["num_notes"]) == (453, 49, 0, 0)


def test_a_run_that_is_being_recorded_has_no_faults(resonance, tmp_beamtime):
    recording = resonance.start("simulate", tmp_beamtime, "--runs", 2, "--events", 150, "--shape", "64,64", "--live", "--rate", 50)
    try:
        seen = 0
        while recording.poll() is None:
            done = resonance("verify", tmp_beamtime, "--frames", "--json", status=None)
            if done.returncode == 3 or (seen == 0 and "no beamtime" in done.stderr):
                continue  # the first transaction is still to come
            report = json.loads(done.stdout)
            assert done.returncode == 0 and report["faults"] == [], report["faults"]
            seen = max(seen, report["frames_read"])
        assert recording.returncode == 0 and seen > 0
    finally:
        recording.kill()
        recording.wait()
    assert resonance("verify", tmp_beamtime, "--frames", "--json").json()["open_runs"] == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_enough(resonance, copy):
    for path in [copy.parent, *copy.parent.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        resonance("verify", copy, "--frames")
    finally:
        for path in [copy.parent, *copy.parent.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
