"""A data root as its users have it: beamtimes of several people in folders, one index over all, questions to it."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest


@pytest.fixture
def root(resonance, tmp_path):
    """Two beamtimes of Ada's, one of nobody's; four runs each."""
    folder = tmp_path / "data"
    resonance("init", folder, "--researcher", "Ada Example", "--zone", "America/Los_Angeles")
    for number, name in enumerate(["Ada_Example/march.db", "Ada_Example/may.db", "test.db"]):
        (folder / name).parent.mkdir(exist_ok=True)
        resonance("simulate", folder / name, "--runs", 4, "--events", 3, "--shape", "8,8", "--seed", number)
    return folder


def found(resonance, root, *query):
    return resonance("search", root, *query, "--json").json()["runs"]


def test_what_is_recorded_in_a_root_is_found_at_once(resonance, root):
    runs = found(resonance, root)
    assert len(runs) == 12
    assert {run["db_path"] for run in runs} == {"Ada_Example/march.db", "Ada_Example/may.db", "test.db"}
    assert {run["researcher"] for run in runs} == {"Ada Example", "unassigned"}
    assert len(found(resonance, root, "researcher:ada*")) == 8
    shown = resonance("search", root, "plan:nexafs_scan sample:*2", "--limit", 3)
    assert len(shown.stdout.splitlines()) == 4 and "--cursor" not in shown.stderr


def test_tags_and_notes_are_found_at_once(resonance, root):
    resonance("tag", root / "test.db", -1, "beautiful")
    resonance("note", root / "test.db", -1, "the beam was dumped")
    assert [run["db_path"] for run in found(resonance, root, "tag:beautiful note:dumped")] == ["test.db"]
    assert resonance("index", "verify", root).stderr.endswith("the index says the same\n")


def test_pages_counts_facets_and_csv(resonance, root):
    first = resonance("search", root, "--limit", 5, "--json").json()
    second = resonance("search", root, "--limit", 5, "--cursor", first["next"], "--json").json()
    third = resonance("search", root, "--limit", 5, "--cursor", second["next"], "--json").json()
    assert third["next"] is None
    uids = [run["uid"] for page in (first, second, third) for run in page["runs"]]
    assert uids == [run["uid"] for run in found(resonance, root)] and len(set(uids)) == 12
    assert resonance("search", root, "plan:rsoxs_scan", "--count").stdout == "6\n"
    facets = {facet["name"]: facet["values"] for facet in resonance("search", root, "--facet", "--json").json()}
    assert facets["plan"] == [{"value": "nexafs_scan", "count": 6}, {"value": "rsoxs_scan", "count": 6}]
    days = [value["value"] for value in facets["day"]]
    assert days == sorted(days, reverse=True) and sum(value["count"] for value in facets["day"]) == 12
    assert "nexafs_scan" in resonance("search", root, "--facets", "plan").stdout
    rows = list(csv.DictReader(io.StringIO(resonance("search", root, "frames>0", "--format", "csv").stdout)))
    assert len(rows) == 6 and rows[0]["plan_name"] == "rsoxs_scan" and rows[0]["db_path"].endswith(".db")


def test_ls_asks_a_root_and_a_beamtime_alike(resonance, root):
    assert len(resonance("ls", root, "--json").json()) == 12
    assert len(resonance("ls", root, "--plan", "rsoxs*", "--sample", "*1", "--json").json()) == 3
    one = resonance("ls", root / "test.db", "frames>0 energy>270", "--json").json()
    assert [run["plan_name"] for run in one] == ["rsoxs_scan", "rsoxs_scan"]
    assert resonance("ls", root / "test.db", "plan:none").stdout == ""


def test_samples_and_researchers(resonance, root):
    samples = resonance("sample", root, "--json").json()
    assert [(sample["num_runs"], sample["num_beamtimes"]) for sample in samples] == [(6, 3), (6, 3)]
    shown = resonance("sample", root, samples[0]["name"], "--json").json()
    assert len(shown["runs"]) == 6 and shown["samples"][0]["formulas"] == samples[0]["formulas"]
    assert len(resonance("sample", root / "test.db", "--json").json()) == 2
    resonance("researcher", root, "Bob", "--email", "bob@example.org", "--folder", ".")
    assert len(found(resonance, root, "researcher:bob")) == 4
    told = resonance("index", "add", root, "test.db", "--researcher", "Ada Example", "--label", "Tests", "--json").json()
    assert (told["researcher"], told["label"], told["num_runs"]) == ("Ada Example", "Tests", 4)
    assert len(found(resonance, root, "researcher:ada* beamtime:tests")) == 4
    assert "bob@example.org" in resonance("researcher", root).stdout
    assert resonance("researcher", root, "Nobody", status=3).stderr.count("Nobody") == 1


def test_sync_follows_what_people_do_to_files(resonance, root):
    assert "nothing to do" in resonance("index", "sync", root).stderr
    for suffix in (".db", ".zarr"):
        shutil.move(root / f"Ada_Example/march{suffix}", root / f"moved{suffix}")
    os.remove(root / "test.db")
    report = resonance("index", "sync", root, "--json").json()
    assert report["moved"] == [{"from": "Ada_Example/march.db", "to": "moved.db"}] and report["removed"] == ["test.db"]
    assert len(found(resonance, root)) == 8
    (root / "broken.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    broken = resonance("index", "sync", root)
    assert "broken.db" in broken.stderr and len(found(resonance, root)) == 8
    assert resonance("index", "verify", root, status=7).stderr.count("broken.db") >= 1
    resonance("index", "rebuild", root)
    assert len(found(resonance, root)) == 8


@pytest.mark.parametrize(
    "call, status, words",
    [
        (["search", "ROOT", "plan:x (a OR"], 2, "column"),
        (["search", "ROOT", "--sort", "size"], 2, "num_events"),
        (["search", "ROOT", "--cursor", "zz"], 2, "cursor"),
        (["search", "ROOT", "--zone", "Mars/Olympus"], 2, "Mars/Olympus"),
        (["search", "ROOT/nothing"], 3, "name that one"),
        (["search", "ROOT/../nothing"], 3, "there is no folder"),
        (["index", "add", "ROOT"], 2, "name the database"),
        (["index", "sync", "ROOT", "x.db"], 2, "for 'add'"),
        (["index", "mend", "ROOT"], 2, "add, sync, rebuild, verify"),
        (["researcher", "ROOT", "--email", "x"], 2, "whose?"),
        (["sample", "ROOT", "none"], 3, "lists all"),
    ],
)
def test_wrong_calls_get_one_clear_line(resonance, root, call, status, words):
    done = resonance(*[word.replace("ROOT", str(root)) for word in call], status=status)
    assert words in done.stderr and len(done.stderr.splitlines()) == 1 and done.stdout == ""


def contents(index):
    """What the index says of its runs, without the numbers of rows."""
    connection = sqlite3.connect(index)
    rows = connection.execute(
        "SELECT r.uid, b.db_path, p.name, t.name, r.time_start, r.time_stop, r.num_events, r.num_frames, r.digest FROM search_runs r JOIN beamtimes b "
        "ON b.id = r.beamtime_id JOIN search_names p ON p.id = r.plan JOIN search_names t ON t.id = r.status ORDER BY r.uid"
    ).fetchall()
    values = connection.execute("SELECT r.uid, v.item, v.low, v.high FROM search_values v JOIN search_runs r ON r.run = v.run ORDER BY 1, 2").fetchall()
    connection.close()
    return rows, values


def test_recorders_sync_searchers_and_kills_at_once(resonance, tmp_path):
    """Four processes record, one brings the index up to date, two search; all die at random. In the end it is as if made anew."""
    root = tmp_path / "data"
    resonance("init", root)
    command = os.environ["RESONANCE_COMMAND"]
    dice = random.Random(4)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}

    def start(role):
        if role < 4:
            call = ["simulate", root / f"beamtime{role}.db", "--runs", "3", "--events", "20", "--rate", "200", "--shape", "8,8", "--live"]
        elif role == 4:
            call = ["index", "sync", root]
        else:
            call = ["search", root, "plan:*scan energy>270"]
        return subprocess.Popen([command, *map(str, call)], **quiet)

    running = {role: start(role) for role in range(7)}
    end = time.monotonic() + 12
    kills, said = 0, []
    while time.monotonic() < end:
        time.sleep(0.02)
        for role, process in list(running.items()):
            if process.poll() is None:
                if dice.random() < 0.01:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    kills += 1
                else:
                    continue
            if process.returncode not in (0, -signal.SIGKILL):
                said.append(process.stderr.read())
            process.stderr.close()
            running[role] = start(role)
    for process in running.values():
        process.kill()
        process.wait()
        process.stderr.close()
    assert not said, said[0]
    assert kills > 5

    for role in range(4):  # closes the runs of the killed, when it has begun at all
        if (root / f"beamtime{role}.db").exists():
            resonance("simulate", root / f"beamtime{role}.db", "--runs", "1", "--events", "2", "--shape", "8,8")
    resonance("index", "sync", root)
    compared = resonance("index", "verify", root, "--json").json()
    assert compared["differences"] == [] and compared["faults"] == [] and compared["runs"] >= 4
    before = contents(root / "index.db")
    resonance("index", "rebuild", root)
    assert contents(root / "index.db") == before
    assert json.loads(resonance("search", root, "status:open", "--json").stdout)["runs"] == []
