"""A crowd around one beamtime: one process records by one name while others read, tag, import, back up, verify, rename and delete by others.

Nothing that was acknowledged is lost, nothing is closed that lives, and a name that is refused is refused by a message that says both.
RESONANCE_SECONDS=600 goes on for ten minutes, RESONANCE_SEED=7 begins elsewhere; each failure names its seed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import threading
import time

SECONDS = float(os.environ.get("RESONANCE_SECONDS", 24))
SEED = int(os.environ.get("RESONANCE_SEED", 1))
ROUND_SECONDS = 5
SAFE = ["link.db", "chain", "relative.db", "folder/scan.db", "folder/../data/scan.db", "data/scan.db"]


class Crowd:
    """One round: a recorder by one name, others by all names, for some seconds."""

    def __init__(self, resonance, folder: pathlib.Path, seed: int) -> None:
        self.resonance, self.folder, self.seed = resonance, folder, seed
        self.choose = random.Random(seed)
        self.scan = folder / "data/scan.db"
        self.faults: list[str] = []
        self.acknowledged: list[dict] = []
        self.imported: set[str] = set()
        self.end = 0.0
        (folder / "data").mkdir(parents=True)

    def make_names(self) -> None:
        for name, target in {"link.db": "data/scan.db", "chain": "link.db", "folder": "data", "relative.db": "folder/../data/scan.db"}.items():
            with contextlib.suppress(FileExistsError):
                (self.folder / name).symlink_to(target)

    def fault(self, message: str) -> None:
        self.faults.append(f"seed {self.seed}: {message}")

    def call(self, *words: object, allowed: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess:
        done = self.resonance(*words, status=None, timeout=120)
        if done.returncode not in allowed:
            self.fault(f"{' '.join(map(str, words))}: status {done.returncode}: {done.stdout[-300:]}{done.stderr[-500:]}")
        return done

    # What one of the others does once.

    def read(self, choose: random.Random, name: pathlib.Path) -> None:
        run = self.acknowledged[0]["run"]
        seen = len(self.acknowledged)
        found = {each["uid"]: each for each in self.call("ls", name, "--json").json() or []}
        if run not in found or found[run]["num_events"] < seen:
            self.fault(f"ls {name}: {found.get(run)} where {seen} events were acknowledged")
        if " dead" in self.call("ls", name).stdout:
            self.fault(f"ls {name}: what is recorded is called dead")
        number = choose.randrange(seen)
        picture = self.folder / f"{threading.get_ident()}.npy"
        self.call("image", name, run, "--frame", number, "-o", picture)
        picture.unlink(missing_ok=True)

    def write(self, choose: random.Random, name: pathlib.Path) -> None:
        self.call("tag", name, self.acknowledged[0]["run"], f"tag-{choose.randrange(5)}")
        self.call("note", name, self.acknowledged[0]["run"], "seen by another name")

    def bring_in(self, choose: random.Random, name: pathlib.Path) -> None:
        table = self.folder / f"{threading.get_ident()}.csv"
        good = choose.random() < 0.7
        table.write_text("energy,i0\n270.0,%r\n" % choose.random() if good else "\x00\x01nothing that anybody reads")
        done = self.call("import", table, "--into", name, "--json", allowed=(0,) if good else (2, 7, 8))
        if good and done.returncode == 0:
            self.imported.add(done.json()[0]["run_uid"])

    def look_closely(self, choose: random.Random, name: pathlib.Path) -> None:
        report = self.call("verify", name, "--frames", "--json").json()
        if report["faults"] or any(note["kind"] == "dead_run" for note in report["notes"]):
            self.fault(f"verify {name}: {report['faults']} {report['notes']}")

    def back_up(self, choose: random.Random, name: pathlib.Path) -> None:
        bag = self.folder / f"bag-{threading.get_ident()}"
        seen = len(self.acknowledged)
        self.call("backup", name, bag, "--json")
        found = {run["uid"]: run for run in self.resonance("ls", bag / "data/scan.db", "--json", status=None).json()}
        if found.get(self.acknowledged[0]["run"], {}).get("num_frames", 0) < seen:
            self.fault(f"backup of {name}: {found} where {seen} frames were acknowledged")
        if choose.random() < 0.5:
            self.call("backup", "--check", bag, "--frames")

    def rename_links(self, choose: random.Random, name: pathlib.Path) -> None:
        """Names come and go; the file stays."""
        mine = self.folder / f"mine-{threading.get_ident()}.db"
        mine.symlink_to(self.scan)
        other = mine.with_name("other-" + mine.name)
        mine.rename(other)
        self.call("tag", other, self.acknowledged[0]["run"], "renamed")
        other.unlink()
        other.symlink_to(self.folder / "data/nowhere.db")
        done = self.call("import", self.folder / "table.csv", "--into", other, allowed=(3,))
        if "nowhere.db" not in done.stderr or (self.folder / "data/nowhere.db").exists():
            self.fault(f"a link to nothing: {done.stderr}")
        other.unlink()

    def unsafe_names(self, choose: random.Random, name: pathlib.Path) -> None:
        """Hard links: read as the first name, or refused; never written by. They last for moments, and others meet them."""
        hard = self.folder / choose.choice(["data", "."]) / f"hard-{threading.get_ident()}.db"
        os.link(self.scan, hard)
        try:
            words = choose.choice([("tag", hard, "-1", "x"), ("import", self.folder / "table.csv", "--into", hard)])
            done = self.call(*words, allowed=(2,))
            if hard.name not in done.stderr or "scan.db" not in done.stderr:
                self.fault(f"{words}: does not say both names: {done.stderr}")
            seen = len(self.acknowledged)
            done = self.call("ls", hard, "--json", allowed=(0, 2))
            if done.returncode == 0 and max(run["num_events"] for run in done.json()) < seen:
                self.fault(f"ls {hard}: {done.stdout} where {seen} events were acknowledged")
        finally:
            hard.unlink()

    def other(self, number: int, doing: list) -> None:
        choose = random.Random(f"{self.seed}/{number}")
        try:
            while time.monotonic() < self.end:
                choose.choice(doing)(choose, self.folder / choose.choice(SAFE))
        except Exception as error:  # a thread of pytest's must not end in silence
            self.fault(f"{type(error).__name__}: {error}")

    def run(self, doing: list, ending: str) -> None:
        (self.folder / "table.csv").write_text("energy,i0\n270.0,1.1\n")
        self.make_names()
        self.call("simulate", self.scan, "--runs", 1, "--events", 2, "--shape", "8,8")
        by = self.folder / self.choose.choice(SAFE)
        recorder = self.resonance.start("simulate", by, "--runs", 1, "--events", 1_000_000, "--rate", 100, "--shape", "8,8", "--live",
                                        "--json", "--seed", self.seed, stderr=subprocess.PIPE)
        try:
            self.record(recorder, doing, ending)
        finally:
            if recorder.poll() is None:
                recorder.kill()
                recorder.communicate()

    def record(self, recorder: subprocess.Popen, doing: list, ending: str) -> None:
        def listen() -> None:
            for line in recorder.stdout:
                self.acknowledged.append(json.loads(line))

        listening = threading.Thread(target=listen)
        listening.start()
        while not self.acknowledged and recorder.poll() is None:
            time.sleep(0.01)
        self.end = time.monotonic() + ROUND_SECONDS
        others = [threading.Thread(target=self.other, args=(number, doing)) for number in range(3)]
        for thread in others:
            thread.start()
        for thread in others:
            thread.join()
        if recorder.poll() is not None:
            self.fault(f"the recorder ended: {recorder.stderr.read()}")
        moved = self.folder / "data/moved.db"
        if ending == "rename":
            self.scan.rename(moved)
        elif ending == "delete a link":
            (self.folder / "link.db").unlink()
        if ending != "rename":
            recorder.send_signal(2)
        listening.join(timeout=30)
        words = recorder.stderr.read()
        status = recorder.wait(timeout=30)
        if ending == "rename":
            if status == 0 or "scan.db" not in words or "moved.db" not in words:
                self.fault(f"the database was renamed, and its writer says {words!r}, status {status}")
            moved.rename(self.scan)
        self.check_all("failed" if ending == "rename" else "aborted")

    def check_all(self, status: str) -> None:
        runs = {run["uid"]: run for run in self.call("ls", self.scan, "--json").json()}
        run = runs[self.acknowledged[0]["run"]]
        if run["num_events"] < len(self.acknowledged) or run["num_frames"] != run["num_events"] or run["exit_status"] != status:
            self.fault(f"{run} where {len(self.acknowledged)} events were acknowledged and '{status}' is expected")
        if missing := self.imported - {uid for uid, each in runs.items() if each["exit_status"] == "success"}:
            self.fault(f"imported runs are not there: {missing}")
        self.call("verify", self.scan, "--frames")
        rows = len(self.call("table", self.scan, run["uid"], "--columns", "counts").stdout.splitlines()) - 1
        if rows < len(self.acknowledged):
            self.fault(f"the table has {rows} rows where {len(self.acknowledged)} events were acknowledged")
        beside = {path.name for path in self.folder.iterdir()} & {"link.zarr", "link.db-lock", "link.db-wal", "chain-lock", "relative.zarr"}
        if beside:
            self.fault(f"made beside a link: {beside}")


def rounds():
    """Each with other doings, so that a refused name of one does not hide what another finds."""
    end = time.monotonic() + SECONDS
    number = 0
    while number < 3 or time.monotonic() + ROUND_SECONDS < end:
        yield SEED * 1000 + number, number
        number += 1


def test_many_names_of_one_beamtime(resonance, tmp_path):
    for seed, number in rounds():
        crowd = Crowd(resonance, tmp_path / str(number), seed)
        readers = [crowd.read, crowd.look_closely, crowd.back_up]
        writers = [crowd.write, crowd.bring_in, crowd.rename_links]
        doing = [readers + writers, writers, readers + [crowd.unsafe_names]][number % 3]
        crowd.run(doing, ["stop", "delete a link", "rename"][number % 3])
        assert not crowd.faults, "\n".join(crowd.faults)
        shutil.rmtree(tmp_path / str(number))
