"""`resonance tail`, from outside: every event once and in order, an end when the run ends, and never a silent wait."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import stat
import subprocess
import threading
import time

import pytest


class Tail:
    """A running tail; its lines are gathered as they come."""

    def __init__(self, resonance, *arguments) -> None:
        self.process = resonance.start("tail", *arguments, stderr=subprocess.PIPE)
        self.lines: list[str] = []
        self.messages: list[str] = []
        self.threads = [threading.Thread(target=self.gather, args=pair)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.messages))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def gather(stream, into) -> None:
        for line in stream:
            into.append(line)

    def json(self, kind: str) -> list[dict]:
        return [line for line in map(json.loads, self.lines) if line["kind"] == kind]

    def wait(self, timeout: float = 60) -> int:
        status = self.process.wait(timeout)
        for thread in self.threads:
            thread.join()
        return status

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.wait()


def until(condition, seconds: float = 30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def simulate_live(resonance, path, events, *more):
    return resonance.start("simulate", path, "--runs", 1, "--live", "--rate", 100, "--events", events, "--shape", "16,16", *more,
                           stderr=subprocess.DEVNULL)


def test_a_closed_run_shows_its_last_events_and_ends(resonance, beamtime):
    frames = next(run for run in resonance("ls", beamtime, "--json").json() if run["num_frames"])
    done = resonance("tail", beamtime, frames["uid"], "-n", 3, "--columns", "energy,i0")
    heading, *lines = done.stdout.splitlines()
    assert heading.split() == ["seq_num", "time", "frames", "energy", "i0"]
    assert [line.split()[0] for line in lines] == ["10", "11", "12"] and all(line.split()[2] == "1" for line in lines)
    assert done.stderr.splitlines()[-1] == "success: 12 events, 12 frames"
    assert resonance("tail", beamtime, frames["uid"], "--quiet").stderr == ""
    assert len(resonance("tail", beamtime, frames["uid"]).stdout.splitlines()) == 11
    assert len(resonance("tail", beamtime, frames["uid"], "-n", 0).stdout.splitlines()) == 1


def test_values_stand_below_each_other_and_what_does_not_fit_is_counted(resonance, beamtime):
    wide = resonance("tail", beamtime, -2, env={"COLUMNS": "400"}).stdout.splitlines()
    assert len({len(line) for line in wide}) == 1
    narrow = resonance("tail", beamtime, -2).stdout.splitlines()
    assert max(map(len, narrow)) <= 80
    names, shown = wide[0].split(), narrow[0].split()
    assert shown[-3] == "and" and shown[-1] == "more"
    assert names[: len(shown) - 3] == shown[:-3] and int(shown[-2]) == len(names) - len(shown) + 3
    assert all(line.split() == whole.split()[: len(shown) - 3] for line, whole in zip(narrow[1:], wide[1:], strict=True))


def test_json_lines_say_everything(resonance, beamtime):
    first, *events, last = resonance("tail", beamtime, -1, "-n", 2, "--json").json_lines()
    assert first["kind"] == "run" and first["run"] == resonance("ls", beamtime, "--json").json()[0]
    table = resonance("table", beamtime, -1, "--json", "--first", 11).json()
    for event, row in zip(events, table, strict=True):
        assert event["kind"] == "event" and event["stream"] == "primary" and event["frames"] == 0
        assert {"seq_num": event["seq_num"], "time": event["time"], **event["data"]} == row
    assert last == {"kind": "end", "run": first["run"]["uid"], "state": "closed", "exit_status": "success", "reason": None,
                    "num_events": 12, "num_frames": 0}


def test_wrong_calls_are_refused(resonance, beamtime, tmp_path):
    resonance("tail", tmp_path / "none.db", status=3)
    resonance("tail", beamtime, "nothing", status=3)
    assert "no column 'nothing'" in resonance("tail", beamtime, -1, "--columns", "nothing", status=3).stderr
    assert "no stream 'nothing'; there are: primary" in resonance("tail", beamtime, -1, "--stream", "nothing", status=3).stderr
    resonance("tail", beamtime, -1, "-n", -3, status=2)


def test_every_event_of_a_live_run_once_and_then_the_end(resonance, tmp_beamtime):
    resonance("simulate", tmp_beamtime, "--runs", 1, "--events", 3, "--shape", "16,16")
    tail = Tail(resonance, tmp_beamtime, "--once", "--json", "-n", 1000)
    until(lambda: any("waiting for a run" in line for line in tail.messages))
    recording = simulate_live(resonance, tmp_beamtime, 150)
    assert recording.wait(60) == 0
    assert tail.wait() == 0
    assert [event["seq_num"] for event in tail.json("event")] == list(range(1, 151))
    [end] = tail.json("end")
    assert (end["exit_status"], end["num_events"]) == ("success", 150)


def test_events_come_while_the_run_goes_on(resonance, tmp_beamtime):
    recording = simulate_live(resonance, tmp_beamtime, 3000, "--json")
    try:
        recording.stdout.readline()
        tail = Tail(resonance, tmp_beamtime, "-n", 5)
        until(lambda: len(tail.lines) > 50)
        seen = [int(line.split()[0]) for line in tail.lines[1:]]
        assert seen == list(range(seen[0], seen[0] + len(seen)))
        assert tail.stop() == 130
        assert not any("interrupted" in line for line in tail.messages)
        assert recording.poll() is None
    finally:
        recording.kill()
        recording.wait()


def test_without_a_run_it_goes_on_with_the_next_one(resonance, tmp_beamtime):
    resonance("simulate", tmp_beamtime, "--runs", 1, "--events", 3, "--shape", "16,16")
    tail = Tail(resonance, tmp_beamtime, "--json")
    until(lambda: tail.messages)
    try:
        for number in (1, 2):
            assert simulate_live(resonance, tmp_beamtime, 20).wait(60) == 0
            until(lambda: len(tail.json("end")) == number)
        assert [len([e for e in tail.json("event") if e["run"] == run["run"]["uid"]]) for run in tail.json("run")] == [20, 20]
    finally:
        assert tail.stop() == 130


def test_a_run_whose_writer_died_is_told_of_and_not_waited_for(resonance, tmp_beamtime):
    recording = simulate_live(resonance, tmp_beamtime, 3000, "--json")
    for _ in range(30):
        recording.stdout.readline()
    tail = Tail(resonance, tmp_beamtime, -1, "-n", 1000)
    until(lambda: len(tail.lines) > 20)
    recording.kill()
    recording.wait()
    assert tail.wait(20) == 0
    assert "the program that recorded this run is gone" in tail.messages[-1]
    assert resonance("tail", tmp_beamtime, -1, "--json").json_lines()[-1]["state"] == "dead"
    before = sorted(path.name for path in tmp_beamtime.parent.iterdir())
    waiting = Tail(resonance, tmp_beamtime)
    until(lambda: any("waiting for a run" in line for line in waiting.messages))
    assert waiting.stop() == 130
    assert sorted(path.name for path in tmp_beamtime.parent.iterdir()) == before


def test_it_makes_no_lock_file(resonance, beamtime, tmp_path):
    copy = tmp_path / "copy.db"
    copy.write_bytes(beamtime.read_bytes())
    resonance("tail", copy, -1)
    assert [path.name for path in tmp_path.iterdir()] == ["copy.db"]


def test_a_pipe_that_closes_ends_it(resonance, tmp_beamtime):
    recording = simulate_live(resonance, tmp_beamtime, 3000, "--json")
    try:
        recording.stdout.readline()
        done = subprocess.run(f"'{resonance.path}' tail '{tmp_beamtime}' -1 | head -n 3", shell=True, capture_output=True, text=True, timeout=60)
        assert len(done.stdout.splitlines()) == 3
    finally:
        recording.kill()
        recording.wait()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_enough(resonance, beamtime, tmp_path):
    copy = pathlib.Path(tmp_path / "sealed" / "copy.db")
    copy.parent.mkdir()
    copy.write_bytes(beamtime.read_bytes())
    copy.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        resonance("tail", copy, -1)
    finally:
        copy.parent.chmod(stat.S_IRWXU)
