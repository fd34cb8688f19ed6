"""Children of fork(), daemon threads at the end of the interpreter, and threads of ours that want the interpreter's lock: none may hang."""

import os
import pickle
import sqlite3

import pytest
import resonance

# `child(work)` forks; the child does the work and ends. Prints what became of children that did not end well.
CHILDREN = """
import os, signal, sys, threading, time, warnings
import numpy, resonance
warnings.simplefilter("ignore", DeprecationWarning)

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except SystemExit:
            raise
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    for _ in range(10_000):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            if status:
                sys.exit(f"a child ended with status {status}")
            return
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    sys.exit("a child hangs")

def recording(path, **options):
    writer = resonance.RunWriter(path, **options)
    writer.open_run("x")
    writer.open_stream("primary", {"n": resonance.integer_key("m"), "f": resonance.image_key("c", 128, 128)})
    return writer

def busy(work):
    stop = threading.Event()
    def loop():
        while not stop.is_set():
            work()
    threads = [threading.Thread(target=loop) for _ in range(3)]
    for thread in threads:
        thread.start()
    def end():
        stop.set()
        for thread in threads:
            thread.join()
    return end
"""


@pytest.fixture
def data_root(tmp_path):
    resonance.init_data_root(tmp_path)
    return tmp_path


IMPORT = """
import logging, sys, resonance
logging.basicConfig()
root = sys.argv[1]
print(resonance.import_file(root + "/scan.csv", root + "/my beamtime.db", data_root=root)["events"])
try:
    resonance.import_file(root + "/none.csv", root + "/my beamtime.db", data_root=root)
except resonance.NotFoundError:
    print("not found")
"""


def test_an_import_ends_although_another_process_holds_the_index(data_root, run_python):
    (data_root / "scan.csv").write_text("energy,i0\n1.0,2.0\n")
    holder = sqlite3.connect(data_root / "index.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    done = run_python(IMPORT, data_root)
    holder.close()
    assert done.stdout == "1\nnot found\n" and "is not indexed yet" in done.stderr


LET_GO = CHILDREN + """
path, root, how = sys.argv[1:]
options = {"index": {"data_root": root}, "frames": {"durability": "group", "shard_bytes": 1 << 20, "level": 9}, "rows": {"durability": "group"}}
writer = recording(path, **options[how])
frame = numpy.random.default_rng(0).integers(0, 60000, (128, 128)).astype("u2")
def let_go():
    global writer
    del writer
def end():
    sys.exit(0)  # as a program does; with the writer still there
for i in range(10):
    for n in range(6):
        writer.write_event("primary", {"n": n}, frames={"f": frame} if how == "frames" else None)
    child(end if i % 2 else let_go)
writer.close_run()
writer.close()
"""


@pytest.mark.parametrize("how", ["index", "frames", "rows"])
def test_a_child_that_lets_go_of_the_parents_writer_ends_and_does_no_harm(path, data_root, run_python, how):
    run_python(LET_GO, path, data_root, how)
    run = resonance.Catalog(path)[-1]
    assert (run.exit_status, run.num_events, len(run.images())) == ("success", 60, 60 if how == "frames" else 0)
    assert not resonance.verify(path, frames=True).faults


def test_a_child_leaves_the_parents_index_alone(data_root, run_python):
    run_python(CHILDREN + """
index = resonance.MasterIndex(sys.argv[1])
assert index.count() == 0
def let_go():
    before = len(os.listdir("/proc/self/fd"))
    index.close()
    assert len(os.listdir("/proc/self/fd")) == before, "it closed what is the parent's"
child(let_go)
assert index.count() == 0
""", data_root)


DAEMONS = """
import sys, threading, time, numpy, resonance
run = next(run for run in resonance.Catalog(sys.argv[1]) if run.num_frames)
images = run.images()
buffer = numpy.empty(images.shape, images.dtype)
works = {"table": run.table, "read": lambda: images.read(out=buffer), "follow": lambda: list(run.follow(poll=0.001)),
         "verify": lambda: resonance.verify(sys.argv[1], frames=True, progress=lambda *done: None)}
work, begun = works[sys.argv[2]], threading.Barrier(4)
def loop():
    begun.wait()
    while True:
        work()
for _ in range(3):
    threading.Thread(target=loop, daemon=True).start()
begun.wait()
time.sleep(0.1)
"""


@pytest.mark.parametrize("work", ["table", "read", "follow", "verify"])
def test_daemon_threads_in_the_middle_of_a_read_do_not_abort_the_end_of_the_interpreter(simulated, run_python, work):
    for _ in range(3):
        assert run_python(DAEMONS, simulated, work).stderr == ""


def test_threads_of_a_child_open_what_they_share_once(simulated, run_python):
    run_python(CHILDREN + """
def work():
    sys.setswitchinterval(1e-6)
    start = threading.Barrier(4)
    def go():
        for run in runs:
            start.wait()
            run.state
    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
runs = [resonance.Catalog(sys.argv[1])[-1] for _ in range(40)]
for _ in range(25):
    child(work)
""", simulated)


@pytest.mark.parametrize("parent", ["images[int(time.time() * 1e6) % 12]", "run.images()"])
def test_a_child_reads_whatever_other_threads_did_when_it_was_made(simulated, run_python, parent):
    run_python(CHILDREN + f"""
run = next(run for run in resonance.Catalog(sys.argv[1]) if run.num_frames)
images = run.images()
end = busy(lambda: {parent})
def work():
    assert images[3].shape == run.images()[3].shape and len(run.table()) == 12
try:
    for _ in range(60):
        child(work)
finally:
    end()
""", simulated)


def test_a_fork_waits_for_calls_and_keeps_new_ones_out_until_it_is_over(simulated, run_python):
    run_python(CHILDREN + """
from resonance import _core
run = resonance.Catalog(sys.argv[1])[-1]
inside, release = threading.Event(), threading.Event()
def tell(*done):
    inside.set()
    release.wait()
first = threading.Thread(target=lambda: resonance.verify(sys.argv[1], progress=tell))
first.start()
inside.wait()
threading.Timer(0.2, release.set).start()
_core.before_fork()
assert release.is_set(), "it did not wait for the call that was on its way"
first.join(0.3)
second = threading.Thread(target=run.table)
second.start()
second.join(0.3)
assert second.is_alive(), "a call began while a fork was on its way"
_core.after_fork_in_parent()
second.join()
first.join()
""", simulated)


def test_a_fork_waits_also_for_what_a_writer_does_behind_the_back_of_its_caller(path, run_python):
    run_python(CHILDREN + """
import sqlite3
from resonance import _core
writer = recording(sys.argv[1], durability="group", commit_interval=0.2)
other = sqlite3.connect(sys.argv[1])
events = lambda: other.execute("SELECT count(*) FROM events").fetchone()[0]
writer.write_event("primary", {"n": 1})
_core.before_fork()
before = events()
time.sleep(0.6)
assert events() == before, "it committed while a fork was on its way"
_core.after_fork_in_parent()
while events() != 1:
    time.sleep(0.01)
other.close()
writer.close_run()
writer.close()
""", path)


def test_a_fork_inside_a_call_waits_for_nobody(simulated, run_python):
    run_python(CHILDREN + """
run = next(run for run in resonance.Catalog(sys.argv[1]) if run.num_frames)
end = busy(run.table)
forked = 0
def tell(*done):
    global forked
    forked += 1
    if forked < 4:
        child(lambda: run.table())
try:
    resonance.verify(sys.argv[1], progress=tell)
    assert forked and len(run.table()) == 12
finally:
    end()
""", simulated)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def test_what_is_unpickled_shares_one_catalog(simulated):
    run = next(run for run in resonance.Catalog(simulated) if run.num_frames)
    images = run.images()
    before = descriptors()
    kept = [pickle.loads(pickle.dumps(thing)) for thing in [run, images] * 50]
    assert len(kept[0].table()) == 12 and len(kept[1]) == len(images)
    assert descriptors() - before < 10, "each has a connection of its own"
    del kept
    assert descriptors() == before


def test_what_is_unpickled_is_of_the_file_that_is_there(recorded):
    pickled = pickle.dumps(resonance.Catalog(recorded())[-1])
    kept = pickle.loads(pickled)
    for suffix in (".db", ".zarr"):  # a beamtime that takes the place of another one
        kept.database.with_suffix(suffix).rename(kept.database.with_name("aside" + suffix))
    resonance.RunWriter(kept.database).close()
    with pytest.raises(resonance.NotFoundError):
        pickle.loads(pickled)
    assert len(kept.table()) == 20


def test_a_process_of_multiprocessing_closes_its_writers_at_its_end(path, run_python):
    run_python("""
import multiprocessing, sys, resonance
def record(path):
    global writer
    writer = resonance.RunWriter(path)
    writer.open_run("left open")
if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=record, args=(sys.argv[1],))
    process.start()
    process.join()
    assert process.exitcode == 0
""", path)
    run = resonance.Catalog(path)[-1]
    assert (run.exit_status, run.state) == ("failed", "closed")
