"""A hundred thousand calls of each kind leave no memory behind."""

import gc
import pathlib

import numpy as np
import pytest
import resonance

CALLS = 100_000


def resident_bytes():
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def grown_by(work, calls):
    """Bytes by which the process grows in the second half of the calls, when pools and caches are full."""
    for _ in range(calls // 2):
        work()
    gc.collect()
    before = resident_bytes()
    for _ in range(calls // 2):
        work()
    gc.collect()
    return resident_bytes() - before


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    path = tmp_path_factory.mktemp("leaks") / "x.db"
    with resonance.RunWriter(path, durability="group", allow_undeclared=True, sync_interval=60) as w, w.run("x"):
        w.open_stream("primary", {})
        yield w


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("leaks") / "y.db"
    with resonance.RunWriter(path, codec="none") as w, w.run("x"):
        w.open_stream("primary", {"a": resonance.number_key("m"), "f": resonance.image_key("c", 16, 16)})
        w.write_events("primary", {"a": np.arange(3.0)}, frames={"f": np.ones((3, 16, 16), "u2")})
    return resonance.Catalog(path)[-1]


def refused(work, error):
    def call():
        try:
            work()
        except error:
            return
        raise AssertionError("was not refused")

    return call


def test_recording(writer):
    data = {"a": 1.5, "b": [1, 2], "c": {"d": "text"}, "e": np.float32(3), "f": 2**70, "g": None}
    # what waits to be committed comes and goes with the speed of the disk; 400 bytes a call would be 20 MB
    assert grown_by(lambda: writer.write_event("primary", data, {"a": 1.0}), CALLS) < 16 << 20


@pytest.mark.parametrize("name, calls", [("frame", CALLS), ("read", CALLS), ("map_range", CALLS), ("table", CALLS // 10), ("arrow", CALLS // 10), ("events", CALLS // 4), ("metadata", CALLS),
                                         ("images", CALLS // 4), ("pickle", CALLS // 50)])
def test_reading(run, name, calls):
    import pickle

    images = run.images()
    work = {"frame": lambda: images[1], "read": lambda: images.read(slice(0, 2)), "map_range": lambda: images[0:2], "table": run.columns, "metadata": lambda: run.metadata,
            "arrow": lambda: run.columns().__arrow_c_array__(), "events": lambda: list(run.events()), "images": lambda: run.images(), "pickle": lambda: pickle.loads(pickle.dumps(images))}[name]
    if name == "table":
        assert grown_by(lambda: run.columns().to_numpy(), calls) < 2 << 20
    else:
        assert grown_by(work, calls) < 2 << 20


def test_refusals(run, writer):
    images, loop = run.images(), []
    loop.append(loop)
    for work, error in ((lambda: images[99], IndexError), (lambda: run.columns("none"), KeyError), (lambda: writer.write_event("primary", {"a": {"b": object()}}), TypeError),
                        (lambda: writer.write_frame("0" * 32, "f", np.zeros((2, 2), complex)), TypeError), (lambda: resonance.RunWriter("x", nonsense=1), TypeError)):
        assert grown_by(refused(work, error), CALLS // 10) < 2 << 20
