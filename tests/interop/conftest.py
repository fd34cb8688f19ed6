"""What the tests of this folder share: the built programs, Node, and the fixtures of tests/python."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE / "node_modules"

_spec = importlib.util.spec_from_file_location("command_fixtures", HERE.parent / "python/conftest.py")
_shared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_shared)
resonance = _shared.resonance
pytest_sessionfinish = _shared.pytest_sessionfinish


@pytest.fixture(scope="session")
def program(resonance):
    """The path of a program that was built with the tests: `program("write_matrix")`."""

    def path(name: str) -> pathlib.Path:
        found = resonance.path.parent / name
        if not found.is_file():
            pytest.fail(f"no program {found}: build the tests (scripts/setup)", pytrace=False)
        return found

    return path


@pytest.fixture(scope="module")
def fast_folder(tmp_path_factory):
    """A folder in memory where there is room for one: thousands of small files, whose way to the disk is not what is tested."""
    memory = pathlib.Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 512 << 20):
        yield tmp_path_factory.mktemp("fast")
        return
    with tempfile.TemporaryDirectory(prefix="resonance-", dir=memory) as folder:
        yield pathlib.Path(folder)


@functools.cache
def find_node() -> tuple[str | None, str]:
    """Node with zarrita where its scripts find it, or None and why."""
    path = shutil.which("node")
    if not path:
        return None, "no node: install Node 18 or newer, then run scripts/setup"
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 18:
        return None, f"node is {version}: zarrita needs 18 or newer"
    if not (MODULES / "zarrita").is_dir():
        return None, f"no {MODULES.relative_to(HERE.parents[1])}: run scripts/setup"
    return path, ""


@pytest.fixture(scope="session")
def maybe_node() -> str | None:
    return find_node()[0]


@pytest.fixture(scope="session")
def node() -> str:
    path, why = find_node()
    return path or pytest.skip(why)


@pytest.fixture(scope="session")
def zarrita(node):
    """Compare arrays with the formula: `zarrita(store, tasks)` gives an answer for each (see zarrita_read.mjs)."""

    def compare(store: pathlib.Path, tasks: list[dict]) -> list[dict]:
        lines = "".join(json.dumps(task) + "\n" for task in tasks)
        done = subprocess.run([node, HERE / "zarrita_read.mjs", store], input=lines, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert [answer["group"] for answer in answers] == [task["group"] for task in tasks]
        return answers

    return compare
