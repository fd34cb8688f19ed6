"""`resonance backup`, from outside: bags that other programs accept, deaths at any moment, and copies that come back."""

from __future__ import annotations

import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest

from looking import rows


def live(resonance, path, *more):
    return resonance.start("simulate", path, "--runs", 1, "--shape", "64,64", "--live", "--rate", 200, *more, stderr=subprocess.DEVNULL)


def wait_for_events(path, count):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if rows(path, "SELECT count(*) FROM events")[0][0] >= count:
                return
        except Exception:  # no table yet
            pass
        time.sleep(0.02)
    pytest.fail(f"{path} never had {count} events")


def sums_agree(bag):
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=bag, check=True)


def test_says_what_it_did_and_copies_only_what_is_new(resonance, beamtime, tmp_path):
    bag = tmp_path / "bag"
    done = resonance("backup", beamtime, bag)
    assert done.stdout == "" and "the backup holds 4 runs" in done.stderr
    sums_agree(bag)
    assert resonance("backup", beamtime, bag, "--quiet").stderr == ""
    report = resonance("backup", beamtime, bag, "--json").json()
    assert report["faults"] == report["notes"] == [] and (report["runs"], report["open_runs"]) == (4, 0)
    assert report["files_copied"] < report["files"]
    checked = resonance("backup", "--check", bag, "--frames", "--json").json()
    assert checked["finished"] and checked["num_faults"] == 0 and checked["files"] == report["files"]
    assert (checked["beamtime"]["events"], checked["beamtime"]["frames_read"]) == (48, 24)
    assert "24 frames checked, 0 faults" in resonance("backup", "--check", bag).stderr
    assert (bag / "bag-info.txt").read_text().count(str(tmp_path)) == 0


def test_a_stranger_takes_it_for_a_valid_bag(resonance, tmp_path):
    bagit = pytest.importorskip("bagit")
    database = tmp_path / "my beam, ü.db"
    resonance("simulate", database, "--runs", 2, "--events", 5, "--shape", "16,16")
    (database.with_suffix(".zarr") / "line\nfeed").write_text("x")
    resonance("backup", database, tmp_path / "bag")
    bag = bagit.Bag(str(tmp_path / "bag"))
    assert bag.validate() and bag.version_info == (1, 0) and bag.info["External-Identifier"] == "my beam, ü"
    shard = next((tmp_path / "bag").rglob("c/0/0/0"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    with pytest.raises(bagit.BagValidationError):
        bag.validate()
    assert "changed_file" in resonance("backup", "--check", tmp_path / "bag", status=7).stdout


def test_damage_is_named_with_status_7(resonance, beamtime, tmp_path):
    bag = tmp_path / "bag"
    resonance("backup", beamtime, bag)
    shard = next(bag.rglob("c/0/0/0"))
    shard.unlink()
    lines = resonance("backup", "--check", bag, status=7).stdout.splitlines()
    assert any(line.startswith(f"fault missing_file: {shard} is missing") for line in lines)
    kinds = [fault["kind"] for fault in resonance("backup", "--check", bag, "--json", status=7).json()["faults"]]
    assert kinds[0] == "missing_file" and "missing_shard" in kinds
    resonance("backup", beamtime, bag)
    resonance("backup", "--check", bag)


def test_wrong_calls_are_refused(resonance, beamtime, tmp_path):
    assert "name the folder" in resonance("backup", beamtime, status=2).stderr
    assert "for --check" in resonance("backup", beamtime, tmp_path / "bag", "--frames", status=2).stderr
    assert "alone" in resonance("backup", "--check", beamtime, tmp_path / "bag", status=2).stderr
    assert "holds no backup" in resonance("backup", "--check", tmp_path, status=2).stderr
    resonance("backup", "--check", tmp_path / "none", status=3)
    resonance("backup", tmp_path / "none.db", tmp_path / "bag", status=3)
    assert "lies in the frame store" in resonance("backup", beamtime, beamtime.with_suffix(".zarr") / "bag", status=2).stderr
    (tmp_path / "thesis.tex").write_text("words")
    assert "something else" in resonance("backup", beamtime, tmp_path, status=2).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.tex"]


def test_while_a_run_is_recorded_and_back_again(resonance, tmp_path, tmp_beamtime):
    recording = live(resonance, tmp_beamtime, "--events", 600)
    try:
        wait_for_events(tmp_beamtime, 50)
        for _ in range(3):
            report = resonance("backup", tmp_beamtime, tmp_path / "bag", "--json").json()
            assert report["faults"] == [] and report["open_runs"] == 1
            assert resonance("backup", "--check", tmp_path / "bag", "--frames", "--json").json()["num_faults"] == 0
    finally:
        recording.kill()
        recording.wait()
    restored = tmp_path / "restored"
    shutil.copytree(tmp_path / "bag" / "data", restored)
    database = restored / tmp_beamtime.name
    resonance("verify", database, "--frames")
    resonance("simulate", database, "--runs", 1, "--events", 4, "--shape", "64,64")
    status = {run["exit_status"] for run in resonance("ls", database, "--json").json()}
    assert status == {"failed", "success"}
    assert resonance("verify", database, "--frames", "--json").json()["num_faults"] == 0
    sums_agree(tmp_path / "bag")


def test_killed_at_any_moment_it_goes_on(resonance, tmp_path):
    database, bag = tmp_path / "x.db", tmp_path / "bag"
    resonance("simulate", database, "--runs", 12, "--events", 30, "--shape", "256,256", "--seed", 1)
    begun = time.monotonic()
    resonance("backup", database, tmp_path / "whole")
    takes = time.monotonic() - begun
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    chance = random.Random(seed)
    seen_unfinished = 0
    for _ in range(15):
        process = resonance.start("backup", database, bag, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, takes))
        process.kill()
        process.wait()
        if (bag / "resonance-unfinished.jsonl").exists():
            seen_unfinished += 1
            assert "run the backup again" in resonance("backup", "--check", bag, status=7).stdout
        if chance.random() < 0.3:
            resonance("backup", database, bag)
            resonance("backup", "--check", bag)
        if chance.random() < 0.3:
            shutil.rmtree(bag, ignore_errors=True)
    resonance("backup", database, bag)
    assert resonance("backup", "--check", bag, "--frames", "--json").json()["beamtime"]["frames_read"] == 180
    assert not list(bag.rglob("*.partial*")) and seen_unfinished > 0


def test_ctrl_c_leaves_what_was_copied_for_the_next_one(resonance, tmp_path):
    database, bag = tmp_path / "x.db", tmp_path / "bag"
    resonance("simulate", database, "--runs", 40, "--events", 10, "--shape", "64,64")
    process = resonance.start("backup", database, bag, stderr=subprocess.PIPE)
    while not (bag / "resonance-unfinished.jsonl").exists() and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    message = process.communicate(timeout=30)[1]
    assert process.returncode == 0 or (process.returncode == 130 and "interrupted" in message)
    resonance("backup", database, bag)
    resonance("backup", "--check", bag)


def test_files_of_other_programs_come_along(resonance, run_accept, tmp_path):
    pytest.importorskip("zarr")
    run_accept("make_foreign.py", tmp_path / "foreign")
    for name in ("python.db", "v1.db", "stamped.db"):
        database = tmp_path / "foreign" / name
        bag = tmp_path / name
        resonance("backup", database, bag)
        assert resonance("backup", "--check", bag, "--frames", "--json").json()["num_faults"] == 0, name
        store = database.with_suffix(".zarr")
        for path in store.rglob("*"):
            if path.is_file():
                assert (bag / "data" / store.name / path.relative_to(store)).read_bytes() == path.read_bytes()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a file system of a few megabytes")
def test_a_disk_that_is_full(resonance, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True).returncode != 0:
        pytest.skip("no permission to mount a small file system")
    try:
        database = tmp_path / "x.db"
        resonance("simulate", database, "--runs", 2, "--events", 20, "--shape", "256,256")
        done = resonance("backup", database, small / "bag", status=9)
        assert "is full; make room and back up again" in done.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        resonance("backup", database, small / "bag")
        resonance("backup", "--check", small / "bag", "--frames")
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_source_and_a_backup_that_cannot_be_written_are_enough_to_read(resonance, beamtime, tmp_path):
    copy = tmp_path / "copy.db"
    shutil.copy(beamtime, copy)
    shutil.copytree(beamtime.with_suffix(".zarr"), copy.with_suffix(".zarr"))
    bag = tmp_path / "bag"
    for path in copy.with_suffix(".zarr").rglob("*"):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        resonance("backup", copy, bag)
        resonance("backup", "--check", bag)
    finally:
        for path in copy.with_suffix(".zarr").rglob("*"):
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


def test_the_source_is_left_as_it_is(resonance, tmp_path):
    database = tmp_path / "source" / "x.db"
    database.parent.mkdir()
    resonance("simulate", database, "--runs", 1, "--events", 5, "--shape", "16,16")
    look = lambda: {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else None) for p in database.parent.rglob("*")}  # noqa: E731
    before = look()
    resonance("backup", database, tmp_path / "bag")
    assert look() == before
    records = [json.loads(line) for line in (tmp_path / "bag/resonance-files.jsonl").read_text().splitlines()]
    assert records[0] == {"resonance_backup": 1, "beamtime": "x"}
    assert {record["path"] for record in records[1:]} == {
        str(pathlib.Path("data") / path.relative_to(database.parent)) for path in before if path.is_file() and path.name != "x.db-lock"}
