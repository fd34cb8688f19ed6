"""Runs that are being recorded, followed by every reader in a process of its own."""

from __future__ import annotations

import json
import pathlib
import sqlite3
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
FRAMES, RATE = 5200, 500  # more than ten seconds, some shards of 255 chunks
SMALL_SHARDS_FRAMES, SMALL_SHARDS_RATE = 2600, 250  # 1 MiB a shard: about a seal every half second
PYTHON_READERS = ["zarr-python", "zarrs", "tensorstore"]


def run_of(database, writer):
    """The run's uid, once it has a frame."""
    while writer.poll() is None:
        if database.exists():
            try:
                with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
                    if found := connection.execute("SELECT zarr_group FROM image_refs LIMIT 1").fetchone():
                        return found[0]
            except sqlite3.OperationalError:  # no tables yet
                pass
        time.sleep(0.02)
    pytest.fail(f"the writer of {database.name} ended with status {writer.returncode} before its first frame", pytrace=False)


def counts_of(database):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return [json.loads(data)["counts"] for (data,) in connection.execute("SELECT data FROM events ORDER BY seq_num")]


def start_followers(node, stop, arrays):
    commands = {reader: [sys.executable, "-B", HERE / "follow.py", reader] for reader in PYTHON_READERS}
    commands["zarrita"] = [node, HERE / "follow.mjs"]
    return {
        reader: subprocess.Popen([*command, stop, *arrays], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for reader, command in commands.items()
    }


def finish(follower):
    out, errors = follower.communicate(timeout=120)
    assert follower.returncode == 0, errors
    return json.loads(out)


def faults_of(report, counts):
    """What one reader saw wrong in one array."""
    lengths, sums, faults = report["lengths"], report["sums"], []
    if report["errors"]:
        faults.append(f"{len(report['errors'])} errors, the first: {report['errors'][0]}")
    if lengths != sorted(lengths):
        faults.append(f"the length shrank: {lengths}")
    if len(lengths) < 10:
        faults.append(f"it saw only the lengths {lengths}")
    if len(sums) != len(counts):
        faults.append(f"it saw {len(sums)} of {len(counts)} frames")
    wrong = [number for number, (found, wanted) in enumerate(zip(sums, counts)) if found != [wanted]]
    if wrong:
        faults.append(f"{len(wrong)} wrong frames, the first is {wrong[0]}: sums {sums[wrong[0]]} instead of {counts[wrong[0]]}")
    return faults


def test_runs_at_full_rate_are_read_right_by_every_reader(resonance, program, node, tmp_path):
    live = ["--runs", 1, "--events", FRAMES, "--rate", RATE, "--shape", "64,64", "--live", "--json"]
    commands = {
        "raw": resonance.arguments("simulate", tmp_path / "raw.db", *live, "--codec", "none"),
        "blosc": resonance.arguments("simulate", tmp_path / "blosc.db", *live, "--codec", "blosc"),
        "small": [program("write_live"), tmp_path / "small.db", "blosc", str(SMALL_SHARDS_RATE), str(SMALL_SHARDS_FRAMES)],
    }
    processes = []
    try:
        writers = {name: subprocess.Popen(command, stdout=subprocess.DEVNULL) for name, command in commands.items()}
        processes += writers.values()
        databases = [tmp_path / f"{name}.db" for name in writers]
        arrays = [database.with_suffix(".zarr") / run_of(database, writers[database.stem]) for database in databases]
        followers = start_followers(node, tmp_path / "stop", arrays)
        processes += followers.values()
        assert {name: writer.wait(timeout=300) for name, writer in writers.items()} == dict.fromkeys(writers, 0)
        (tmp_path / "stop").touch()
        reports = {reader: finish(follower) for reader, follower in followers.items()}
    finally:
        for process in processes:
            process.kill()
            process.wait()

    counts = [counts_of(database) for database in databases]
    assert [len(of_one) for of_one in counts] == [FRAMES, FRAMES, SMALL_SHARDS_FRAMES]
    assert len([file for file in (arrays[2] / "c").rglob("*") if file.is_file()]) >= 5
    faults = {
        f"{reader} {database.stem}": found
        for reader, of_reader in reports.items()
        for database, report, wanted in zip(databases, of_reader, counts)
        if (found := faults_of(report, wanted))
    }
    assert not faults
