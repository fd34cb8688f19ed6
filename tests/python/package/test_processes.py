"""Threads, forks, interrupted reads, interpreters that end too early, and locks that must not be lost."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import resonance

RECORD = """
import sys, resonance
writer = resonance.RunWriter(sys.argv[1], durability=sys.argv[2])
writer.open_run("left open")
writer.open_stream("primary", {"x": resonance.number_key("m")})
for i in range(50):
    writer.write_event("primary", {"x": float(i)})
"""


@pytest.mark.parametrize("durability", ["commit", "group"])
@pytest.mark.parametrize("ending", ["", "raise SystemExit(0)", "import gc; cycle = [writer]; cycle.append(cycle); del writer",
                                    "import threading; threading.Thread(target=lambda: None).start()", "import builtins; builtins.keep = writer"])
def test_an_interpreter_that_ends_with_an_open_writer_loses_nothing(run_python, path, durability, ending):
    done = run_python(RECORD + ending, path, durability)
    assert done.stderr == ""
    run = resonance.Catalog(path)[-1]
    assert (run.exit_status, run.num_events, run.state) == ("failed", 50, "closed")


def test_a_killed_writer_leaves_a_run_that_is_told_to_be_dead(run_python, path):
    run_python(RECORD + "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", path, "commit", status=-signal.SIGKILL)
    run = resonance.Catalog(path)[-1]
    assert run.state == "dead" and len(run.table()) == 50 and len(list(run.follow())) == 50
    resonance.RunWriter(path).close()
    assert run.exit_status == "failed"


def test_an_exception_in_the_program_closes_the_run(run_python, path):
    done = run_python(RECORD + "raise ZeroDivisionError", path, "commit", status=1)
    assert done.stderr.strip().endswith("ZeroDivisionError")
    assert resonance.Catalog(path)[-1].exit_status == "failed"


def test_objects_outlive_their_catalog_and_each_other(simulated):
    run = next(run for run in resonance.Catalog(simulated) if run.num_frames)
    images = run.images()
    events = run.events()
    columns = run.columns()
    values = columns.to_numpy()["counts"]
    arrow = columns.arrow()
    uid = run.uid
    del run, columns
    assert int(images[0].sum()) == values[0] == arrow.column("counts")[0].as_py() == next(events)["counts"]
    assert images._run.uid == uid


def test_many_threads_read_and_record_at_once(path, simulated):
    failed = []

    def guarded(work):
        def run():
            try:
                work()
            except Exception as error:
                failed.append(error)

        return run

    catalog = resonance.Catalog(simulated)
    run = next(run for run in catalog if run.num_frames)
    images = run.images()
    wanted = np.asarray(images)

    def read():
        for _ in range(10):
            assert len(run.table()) == 12 and len(catalog.find()) == 4
            np.testing.assert_array_equal(images[:], wanted)
            np.testing.assert_array_equal(images[3], wanted[3])

    with resonance.RunWriter(path) as writer, writer.run("x"):
        writer.open_stream("primary", {"n": resonance.integer_key("m")})

        def record():
            for i in range(40):
                writer.write_event("primary", {"n": i})

        threads = [threading.Thread(target=guarded(work)) for work in (read, read, read, record, record)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert resonance.Catalog(path)[-1].table().index.tolist() == list(range(1, 81))


def test_other_threads_go_on_while_one_waits(path):
    writer = resonance.RunWriter(path, busy_timeout=0.6)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    waiting = threading.Thread(target=lambda: pytest.raises(resonance.BusyError, writer.open_run, "x"))
    waiting.start()
    ticks = 0
    while waiting.is_alive() and ticks < 10_000:
        time.sleep(0.005)
        ticks += 1
    waiting.join()
    blocker.close()
    writer.close()
    assert ticks >= 10, "the waiting call kept the interpreter's lock"


def test_a_child_after_fork_reads_with_its_own_connection_and_cannot_write_with_the_parents(simulated, path, run_python):
    program = """
import os, sys, warnings, resonance, numpy
warnings.simplefilter("ignore", DeprecationWarning)
catalog = resonance.Catalog(sys.argv[1])
run = next(run for run in catalog if run.num_frames)
images = run.images()
total = int(numpy.asarray(images).sum())
writer = resonance.RunWriter(sys.argv[2])
writer.open_run("parents")
writer.open_stream("primary", {"x": resonance.number_key("m")})
child = os.fork()
if child == 0:
    assert int(numpy.asarray(images).sum()) == total and len(run.table()) == 12 and len(catalog) == 4
    assert int(run.images()[:].sum()) == total
    for call in (lambda: writer.write_event("primary", {"x": 1.0}), lambda: writer.open_run("childs"), writer.sync):
        try:
            call()
        except RuntimeError as error:
            assert "parent" in str(error)
        else:
            sys.exit(3)
    with resonance.RunWriter(sys.argv[2]) as own, own.run("childs"):
        pass
    sys.exit(0)   # with everything of the parent's still there
_, status = os.waitpid(child, 0)
assert status == 0, status
writer.write_event("primary", {"x": 2.0})
writer.close_run()
writer.close()
print("parent", int(numpy.asarray(images).sum()) == total)
"""
    assert run_python(program, simulated, path).stdout == "parent True\n"
    assert {run.plan_name: run.exit_status for run in resonance.Catalog(path)} == {"parents": "success", "childs": "success"}


def interrupted_after(seconds, work):
    """Raise KeyboardInterrupt in `work` as Ctrl-C does; returns how long it then took, or None when it was done before."""
    threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        work()
        time.sleep(seconds)
    except KeyboardInterrupt:
        return True
    return False


def test_ctrl_c_ends_a_long_read(path):
    with resonance.RunWriter(path, codec="gzip") as writer, writer.run("x"):
        writer.open_stream("primary", {"n": resonance.integer_key("m"), "f": resonance.image_key("c", 512, 512)})
        uids = writer.write_events("primary", {"n": np.arange(20_000)})
        writer.write_frames(uids[:40], "f", np.random.default_rng(1).integers(0, 99, (40, 512, 512)).astype("u2"))
    run = resonance.Catalog(path)[-1]
    images = run.images("f")

    def forever(work):
        def loop():
            while True:
                work()

        return loop

    for work in (lambda: run.table(), lambda: np.asarray(images), lambda: resonance.verify(path, frames=True)):
        assert interrupted_after(0.1, forever(work))
    assert len(run.table()) == 20_000 and np.asarray(images).shape == (40, 512, 512)


def test_closing_sqlite3_does_not_drop_the_locks_of_the_writer(path, run_python):
    """With two copies of SQLite, closing a connection of one drops the file locks of the other (fcntl): another process then gets in."""
    other = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=0)\ntry:\n    c.execute('BEGIN IMMEDIATE')\n    print('in')\nexcept sqlite3.OperationalError as e:\n    print(e)"
    writer = resonance.RunWriter(path)
    writer.open_run("x")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert "locked" in run_python(other, path).stdout
    resonance.Catalog(path).find()  # opens and closes descriptors of the same file, in our code
    catalog = resonance.Catalog(path)
    catalog.close()
    assert "locked" in run_python(other, path).stdout, "closing a Catalog dropped the lock of Python's sqlite3"
    holder.execute("ROLLBACK")
    holder.close()
    assert resonance.Catalog(path)[-1].state == "live", "closing sqlite3's connection dropped the writer's lock"
    writer.close()


def test_python_and_resonance_share_one_copy_of_sqlite():
    from resonance import _core, _sqlite

    assert _sqlite.shared and _core.sqlite_version() == sqlite3.sqlite_version
    assert not _core.same_sqlite(lambda: None)


GUARD = """
import sqlite3, sys, gc
import resonance
resonance._sqlite.shared = False  # as it is with a Python that carries its own SQLite
sys.addaudithook(resonance._sqlite._watch)
path = sys.argv[1]
writer = resonance.RunWriter(path)
for name in (path, "file:" + path.replace(" ", "%20") + "?mode=ro"):
    try:
        sqlite3.connect(name, uri=name.startswith("file:"))
    except sqlite3.OperationalError as error:
        assert isinstance(error, resonance.BusyError) and "another copy of SQLite" in str(error), error
    else:
        sys.exit("connected beside an open writer")
sqlite3.connect(":memory:").close()
writer.close(); del writer; gc.collect()
connection = sqlite3.connect(path)
connection.execute("SELECT count(*) FROM runs").fetchall()
for call in (lambda: resonance.Catalog(path), lambda: resonance.RunWriter(path)):
    try:
        call()
    except resonance.BusyError as error:
        assert "not Resonance's" in str(error), error
    else:
        sys.exit("opened beside sqlite3")
connection.close()
print(len(resonance.Catalog(path)))
"""


def test_with_two_copies_of_sqlite_no_file_is_open_in_both(run_python, path):
    assert run_python(GUARD, path).stdout == "0\n"


def test_a_live_run_is_followed_to_its_end(path):
    program = """
import sys, time, numpy, resonance
with resonance.RunWriter(sys.argv[1], publish_interval=0.01) as writer, writer.run("x"):
    print("open", flush=True)
    time.sleep(0.1)
    writer.open_stream("primary", {"n": resonance.integer_key("m"), "f": resonance.image_key("c", 4, 5)})
    for i in range(30):
        writer.write_event("primary", {"n": i}, frames={"f": numpy.full((4, 5), i, "u2")})
        time.sleep(0.01)
"""
    recording = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    assert recording.stdout.readline() == "open\n"
    run = resonance.Catalog(path)[-1]
    assert run.state == "live" and run.exit_status is None and "live" in repr(run)
    frames = []
    follower = threading.Thread(target=lambda: frames.extend(int(frame[0, 0]) for frame in run.images("f").follow(poll=0.01)))
    follower.start()
    numbers = [event["n"] for event in run.follow(poll=0.01)]
    follower.join()
    assert numbers == frames == list(range(30))
    assert recording.wait() == 0 and run.state == "closed"
    recording.stdout.close()


def test_a_pool_of_processes_reads_frames(simulated):
    import multiprocessing

    run = next(run for run in resonance.Catalog(simulated) if run.num_frames)
    images = run.images()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        sums = pool.map(total_of, [(images, i) for i in range(4)])
    assert sums == run.table().counts.tolist()[:4]


def total_of(task):
    images, i = task
    return int(images[i].sum())


@pytest.mark.parametrize("way", ["Catalog", "RunWriter", "verify", "statistics", "describe_schema", "recover", "repair", "migrate", "back_up", "import_file", "simulate", "add_tags"])
def test_every_way_in_is_guarded_against_a_second_copy_of_sqlite(recorded, tmp_path, monkeypatch, way):
    database = recorded()
    run = resonance.Catalog(database)[-1]
    calls = {"back_up": lambda: resonance.back_up(database, tmp_path / "copy"), "import_file": lambda: resonance.import_file("x.csv", database), "add_tags": lambda: run.add_tags("x")}
    from resonance import _sqlite

    monkeypatch.setattr(_sqlite, "shared", False)
    monkeypatch.setattr(_sqlite, "_ours", set())
    with pytest.raises(resonance.BusyError, match="by a copy of SQLite that is not Resonance's"):
        calls.get(way, lambda: getattr(resonance, way)(database))()
