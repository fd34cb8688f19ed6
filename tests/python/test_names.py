"""One beamtime by many names: links, hard links, mounts, renames. By whatever name it is reached, it is one, or the name is refused."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

TABLE = "energy,i0\n270.0,1.1\n270.5,1.2\n"


class Recording:
    """A run that is being recorded by `resonance simulate`, by one name of the beamtime."""

    def __init__(self, resonance, database: pathlib.Path, *options) -> None:
        self.process = resonance.start("simulate", database, "--runs", 1, "--events", 100_000, "--rate", 50, "--shape", "8,8", "--live",
                                       "--json", *options, stderr=subprocess.PIPE)
        self.acknowledged = [json.loads(self.process.stdout.readline()) for _ in range(3)]

    def next(self, count: int = 5) -> None:
        """It goes on: so many more events are acknowledged."""
        for _ in range(count):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.acknowledged.append(json.loads(line))

    def end(self) -> tuple[int, str]:
        """Stop it as Ctrl-C does, unless it has ended. \\return its status and its last words"""
        self.process.send_signal(2)
        out, words = self.process.communicate(timeout=30)
        self.acknowledged += [json.loads(line) for line in out.splitlines() if '"acknowledged"' in line]
        return self.process.returncode, words

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "table.csv").write_text(TABLE)
    return tmp_path


@pytest.fixture
def scan(folder) -> pathlib.Path:
    return folder / "data/scan.db"


def runs_of(resonance, database, **options) -> dict[str, dict]:
    return {run["uid"]: run for run in resonance("ls", database, "--json", **options).json()}


def link_names(folder: pathlib.Path) -> list[pathlib.Path]:
    """Names of data/scan.db that lead there safely."""
    home = folder / "home"
    (home / "today.db").symlink_to("../data/scan.db")
    (home / "current").symlink_to("today.db")
    (home / "absolute.dat").symlink_to(folder / "data/scan.db")
    (folder / "folder").symlink_to("data")
    return [home / "today.db", home / "current", home / "absolute.dat", folder / "folder/scan.db", folder / "folder/../data/scan.db"]


def test_a_run_that_is_recorded_looks_the_same_by_every_name(resonance, folder, scan):
    with Recording(resonance, scan) as recording:
        names = link_names(folder)
        for name in names:
            (run,) = runs_of(resonance, name).values()
            assert "live" in resonance("show", name, "-1").stdout or run["exit_status"] is None
            assert "dead" not in resonance("ls", name).stdout
            resonance("image", name, "-1", "--frame", 0, "-o", folder / "frame.npy")
            (folder / "frame.npy").unlink()
            report = resonance("verify", name, "--frames", "--json").json()
            assert report["faults"] == [] and not any(note["kind"] == "dead_run" for note in report["notes"])
        backup = resonance("backup", names[0], folder / "backup", "--json").json()
        assert backup["num_faults"] == 0
        assert {path.name for path in (folder / "backup/data").iterdir()} == {"scan.db", "scan.zarr"}
        assert resonance("stat", names[0], "--json").json()["store_bytes"] > 0
        recording.next()
    assert sorted(path.name for path in (folder / "home").iterdir()) == ["absolute.dat", "current", "today.db"], "nothing beside a link"


def test_who_writes_by_a_link_writes_beside_the_run_that_is_recorded(resonance, folder, scan):
    with Recording(resonance, scan) as recording:
        for name in link_names(folder):
            resonance("import", folder / "table.csv", "--into", name)
            resonance("tag", name, "-1", "seen")
            resonance("note", name, "-1", "by another name")
            recording.next()
        assert recording.end()[0] != 1
    runs = runs_of(resonance, scan)
    live = runs[recording.acknowledged[0]["run"]]
    assert len(runs) == 2 and live["exit_status"] == "aborted" and live["num_events"] >= len(recording.acknowledged)
    resonance("verify", scan, "--frames")
    assert sorted(path.name for path in (folder / "home").iterdir()) == ["absolute.dat", "current", "today.db"]


def test_what_is_recorded_by_a_link_lies_beside_the_file_that_it_leads_to(resonance, folder, scan):
    resonance("simulate", scan, "--runs", 1, "--events", 3, "--shape", "8,8")
    (folder / "home/today.db").symlink_to(scan)
    (folder / "home/today.zarr").symlink_to(folder)  # of no account
    resonance("simulate", folder / "home/today.db", "--runs", 1, "--events", 3, "--shape", "8,8")
    resonance("verify", scan, "--frames")
    assert len(runs_of(resonance, scan)) == 2
    resonance("migrate", folder / "home/today.db")
    assert sorted(path.name for path in (folder / "home").iterdir()) == ["today.db", "today.zarr"]


@pytest.mark.parametrize("target", ["../data/nowhere.db", "loop.db", "../data/scan.sqlite"])
def test_a_link_that_leads_to_no_beamtime_makes_none(resonance, folder, target):
    link = folder / "home/loop.db"
    link.symlink_to(target)
    if target.endswith(".sqlite"):
        (folder / "data/scan.sqlite").touch()
    for words in (["simulate", link, "--runs", 1], ["import", folder / "table.csv", "--into", link]):
        done = resonance(*words, status=None)
        assert done.returncode in (2, 3, 7)  # 7: it is looked for the run first, in a file that is no beamtime
        assert pathlib.Path(target).name in done.stderr
        assert "loop.db" in done.stderr or done.returncode == 7
    files = sorted(path.name for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    assert files == (["scan.sqlite", "table.csv"] if target.endswith(".sqlite") else ["table.csv"])


WRITING = [
    ("import", "table.csv", "--into", "{}"),
    ("simulate", "{}", "--runs", "1", "--events", "2"),
    ("tag", "{}", "-1", "x"),
    ("note", "{}", "-1", "x"),
    ("migrate", "{}", "--to", "2"),
]


def refused(resonance, folder: pathlib.Path, name: pathlib.Path, *others: str) -> None:
    """Nobody writes by this name, the message names it and the others, and nothing is changed."""
    before = contents(folder)
    for words in WRITING:
        done = resonance(*(word.format(name) for word in words), status=None, cwd=folder)
        if words[0] == "migrate" and done.returncode == 0:
            continue  # there was nothing to do
        assert done.returncode in (2, 5, 6), (words, done.stderr)
        for part in (name.name, *others):
            assert part in done.stderr, (words, done.stderr)
    assert contents(folder) == before


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    """Databases and frames; not SQLite's index of a log, which readers make, too."""
    return {str(path): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and not path.name.endswith(("-shm", "-lock")) and not (path.name.endswith("-wal") and path.stat().st_size == 0)}


@pytest.mark.parametrize("second", ["data/other.db", "home/today.db"])
def test_a_file_with_two_names_is_read_by_both_and_written_by_none(resonance, folder, scan, second):
    resonance("simulate", scan, "--runs", 2, "--events", 3, "--shape", "8,8")
    os.link(scan, folder / second)
    refused(resonance, folder, scan, second.rpartition("/")[2])
    refused(resonance, folder, folder / second, "scan.db")
    assert runs_of(resonance, folder / second) == runs_of(resonance, scan)
    (folder / second).unlink()
    resonance("tag", scan, "-1", "x")


def test_a_second_hard_link_to_what_is_recorded_shows_all_of_it_or_says_why_not(resonance, folder, scan):
    with Recording(resonance, scan) as recording:
        os.link(scan, folder / "data/other.db")
        os.link(scan, folder / "home/today.db")
        for name in ("data/other.db", "home/today.db"):
            (run,) = runs_of(resonance, folder / name).values()
            assert run["num_events"] >= 3 and "dead" not in resonance("ls", folder / name).stdout
        (folder / "home/far/away").mkdir(parents=True)
        os.link(scan, folder / "home/far/away/today.db")
        done = resonance("ls", folder / "home/far/away/today.db", status=2)
        assert "today.db" in done.stderr and "hard links" in done.stderr and "-samefile" in done.stderr
        for name in ("data/other.db", "home/today.db"):
            for words in (["import", folder / "table.csv", "--into", folder / name], ["tag", folder / name, "-1", "x"]):
                assert "scan.db" in resonance(*words, status=2).stderr
        recording.next()
        assert "failed" not in resonance("ls", scan).stdout


def test_a_snapshot_made_of_hard_links_can_be_read(resonance, folder, scan):
    resonance("simulate", scan, "--runs", 1, "--events", 3, "--shape", "8,8")
    subprocess.run(["cp", "-al", folder / "data", folder / "snapshot"], check=True)
    resonance("verify", folder / "snapshot/scan.db", "--frames")
    resonance("image", folder / "snapshot/scan.db", "-1", "--frame", 0, "-o", folder / "o.npy")


def test_a_writer_whose_database_is_renamed_says_so_and_nothing_is_lost(resonance, folder, scan):
    with Recording(resonance, scan) as recording:
        recording.next()
        scan.rename(folder / "data/moved.db")
        done = resonance("ls", folder / "data/moved.db", status=None)
        assert done.returncode == 0 or ("moved.db" in done.stderr and "scan.db" in done.stderr)
        done = resonance("import", folder / "table.csv", "--into", folder / "data/moved.db", status=None)
        out, words = recording.process.communicate(timeout=30)
        acknowledged = recording.acknowledged + [json.loads(line) for line in out.splitlines() if '"acknowledged"' in line]
        assert recording.process.returncode != 0
        assert "scan.db" in words and "moved.db" in words
    (folder / "data/scan.zarr").rename(folder / "data/moved.zarr")
    run = runs_of(resonance, folder / "data/moved.db")[acknowledged[0]["run"]]
    assert run["num_events"] == len(acknowledged) and run["exit_status"] == "failed"
    resonance("verify", folder / "data/moved.db", "--frames")


def test_a_writer_whose_database_is_deleted_says_so(resonance, folder, scan):
    with Recording(resonance, scan) as recording:
        scan.unlink()
        _, words = recording.process.communicate(timeout=30)
        assert recording.process.returncode != 0 and "scan.db" in words and "deleted" in words
    rescued = folder / "data/scan.rescued.db"
    assert str(rescued) in words
    (folder / "data/scan.zarr").rename(rescued.with_suffix(".zarr"))
    assert runs_of(resonance, rescued)[recording.acknowledged[0]["run"]]["num_events"] >= len(recording.acknowledged)
    resonance("verify", rescued, "--frames")


def test_a_run_whose_lock_file_was_deleted_is_not_taken_for_dead(resonance, folder, scan):
    with Recording(resonance, scan) as recording:
        (folder / "data/scan.db-lock").unlink()
        done = resonance("import", folder / "table.csv", "--into", scan, status=6)
        assert recording.acknowledged[0]["run"] in done.stderr and "scan.db-lock" in done.stderr
        assert "dead" not in resonance("ls", scan).stdout
        recording.next()
    resonance("import", folder / "table.csv", "--into", scan)
    assert "failed" in resonance("ls", scan).stdout


def test_a_database_renamed_without_its_log_is_refused_until_it_has_both(resonance, folder, scan):
    with Recording(resonance, scan) as recording:
        recording.process.kill()
        recording.process.communicate()
    moved = folder / "data/moved.db"
    scan.rename(moved)
    (folder / "data/scan.db-shm").unlink()
    refused(resonance, folder, moved, "scan.db-wal")
    done = resonance("ls", moved, status=5)
    assert "moved.db" in done.stderr and "scan.db-wal" in done.stderr
    (folder / "data/scan.db-wal").rename(folder / "data/moved.db-wal")
    refused(resonance, folder, moved, "scan.zarr")
    (folder / "data/scan.zarr").rename(folder / "data/moved.zarr")
    assert runs_of(resonance, moved)[recording.acknowledged[0]["run"]]["num_events"] >= 3
    resonance("tag", moved, "-1", "x")
    resonance("verify", moved, "--frames")


def test_a_beamtime_renamed_as_a_whole_is_written_on(resonance, folder, scan):
    resonance("simulate", scan, "--runs", 1, "--events", 3, "--shape", "8,8")
    scan.rename(folder / "data/moved.db")
    (folder / "data/scan.zarr").rename(folder / "data/moved.zarr")
    resonance("import", folder / "table.csv", "--into", folder / "data/moved.db")
    resonance("verify", folder / "data/moved.db", "--frames")


def test_the_frames_of_another_database_are_not_added_to(resonance, folder, scan):
    resonance("simulate", scan, "--runs", 1, "--events", 3, "--shape", "8,8")
    other = folder / "data/other.db"
    resonance("simulate", other, "--runs", 1, "--events", 3, "--shape", "8,8", "--seed", 5)
    frames = folder / "data/other.zarr"
    shutil.rmtree(frames)

    shutil.copytree(folder / "data/scan.zarr", frames)
    refused(resonance, folder, other, "other.zarr")
    other.unlink()
    (folder / "data/other.db-lock").unlink()
    before = contents(folder)
    for words in (["import", "table.csv", "--into", other], ["simulate", other, "--runs", 1]):
        assert "other.zarr" in resonance(*words, status=2, cwd=folder).stderr
    assert contents(folder) == before

    shutil.copy(scan, other)  # a copy of both is a beamtime
    resonance("import", folder / "table.csv", "--into", other)
    shutil.rmtree(frames)
    frames.symlink_to("scan.zarr")
    refused(resonance, folder, other, "scan.zarr", "scan.db")


def test_frames_may_lie_on_another_disk_behind_a_link(resonance, folder, scan):
    resonance("simulate", scan, "--runs", 1, "--events", 3, "--shape", "8,8")
    (folder / "disk").mkdir()
    store = folder / "data/scan.zarr"
    store.rename(folder / "disk/march")
    store.symlink_to("../disk/march")
    resonance("simulate", scan, "--runs", 1, "--events", 3, "--shape", "8,8")
    resonance("verify", scan, "--frames")
    (folder / "disk").rename(folder / "unmounted")
    refused_by = resonance("tag", scan, "-1", "x", status=3).stderr
    assert "scan.zarr" in refused_by and "disk/march" in refused_by


def test_a_mount_of_the_database_alone_is_refused(resonance, folder, scan):
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("mounts are not allowed here")
    (folder / "home/today.db").touch()
    with Recording(resonance, scan) as recording:
        for words in (["import", folder / "table.csv", "--into", folder / "home/today.db"], ["tag", folder / "home/today.db", "-1", "x"]):
            inside = ["unshare", "-m", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh", scan, folder / "home/today.db"]
            done = subprocess.run([*inside, *resonance.arguments(*words)], capture_output=True, text=True)
            if "mount" in done.stderr and "permi" in done.stderr:
                pytest.skip("mounts are not allowed here")
            assert done.returncode == 2 and "today.db" in done.stderr and "scan.db" in done.stderr, done.stderr
        recording.next()
    assert [path.name for path in (folder / "home").iterdir()] == ["today.db"]


def test_a_link_in_a_data_root_is_not_a_second_beamtime(resonance, folder):
    root = folder / "root"
    resonance("init", root)
    (root / "a").mkdir()
    scan = root / "a/scan.db"
    resonance("simulate", scan, "--runs", 1, "--events", 3)
    (root / "today.db").symlink_to("a/scan.db")
    (root / "nowhere.db").symlink_to("b/scan.db")
    resonance("simulate", root / "today.db", "--runs", 1, "--events", 3)
    resonance("index", "add", root, root / "today.db", "--label", "March")
    resonance("index", "sync", root)
    assert {run["db_path"] for run in resonance("search", root, "", "--json").json()["runs"]} == {"a/scan.db"}
    assert resonance("index", "verify", root, "--json").json()["beamtimes"] == 1


KINDS = {"text": 7, "empty": 7, "index": 7, "other": 7, "folder": 2, "frames": 2, "pipe": 2, "nothing": 3}


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_has_one_answer_to_what_is_no_beamtime(resonance, folder, kind):
    path = folder / ("thing.zarr" if kind == "frames" else "thing.db")
    if kind == "text":
        path.write_text("This is a text of more than sixteen bytes, and no database.\n" * 20)
    elif kind == "empty":
        path.touch()
    elif kind == "index":
        resonance("init", folder / "root")
        shutil.copy(folder / "root/index.db", path)
    elif kind == "other":
        subprocess.run([shutil.which("python3"), "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE t(x)')", path],
                       check=True)
    elif kind in ("folder", "frames"):
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    (folder / "root").mkdir(exist_ok=True)
    verbs = [["ls"], ["show", "-1"], ["table", "-1"], ["stat"], ["sample"], ["verify"], ["repair"], ["backup", str(folder / "bag")],
             ["tag", "-1", "x"], ["note", "-1", "x"], ["image", "-1", "--frame", "0", "-o", str(folder / "o.npy")]]
    if kind != "empty":  # an empty file can become a beamtime
        verbs += [["migrate"]]
    answers = {}
    for verb, *rest in verbs:
        answers[verb] = resonance(verb, path, *rest, status=None, timeout=20).returncode
    if kind not in ("empty", "nothing"):
        answers["import"] = resonance("import", folder / "table.csv", "--into", path, status=None, timeout=20).returncode
    assert set(answers.values()) == {KINDS[kind]}, answers
    if kind == "text":
        resonance("init", folder / "root")
        shutil.copy(path, folder / "root/thing.db")
        resonance("index", "add", folder / "root", folder / "root/thing.db", status=7)
