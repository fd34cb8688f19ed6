"""Runs that are being recorded, followed by every reader in a process of its own."""

from __future__ import annotations

import json
import pathlib
import sqlite3
import subprocess
import sys
import time

import pytest

from pixels import require_none

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


def start_followers(node, stop):
    """A process for each reader, ready to be told what to follow."""
    commands = {reader: [sys.executable, "-B", HERE / "follow.py", reader] for reader in PYTHON_READERS}
    if node:
        commands["zarrita"] = [node, HERE / "follow.mjs"]
    pipe = subprocess.PIPE
    return {reader: subprocess.Popen([*command, stop], stdin=pipe, stdout=pipe, stderr=pipe, text=True) for reader, command in commands.items()}


def require_ready(follower):
    if follower.stdout.readline() != "ready\n":
        pytest.fail(f"a reader did not start:\n{follower.communicate()[1]}", pytrace=False)


def follow(follower, arrays):
    follower.stdin.write(json.dumps([str(array) for array in arrays]) + "\n")
    follower.stdin.flush()


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
    if len(lengths) < 2:  # no more than that: a busy machine makes slow readers
        faults.append(f"it did not follow: it saw only the lengths {lengths}")
    if len(sums) != len(counts):
        faults.append(f"it saw {len(sums)} of {len(counts)} frames")
    wrong = [number for number, (found, wanted) in enumerate(zip(sums, counts)) if found != [wanted]]
    if wrong:
        faults.append(f"{len(wrong)} wrong frames, the first is {wrong[0]}: sums {sums[wrong[0]]} instead of {counts[wrong[0]]}")
    return faults


@pytest.fixture(scope="module")
def followed(resonance, program, maybe_node, tmp_path_factory):
    """Three runs, recorded and followed at the same time: name -> counts of its events, and reader -> name -> report."""
    folder = tmp_path_factory.mktemp("live")
    live = ["--runs", 1, "--events", FRAMES, "--rate", RATE, "--shape", "64,64", "--live", "--json"]
    commands = {
        "raw": resonance.arguments("simulate", folder / "raw.db", *live, "--codec", "none"),
        "blosc": resonance.arguments("simulate", folder / "blosc.db", *live, "--codec", "blosc"),
        "small shards": [program("write_live"), folder / "small shards.db", "blosc", str(SMALL_SHARDS_RATE), str(SMALL_SHARDS_FRAMES)],
    }
    processes = []
    try:
        followers = start_followers(maybe_node, folder / "stop")
        processes += followers.values()
        for follower in followers.values():
            require_ready(follower)
        writers = {name: subprocess.Popen(command, stdout=subprocess.DEVNULL) for name, command in commands.items()}
        processes += writers.values()
        arrays = [folder / f"{name}.zarr" / run_of(folder / f"{name}.db", writer) for name, writer in writers.items()]
        for follower in followers.values():
            follow(follower, arrays)
        assert {name: writer.wait(timeout=300) for name, writer in writers.items()} == dict.fromkeys(writers, 0)
        (folder / "stop").touch()
        reports = {reader: dict(zip(writers, finish(follower))) for reader, follower in followers.items()}
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert len([file for file in (arrays[2] / "c").rglob("*") if file.is_file()]) >= 5
    return {name: counts_of(folder / f"{name}.db") for name in writers}, reports


def test_the_writers_wrote_every_event(followed):
    counts, _ = followed
    assert {name: len(of_run) for name, of_run in counts.items()} == {"raw": FRAMES, "blosc": FRAMES, "small shards": SMALL_SHARDS_FRAMES}


@pytest.mark.parametrize("reader", PYTHON_READERS)
def test_runs_are_read_right_while_they_are_recorded(followed, reader):
    counts, reports = followed
    require_none(f"{name}: {fault}" for name, report in reports[reader].items() for fault in faults_of(report, counts[name]))


def test_zarrita_reads_runs_right_while_they_are_recorded(node, followed):
    test_runs_are_read_right_while_they_are_recorded(followed, "zarrita")
