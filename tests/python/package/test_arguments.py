"""What is of a wrong type is refused, by name, and what a reference means."""

import numpy as np
import pandas as pd
import pytest
import resonance
from resonance.api.data import catalog as dropin


@pytest.fixture
def writer(path):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        yield w


STACK = np.zeros((2, 2, 2), "u2")


@pytest.mark.parametrize("call, name", [
    (lambda w: w.write_frames(5, "f", STACK), "event_uids"), (lambda w: w.write_frames((uid for uid in "ab"), "f", STACK), "event_uids"),
    (lambda w: w.write_frames([1, 2], "f", STACK), "event_uids"), (lambda w: w.write_events("primary", {1: [1, 2]}), "name of a column"),
    (lambda w: w.write_events("primary", pd.DataFrame([[1, 2]])), "name of a column"), (lambda w: w.write_event("primary", {}, frames={1: STACK[0]}), "field of frames"),
    (lambda w: w.write_events("primary", {"a": [1]}, timestamps={1: [1.0]}), "key of timestamps"), (lambda w: w.write_events("primary", {"a": [1, 2]}, frames={2: STACK}), "field of frames"),
    (lambda w: w.write_event("primary", data=None), "data cannot be None"), (lambda w: w.write_event(3, {}), "stream is str, not 3"), (lambda w: w.write_event("primary", {}, time="now"), "time is float or None, not 'now'"),
    (lambda w: w.write_events("primary", {"a": b"ab"}), "'a'"), (lambda w: w.open_run("x", tags="good"), "tags is a list of str, not 'good'"), (lambda w: w.open_run("x", scan_id="7"), "scan_id is int or None, not '7'"),
    (lambda w: w.add_sample(resonance.SampleMetadata("x", tags="film")), "tags"), (lambda w: w.close_run(reason=3), "reason is str, not 3")])
def test_writers_name_what_is_wrong(writer, call, name):
    with pytest.raises(TypeError, match=name):
        call(writer)


@pytest.mark.parametrize("call, name", [
    (lambda c: c.runs(plan=3), "plan is str or None, not 3"), (lambda c: c.search("x", limit=-1), "limit cannot be -1"), (lambda c: c.recent("2"), "limit is int or None, not '2'"),
    (lambda c: resonance.number_key("m", None), "units is str, not None"), (lambda c: c.facets("", "plan"), "names is a list of str"), (lambda c: resonance.verify(c.database, "12"), "runs is a list"),
    (lambda c: resonance.import_file("x.csv", c.database, tags="good"), "tags is a list"), (lambda c: c[-1].table("primary", "energy"), r"columns is a list of str, not 'energy'; for one of them: \['energy'\]"),
    (lambda c: c[-1].table(columns=[1]), "columns"), (lambda c: c[-1].add_note(5), "text is str, not 5"), (lambda c: resonance.Catalog(c.database, threads="2"), "threads is int, not '2'")])
def test_readers_name_what_is_wrong(simulated, call, name):
    with pytest.raises(TypeError, match=name):
        call(resonance.Catalog(simulated))


def test_no_columns_are_not_all_columns(simulated):
    run = resonance.Catalog(simulated)[-1]
    assert run.table(columns=[]).columns.tolist() == ["time"] and run.columns(columns=[]).names == ["seq_num", "time"]
    assert run.table(columns=None).shape[1] > 2 and run.table(columns=["energy"]).columns.tolist() == ["time", "energy"]


@pytest.fixture
def numbered(path):
    with resonance.RunWriter(path) as w:
        for uid, scan_id in (("7" + "0" * 31, 1), ("70" + "1" * 30, 2), ("5" + "0" * 31, 3)):
            with w.run("scan", uid=uid, scan_id=scan_id):
                pass
    return resonance.Catalog(path)


def test_a_number_is_a_scan_id_and_never_the_beginning_of_a_uid(numbered):
    assert numbered[1].uid.startswith("7000") and numbered[np.int64(3)].uid[0] == "5" and numbered[-3].scan_id == 1
    for number in (5, 7, 70, 2**70, -4):
        with pytest.raises(KeyError):
            numbered[number]
    assert numbered["5"].scan_id == 3 and numbered["2"].scan_id == 2
    with pytest.raises(resonance.InvalidArgumentError, match="several"):
        numbered["7"]
    for other in (True, 7.0, None, b"7", np.float64(1), ["1"]):
        with pytest.raises(TypeError, match="a run is named by"):
            numbered[other]
    with dropin.Catalog(numbered.database) as c:
        for other in (1, None, "5"):
            with pytest.raises(KeyError):
                c[other]


def test_the_master_index_reads_references_alike(tmp_path):
    resonance.init_data_root(tmp_path)
    with resonance.RunWriter(tmp_path / "x.db", data_root=tmp_path) as w, w.run("scan", uid="7" + "0" * 31, scan_id=12):
        pass
    with resonance.MasterIndex(tmp_path) as index:
        assert index.run(12).uid == index.run("7").uid == index.run(-1).uid
        with pytest.raises(KeyError):
            index.run(7)
        with pytest.raises(TypeError):
            index.run(7.0)


@pytest.mark.parametrize("seconds", [float("nan"), -1.0])
def test_a_wait_is_a_time(path, tmp_path, seconds):
    for name in ("busy_timeout", "commit_interval"):
        with pytest.raises(ValueError, match=name):
            resonance.RunWriter(path, **{name: seconds})
    resonance.init_data_root(tmp_path / "root")
    with pytest.raises(ValueError, match="busy_timeout"):
        resonance.MasterIndex(tmp_path / "root", busy_timeout=seconds)


def test_a_wait_without_end_waits(path, run_python):
    program = ("import resonance, sqlite3, sys, threading, time\n"
               "w = resonance.RunWriter(sys.argv[1], busy_timeout=float('inf'))\n"
               "b = sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False); b.execute('BEGIN IMMEDIATE')\n"
               "threading.Timer(0.5, lambda: b.execute('ROLLBACK')).start()\n"
               "w.open_run('x'); w.close_run(); w.close(); print('recorded')")
    assert run_python(program, path).stdout == "recorded\n"


def test_a_stream_that_never_was_is_not_followed_for_nothing(simulated):
    with pytest.raises(KeyError, match="'typo'"):
        list(resonance.Catalog(simulated)[-1].follow("typo"))
