"""Everybody does the same work in turn: A B C, C B A, A B C …, each round in a process and a folder of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

from . import environment, works

TIMEOUT = 600  # s, of one round
WORKER = environment.HERE / "worker.py"
PYTHON_PEERS = ["tensorstore", "zarr-python", "zarrs", "acquire-zarr", "h5py", "python-package"]


class Failure(Exception):
    """Why somebody cannot take part in a work."""


def run(command: list[str]) -> dict:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Failure(f"a round took more than {TIMEOUT} s") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise Failure(said[-1][:200] if said else f"ended with status {done.returncode}")
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    if why := answer.get("unsupported"):
        raise Failure(why)
    return answer


class Participant:
    """Does rounds of one work. `name` is the column."""

    def __init__(self, name: str, work: works.Work, folder: pathlib.Path, pixels: pathlib.Path, quick: bool) -> None:
        self.name, self.folder, self.pixels = name, folder / name, pixels
        self.work = works.scaled(work, name, quick)

    def prepare(self) -> None:
        """What the rounds of a reading work read."""
        self.folder.mkdir()
        if self.work.kind != "append":
            self._append()
            self._check()

    def round(self, check: bool = False) -> dict:
        os.sync()
        if self.work.kind != "append":
            return self._read()
        answer = self._append()
        if check:
            self._check()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        return answer

    def _append(self) -> dict:
        raise NotImplementedError

    def _read(self) -> dict:
        raise NotImplementedError

    def _check(self) -> None:
        pass

    def _worker(self, peer: str, verb: str) -> dict:
        about = dataclasses.asdict(self.work)
        fields = {key: about[key] for key in ("name", "kind", "side", "dtype", "codec", "frames", "block", "reads")}
        return run([str(environment.PYTHON), str(WORKER), peer, verb, str(self.folder), json.dumps(fields), str(self.pixels)])


class Floor(Participant):
    def __init__(self, program: pathlib.Path, *arguments) -> None:
        super().__init__("floor", *arguments)
        self._program = program

    def prepare(self) -> None:
        self.folder.mkdir()

    def _append(self) -> dict:
        work = self.work
        frames = work.frames if work.kind == "append" else work.reads * (work.frames if work.kind == "stack" else 1)
        return run([str(self._program), *work.floor_verb, "--dir", str(self.folder), "--side", str(work.side), "--dtype", work.dtype,
                    "--codec", work.codec, "--frames", str(frames)])

    _read = _append


class Resonance(Participant):
    """Single frames come with an event each at level group; blocks as blocks of events and of frames."""

    def __init__(self, program: pathlib.Path, *arguments) -> None:
        super().__init__("Resonance", *arguments)
        self._program = program

    def _append(self) -> dict:
        work = self.work
        return run([str(self._program), "append", "--dir", str(self.folder), "--side", str(work.side), "--dtype", work.dtype,
                    "--codec", work.codec, "--frames", str(work.frames), "--block", str(work.block), "--level", "group"])

    def _read(self) -> dict:
        amount = ["--frames", str(self.work.reads)] if self.work.kind == "random" else ["--passes", str(self.work.reads)]
        return run([str(self._program), self.work.kind, "--dir", str(self.folder), *amount])

    def _check(self) -> None:
        self._worker("resonance", "check")


class Peer(Participant):
    def _append(self) -> dict:
        return self._worker(self.name, "append" if self.work.kind == "append" else "prepare")

    def _read(self) -> dict:
        return self._worker(self.name, self.work.kind)

    def _check(self) -> None:
        self._worker(self.name, "check")


def measure(participants: list[Participant], rounds: int) -> dict[str, list[dict] | str]:
    """Answers of each participant, or why there are none. One round before those that count, checked by reading back."""
    results: dict[str, list[dict] | str] = {}
    able = []
    for participant in participants:
        try:
            participant.prepare()
            participant.round(check=True)
            able.append(participant)
            results[participant.name] = []
        except Failure as failure:
            results[participant.name] = str(failure)
            if isinstance(participant, (Floor, Resonance)):
                sys.exit(f"compare_frames: {participant.name}, {participant.work.title}: {failure}")
    for number in range(rounds):
        for participant in able if number % 2 == 0 else able[::-1]:
            if isinstance(results[participant.name], str):
                continue
            try:
                results[participant.name].append(participant.round())
            except Failure as failure:
                results[participant.name] = str(failure)
    for participant in participants:
        shutil.rmtree(participant.folder, ignore_errors=True)
    return results


def rates(answers: list[dict], key: str = "seconds") -> list[float]:
    return [answer["frames"] / answer[key] for answer in answers]


def share(answers: list[dict], floor: list[dict], key: str = "seconds") -> float:
    """Median of the rounds' shares: what is beside it in time counts, not what was a minute ago."""
    return statistics.median(mine / least for mine, least in zip(rates(answers, key), rates(floor)))
