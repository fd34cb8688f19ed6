"""Fixtures for tests of the Python package, as it lies in the build folder (PYTHONPATH)."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
import resonance as package

ROOT = pathlib.Path(__file__).resolve().parents[3]

@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Where a beamtime can be made. The space in the name is on purpose."""
    return tmp_path / "my beamtime.db"


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Four runs; the first and the third have frames. Only read in these tests."""
    database = tmp_path_factory.mktemp("package") / "demo.db"
    package.simulate(database, runs=4, events=12, shape=(32, 48), seed=7)
    return database


@pytest.fixture
def recorded(path: pathlib.Path):
    """`recorded(codec=…)`: one run of 20 events with an energy, a count and a frame; returns its database."""
    import numpy as np

    def record(events: int = 20, shape: tuple[int, int] = (24, 40), **options) -> pathlib.Path:
        frames = np.random.default_rng(3).poisson(40, (events, *shape)).astype("uint16")
        with package.RunWriter(path, **options) as writer, writer.run("energy_scan", sample="PS", metadata={"edge": "carbon"}):
            writer.open_stream("primary", {"energy": package.number_key("mono", "eV"), "counts": package.integer_key("ccd"),
                                           "ccd": package.image_key("camera", *shape, "uint16")})
            writer.write_events("primary", {"energy": np.linspace(280, 300, events), "counts": frames.sum((1, 2))}, frames={"ccd": frames})
        return path

    return record


def outside_folder(variable: str, default: str) -> pathlib.Path:
    folder = pathlib.Path(os.environ.get(variable) or ROOT / default)
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: name it in {variable}")
    return folder.resolve()


@pytest.fixture(scope="session")
def data() -> pathlib.Path:
    """Real beamline files."""
    return outside_folder("RESONANCE_DATA", "../shared/data")


@pytest.fixture
def run_python():
    """Run a program in an interpreter of its own: `run_python(text, *arguments)` gives what it printed."""

    def run(program: str, *arguments, status: int | None = 0, timeout: float = 60, **options) -> subprocess.CompletedProcess:
        done = subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options)
        if status is not None and done.returncode != status:
            pytest.fail(f"status {done.returncode}, expected {status}\n{done.stdout}{done.stderr}", pytrace=False)
        return done

    return run


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A file whose tests were all skipped is skipped (77 for ctest), not passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus in (0, 5) and reporter and reporter.stats.get("skipped") and not reporter.stats.get("passed"):
        session.exitstatus = 77
