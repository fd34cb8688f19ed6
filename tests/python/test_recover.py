"""`resonance recover`, from outside: after a writer was killed everybody sees all that was acknowledged, without anything being recorded."""

from __future__ import annotations

import json
import pathlib
import shutil
import signal
import sqlite3
import time

import pytest

zarr = pytest.importorskip("zarr")

EVENTS = 25


def kill_a_writer(resonance, database: pathlib.Path, *options) -> list[dict]:
    """Kill -9 `simulate --live` when so many events were acknowledged. What it acknowledged, line by line."""
    writer = resonance.start("simulate", database, "--live", "--json", "--rate", 400, "--events", 5000, "--runs", 1, "--shape", "16,24", *options)
    lines = [json.loads(writer.stdout.readline()) for _ in range(EVENTS)]
    writer.send_signal(signal.SIGKILL)
    lines += [json.loads(line) for line in writer.stdout if line.endswith("}\n")]
    writer.wait()
    return lines


def arrays(database: pathlib.Path) -> dict[str, int]:
    """Of each array the frames that a reader of Zarr alone sees."""
    store = database.with_suffix(".zarr")
    root = zarr.open_group(str(store), mode="r")
    return {str(path.parent.relative_to(store)): root[str(path.parent.relative_to(store))].shape[0] for path in store.glob("runs/*/*/zarr.json")}


def frames_named(database: pathlib.Path) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute("SELECT count(*) FROM image_refs").fetchone()[0]


def state(folder: pathlib.Path) -> dict:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-lock"))}


def wait_for_a_run(resonance, database):
    while not database.exists() or resonance("ls", database, "--json", status=None).stdout.count('"uid"') == 0:
        time.sleep(0.02)


@pytest.mark.parametrize("codec", ["none", "blosc"])
def test_readers_of_zarr_alone_see_every_acknowledged_frame_after_it(resonance, tmp_beamtime, codec):
    acknowledged = kill_a_writer(resonance, tmp_beamtime, "--codec", codec)
    assert "resonance recover" in resonance("verify", tmp_beamtime).stdout
    assert "resonance recover" in resonance("show", tmp_beamtime, -1).stdout.replace("\n", " ")
    assert "resonance recover" in resonance("tail", tmp_beamtime, -1).stderr
    report = resonance("recover", tmp_beamtime, "--json").json()
    [run] = report["runs"]
    assert run["uid"] == acknowledged[0]["run"] and run["frames"] >= len(acknowledged) and run["problem"] is None
    assert report["complete"] is True and report["live_runs"] == []
    [(group, seen)] = arrays(tmp_beamtime).items()
    assert seen == run["frames"] == frames_named(tmp_beamtime)
    pixels = zarr.open_group(str(tmp_beamtime.with_suffix(".zarr")), mode="r")[group][:]
    assert pixels.reshape(seen, -1).any(axis=1).all(), "a frame is black"
    shown = resonance("show", tmp_beamtime, -1, "--json").json()
    assert shown["exit_status"] == "failed" and "without closing" in shown["reason"]
    assert not pathlib.Path(f"{tmp_beamtime}-wal").exists()
    done = resonance("verify", tmp_beamtime, "--frames")
    assert done.stdout == "" and done.stderr.strip().endswith("0 faults")


def test_a_second_time_there_is_nothing_to_do_and_nothing_changes(resonance, tmp_beamtime):
    kill_a_writer(resonance, tmp_beamtime)
    first = resonance("recover", tmp_beamtime)
    assert "is closed as failed" in first.stdout
    before = state(tmp_beamtime.parent)
    assert "nothing to recover" in resonance("recover", tmp_beamtime).stderr
    assert resonance("recover", tmp_beamtime, "--quiet").stderr == ""
    assert state(tmp_beamtime.parent) == before


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(resonance, tmp_beamtime):
    kill_a_writer(resonance, tmp_beamtime)
    before = state(tmp_beamtime.parent)
    said = resonance("recover", tmp_beamtime, "--dry-run", "--json").json()
    assert state(tmp_beamtime.parent) == before
    assert "would be closed as failed" in resonance("recover", tmp_beamtime, "--dry-run").stdout
    done = resonance("recover", tmp_beamtime, "--json").json()
    assert said["dry_run"] is True and done["dry_run"] is False
    for member in ("uid", "events", "frames", "frames_checked", "frames_published"):
        assert said["runs"][0][member] == done["runs"][0][member], member


def test_a_run_that_is_recorded_is_left_alone_and_goes_on(resonance, tmp_beamtime):
    kill_a_writer(resonance, tmp_beamtime)
    writer = resonance.start("simulate", tmp_beamtime, "--live", "--json", "--rate", 200, "--events", 5000, "--runs", 1, "--shape", "16,24")
    first = json.loads(writer.stdout.readline())
    report = resonance("recover", tmp_beamtime, "--json").json()
    assert report["live_runs"] == [first["run"]] and report["runs"] == [], "the second writer has closed the dead run"
    assert "is being recorded, and left alone" in resonance("recover", tmp_beamtime).stdout
    following = [json.loads(writer.stdout.readline()) for _ in range(50)]
    assert [line["seq_num"] for line in following] == list(range(2, 52))
    writer.send_signal(signal.SIGINT)
    writer.communicate()
    assert resonance("verify", tmp_beamtime, "--frames").stdout == ""


def test_a_log_that_another_program_has_taken_is_told_once_and_the_beamtime_is_whole(resonance, tmp_beamtime):
    acknowledged = kill_a_writer(resonance, tmp_beamtime)
    with sqlite3.connect(tmp_beamtime) as connection:
        connection.execute("PRAGMA wal_checkpoint")
    connection.close()
    assert not pathlib.Path(f"{tmp_beamtime}-wal").exists()
    assert "missing_log" in (said := resonance("verify", tmp_beamtime, status=7).stdout) and "resonance recover" in said
    before = state(tmp_beamtime.parent)
    assert "lacks its log" in resonance("recover", tmp_beamtime, "--dry-run", status=7).stdout
    assert state(tmp_beamtime.parent) == before
    report = resonance("recover", tmp_beamtime, "--json", status=7).json()
    assert "lacks its log" in report["missing_log"] and report["complete"] is False
    assert report["runs"][0]["events"] >= len(acknowledged)
    assert "nothing to recover" in resonance("recover", tmp_beamtime).stderr
    done = resonance("verify", tmp_beamtime, "--frames")
    assert done.stdout == "" and done.stderr.strip().endswith("0 faults")


def test_a_copy_without_its_log_is_taken_as_it_is_also_when_no_run_in_it_is_dead(resonance, tmp_path):
    database, copy = tmp_path / "a.db", tmp_path / "copy.db"
    resonance("simulate", database, "--runs", 1, "--events", 3)
    writer = resonance.start("simulate", database, "--live", "--json", "--rate", 100, "--events", 5000, "--runs", 1)
    writer.stdout.readline()
    shutil.copy(database, copy)
    shutil.copytree(database.with_suffix(".zarr"), copy.with_suffix(".zarr"))
    writer.kill()
    writer.communicate()
    report = resonance("recover", copy, "--json", status=7).json()
    assert report["runs"] == [] and "lacks its log" in report["missing_log"]
    assert resonance("recover", copy, "--json").json()["missing_log"] is None
    assert resonance("ls", copy).stderr == "" and "missing_log" not in resonance("verify", copy).stdout
    assert resonance("recover", tmp_path, "--json").json()["recovered"][0]["missing_log"] is None


def test_frames_that_did_not_survive_are_said_once_with_status_7(resonance, tmp_beamtime):
    kill_a_writer(resonance, tmp_beamtime)
    for shard in tmp_beamtime.with_suffix(".zarr").glob("runs/*/*/c/*/0/0"):
        shard.write_bytes(bytes(shard.stat().st_size))
    with sqlite3.connect(tmp_beamtime) as connection:
        connection.execute("DELETE FROM durable_frames")
    report = resonance("recover", tmp_beamtime, "--json", status=7).json()
    [run] = report["runs"]
    assert run["frames_lost"] > 0 and report["complete"] is False and "lost_frames" in run["reason"]
    assert resonance("recover", tmp_beamtime, "--json").json()["runs"] == []
    assert "lost_frame" in resonance("verify", tmp_beamtime, "--frames").stdout


def test_damaged_and_missing_groups_of_a_dead_run_are_made_anew_and_the_damaged_ones_kept(resonance, tmp_beamtime):
    kill_a_writer(resonance, tmp_beamtime)
    store = tmp_beamtime.with_suffix(".zarr")
    (store / "zarr.json").write_text('{"zarr_format": 3, "node_typ')
    (store / "runs/zarr.json").unlink()
    report = resonance("recover", tmp_beamtime, "--json").json()
    assert report["runs"][0]["problem"] is None
    assert sum(arrays(tmp_beamtime).values()) == report["runs"][0]["frames"]
    assert (store.parent / (store.name + ".quarantine") / "zarr.json").read_text().endswith("node_typ")


def test_of_a_folder_all_beamtimes_are_recovered_and_one_that_fails_keeps_nobody(resonance, tmp_path, beamtime):
    root = tmp_path / "root"
    resonance("init", root)
    for name in ("smith", "jones"):
        (root / name).mkdir()
        kill_a_writer(resonance, root / name / "march.db")
    shutil.copy(beamtime, root / "sound.db")
    shutil.copytree(beamtime.with_suffix(".zarr"), root / "sound.zarr")
    damaged = root / "damaged.db"
    damaged.write_bytes((root / "sound.db").read_bytes()[:4096] + b"\xa5" * 40960)
    live = resonance.start("simulate", root / "live.db", "--live", "--json", "--rate", 50, "--events", 5000, "--runs", 1, "--shape", "16,24")
    live.stdout.readline()
    before = {name: (root / name).read_bytes() for name in ("sound.db", "damaged.db")}
    dry = resonance("recover", root, "--dry-run", "--json", status=None).json()
    report = resonance("recover", root, "--json", status=None)
    again = resonance("recover", root, status=None)
    live.send_signal(signal.SIGINT)
    live.communicate()
    recovered = {pathlib.Path(one["database"]).relative_to(root).as_posix(): one for one in report.json()["recovered"]}
    assert {name: len(one["runs"]) for name, one in recovered.items()} == {"smith/march.db": 1, "jones/march.db": 1, "live.db": 0}
    assert len(recovered["live.db"]["live_runs"]) == 1
    assert {one["database"] for one in dry["recovered"]} == {one["database"] for one in report.json()["recovered"]}
    [failure] = report.json()["failures"]
    assert failure["database"] == str(damaged) and failure["code"] == "corrupt" and failure["message"]
    assert report.returncode == again.returncode == 7
    assert "is being recorded" in again.stdout and "damaged.db" in again.stderr and "0 runs closed" in again.stderr
    assert {name: (root / name).read_bytes() for name in before} == before
    found = resonance("search", root, "status:failed", "--json").json()
    assert sum(run["db_path"].endswith("march.db") for run in found["runs"]) == 2, "the index knows"


def test_what_is_no_beamtime_is_refused(resonance, tmp_path):
    assert resonance("recover", tmp_path / "none.db", status=3).stderr
    text = tmp_path / "text.db"
    text.write_text("no database at all, but a text that is long enough to have a header of a hundred bytes, as they have" * 9)
    resonance("recover", text, status=7)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE runs_of_the_dog(name)")
    before = other.read_bytes()
    resonance("recover", other, status=7)
    assert other.read_bytes() == before
    empty = tmp_path / "empty.db"
    empty.touch()
    resonance("recover", empty, status=7)
    assert empty.stat().st_size == 0


def test_a_beamtime_of_the_python_package_with_an_open_run_is_not_touched(resonance, tmp_path):
    database = tmp_path / "old.db"
    with sqlite3.connect(database) as connection:
        connection.executescript(
            "CREATE TABLE runs(uid TEXT PRIMARY KEY, plan_name TEXT, time_start REAL, time_stop REAL, exit_status TEXT);"
            "INSERT INTO runs VALUES('a', 'count', 1.0, NULL, NULL)"
        )
    before = database.read_bytes()
    assert "nothing to recover" in resonance("recover", database).stderr
    assert database.read_bytes() == before
