"""Fixtures for tests that know Resonance by its command and its files alone."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Finished(subprocess.CompletedProcess):
    """What a command left: `returncode`, `stdout` and `stderr` as text, `raw` as bytes."""

    def __init__(self, done: subprocess.CompletedProcess) -> None:
        super().__init__(done.args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        self.raw: bytes = done.stdout

    def json(self):
        return json.loads(self.stdout)

    def json_lines(self) -> list:
        return [json.loads(line) for line in self.stdout.splitlines() if line.strip()]


class Command:
    """The built command: `resonance("ls", db)`; `status=` when another exit status than 0 is expected (None: any)."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.env = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8", "COLUMNS": "80"}

    def __call__(self, *arguments, status: int | None = 0, input: str | bytes | None = None, timeout: float = 300, **options) -> Finished:
        if isinstance(input, str):
            input = input.encode()
        options["env"] = {**self.env, **options.get("env", {})}
        done = Finished(subprocess.run(self.arguments(*arguments), input=input, capture_output=True, timeout=timeout, **options))
        if status is not None and done.returncode != status:
            called = " ".join(["resonance", *map(str, arguments)])
            pytest.fail(f"{called}: status {done.returncode}, expected {status}\n{done.stdout}{done.stderr}", pytrace=False)
        return done

    def start(self, *arguments, **options) -> subprocess.Popen:
        """Start it and return at once; standard output is a pipe. The caller waits or kills."""
        options = {"stdout": subprocess.PIPE, "text": True, **options}
        return subprocess.Popen(self.arguments(*arguments), env=self.env, **options)

    def arguments(self, *arguments) -> list[str]:
        return [str(self.path), *map(str, arguments)]


@pytest.fixture(scope="session")
def resonance() -> Command:
    path = pathlib.Path(os.environ.get("RESONANCE_COMMAND") or ROOT / "build/release/bin/resonance")
    if not path.is_file():
        pytest.fail(f"no command {path}: run scripts/setup, or name another one in RESONANCE_COMMAND", pytrace=False)
    return Command(path)


@pytest.fixture
def tmp_beamtime(tmp_path: pathlib.Path) -> pathlib.Path:
    """Where a new beamtime can be made. The space in the name is on purpose."""
    return tmp_path / "my beamtime.db"


@pytest.fixture(scope="session")
def beamtime(resonance, tmp_path_factory):
    """Four simulated runs; the first and the third have frames. Only read in these tests."""
    path = tmp_path_factory.mktemp("cli") / "demo.db"
    resonance("simulate", path, "--runs", 4, "--events", 12, "--shape", "32,48", "--seed", 7)
    return path


def outside_folder(variable: str, default: str) -> pathlib.Path:
    folder = pathlib.Path(os.environ.get(variable) or ROOT / default)
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: name it in {variable}")
    return folder.resolve()


@pytest.fixture(scope="session")
def data() -> pathlib.Path:
    """Real beamline files."""
    return outside_folder("RESONANCE_DATA", "../shared/data")


@pytest.fixture(scope="session")
def accept() -> pathlib.Path:
    """The programs that check Resonance's files from outside."""
    return outside_folder("RESONANCE_ACCEPT", "../shared/accept")


@pytest.fixture(scope="session")
def run_accept(accept: pathlib.Path):
    """Run one of these programs: `run_accept("describe.py", db, "--is", "beamtime")`."""

    def run(program: str, *arguments, status: int | None = 0, timeout: float = 300) -> Finished:
        command = [sys.executable, str(accept / program), *map(str, arguments)]
        done = Finished(subprocess.run(command, capture_output=True, timeout=timeout))
        if status is not None and done.returncode != status:
            pytest.fail(f"{program}: status {done.returncode}, expected {status}\n{done.stdout}{done.stderr}", pytrace=False)
        return done

    return run


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A file whose tests were all skipped is skipped (77 for ctest), not passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter and reporter.stats.get("skipped") and not reporter.stats.get("passed"):
        session.exitstatus = 77
