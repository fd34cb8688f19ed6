"""`resonance repair`, from outside: what is left of a damaged beamtime, and that the damaged one stays as it is."""

from __future__ import annotations

import os
import pathlib
import shutil
import sqlite3
import subprocess

import pytest


@pytest.fixture
def copy(beamtime, tmp_path):
    """A copy of the simulated beamtime that a test may damage."""
    database = tmp_path / "copy.db"
    shutil.copy(beamtime, database)
    shutil.copytree(beamtime.with_suffix(".zarr"), database.with_suffix(".zarr"))
    return database


def a_shard(database: pathlib.Path) -> pathlib.Path:
    return sorted(database.with_suffix(".zarr").glob("runs/*/*/c/0/0/0"))[0]


def state(folder: pathlib.Path):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-lock")}


def test_a_sound_beamtime_is_left_alone(resonance, copy):
    before = state(copy.parent)
    assert "is sound" in resonance("repair", copy).stderr
    assert resonance("repair", copy, "--json").json()["sound"] is True
    assert state(copy.parent) == before


def test_frames_that_are_lost_are_said_and_the_rest_is_sound(resonance, copy):
    shard = a_shard(copy)
    shard.unlink()
    before = state(copy.parent)
    report = resonance("repair", copy, "--json", status=7).json()
    assert report["complete"] is False and report["frames_lost"] == 12 and report["events_lost"] == 0
    [lost] = [finding for finding in report["findings"] if finding["outcome"] == "lost"]
    assert (lost["kind"], lost["first"], lost["last"], lost["count"], lost["file"]) == ("frame", 0, 11, 12, str(shard))
    repaired = copy.with_suffix(".repaired.db")
    assert report["database"] == str(repaired) and report["verified"]["num_faults"] == 0
    assert {path: now for path, now in state(copy.parent).items() if path in before} == before
    assert resonance("verify", repaired, "--frames", "--quiet").stdout == ""
    assert resonance("ls", repaired).stdout.count("\n") == 5
    for old in copy.with_suffix(".zarr").rglob("c/0/0/0"):
        assert old.stat().st_ino == (repaired.with_suffix(".zarr") / old.relative_to(copy.with_suffix(".zarr"))).stat().st_ino


def test_the_advice_puts_the_repaired_one_in_its_place(resonance, copy):
    os.truncate(a_shard(copy), a_shard(copy).stat().st_size - 40)
    done = resonance("repair", copy, status=None)
    advice = [line for line in done.stderr.splitlines() if line.startswith("  ")]
    subprocess.run(["bash", "-ec", "\n".join(advice)], check=True)
    assert resonance("verify", copy, "--frames", "--quiet").stdout == ""
    assert copy.with_suffix(".damaged.db").exists() and copy.with_suffix(".damaged.zarr").exists()


def test_a_database_whose_pages_are_damaged_gives_what_can_be_read(resonance, copy):
    with sqlite3.connect(copy) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'idx_events_seq'").fetchone()[0]
    with copy.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\x55" * 4096)
    done = resonance("repair", copy, "-o", copy.with_name("other.db"))
    assert "everything that was recorded is there" in done.stderr
    assert resonance("verify", copy.with_name("other.db"), "--frames").stdout == ""


def test_what_is_there_is_not_overwritten_and_what_is_no_database_refused(resonance, copy):
    a_shard(copy).unlink()
    copy.with_suffix(".repaired.db").write_text("mine")
    assert "already" in resonance("repair", copy, status=4).stderr
    assert copy.with_suffix(".repaired.db").read_text() == "mine"
    text = copy.with_name("text.db")
    text.write_text("no database\n" * 100)
    assert ".recover" in resonance("repair", text, status=7).stderr
    assert "resonance repair" in resonance("repair", "--help").stdout
