"""`resonance.api.data` as programs written for the package of that name use it."""

import dataclasses
import inspect
import json
import sqlite3
import zlib

import numpy as np
import pandas as pd
import pytest
import resonance
import zarr
from resonance.api import data as everything
from resonance.api.data import catalog, compression, models, schema, writer
from resonance.api.data.catalog import Catalog
from resonance.api.data.compression import compress_array, decompress_array
from resonance.api.data.models import BeamtimeInfo, RunSummary, SampleMetadata
from resonance.api.data.writer import RunWriter

KEYS = {"energy": {"dtype": "number", "shape": [], "source": "mono", "units": "eV"}}


def rows(path, statement, *values):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


@pytest.fixture
def filled(path):
    """A run of five events with an image each, an empty run, and a failed one; returns (path, uids)."""
    uids = []
    with RunWriter(path, SampleMetadata(name="PS", formula="C8H8", tags=["film"], extra={"nm": 84.5})) as w:
        uids.append(w.open_run("en_scan", metadata={"edge": "carbon"}))
        w.open_stream("primary", KEYS)
        for i in range(5):
            event = w.write_event({"energy": 280.0 + i, "undeclared": i}, {"energy": 1.7e9 + i})
            w.write_image(event, "detector_image", np.full((6, 8), i, np.uint16))
        w.close_run()
        uids.append(w.open_run("nothing"))
        w.close_run(exit_status="aborted")
    with pytest.raises(ZeroDivisionError), RunWriter(path, SampleMetadata("PS")) as w:
        uids.append(w.open_run("broken"))
        raise ZeroDivisionError("the shutter stuck")
    return path, uids


def test_the_names_and_signatures_are_those_of_the_package():
    def parameters(function):
        return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values() if p.name != "self"]

    either, keyword, none = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    assert parameters(RunWriter) == [("db_path", either, none), ("sample", either, none)]
    assert parameters(RunWriter.open_run) == [("plan_name", either, none), ("metadata", keyword, None)]
    assert parameters(RunWriter.open_stream) == [("name", either, none), ("data_keys", either, none)]
    assert parameters(RunWriter.write_event) == [("data", either, none), ("timestamps", either, None)]
    assert parameters(RunWriter.write_image) == [("event_uid", either, none), ("field_name", either, none), ("image", either, none)]
    assert parameters(RunWriter.close_run) == [("exit_status", keyword, "success")]
    assert parameters(RunWriter.open) == parameters(RunWriter.close) == []
    assert parameters(Catalog) == [("db_path", either, none)]
    assert [p[0] for p in parameters(Catalog.recent)] == ["n"]
    assert [p[0] for p in parameters(Catalog.by_sample)] == ["name"]
    assert [p[0] for p in parameters(catalog.Run.table)] == ["stream"]
    assert parameters(catalog.Run.images) == [("field", either, "detector_image")]
    assert parameters(compress_array) == [("data", either, none), ("method", keyword, "zlib")]
    assert [(n, k) for n, k, _ in parameters(decompress_array)] == [("buffer", either), ("method", keyword), ("dtype", keyword), ("shape", keyword)]
    assert all(map(dataclasses.is_dataclass, (SampleMetadata, RunSummary, BeamtimeInfo)))
    assert [p[0] for p in parameters(schema.create_beamtime_schema)] == ["conn"]
    assert [p[0] for p in parameters(schema.migrate_beamtime_schema)] == ["conn", "target_version"]
    for module in (catalog, compression, models, schema, writer):
        assert all(getattr(everything, name) is getattr(module, name) for name in module.__all__)


def test_the_sample_gets_its_id_when_the_writer_opens(path):
    sample = SampleMetadata("PS")
    assert sample.id is None
    with RunWriter(path, sample):
        assert sample.id == 1
    again = SampleMetadata("PS")
    with RunWriter(str(path), again):
        assert again.id == 1, "a sample is found by its name"
    other = SampleMetadata("other")
    w = RunWriter(path, other)
    w.open()
    assert other.id == 2
    w.close()
    w.close()


def test_wrong_state_is_a_runtime_error(path):
    w = RunWriter(path, SampleMetadata("PS"))
    for call in (lambda: w.open_run("x"), lambda: w.open_stream("x", {}), lambda: w.write_event({}), lambda: w.close_run(),
                 lambda: w.write_image("0" * 32, "f", np.zeros((2, 2)))):
        with pytest.raises(RuntimeError):
            call()
    with w:
        for call in (lambda: w.open_stream("x", {}), lambda: w.write_event({}), w.close_run, w.open):
            with pytest.raises(RuntimeError):
                call()
        w.open_run("x")
        with pytest.raises(RuntimeError):
            w.write_event({"a": 1})
        with pytest.raises(RuntimeError):
            w.write_image("0" * 32, "f", np.zeros((2, 2)))
        w.close_run()
        with pytest.raises(RuntimeError):
            w.close_run()
        w.open_run("the next one")
        with pytest.raises(RuntimeError):
            w.write_event({"a": 1})  # the stream belonged to the run before
        w.close_run()
    with pytest.raises(RuntimeError):
        w.open_run("x")


def test_a_run_that_is_begun_ends_the_one_before(path):
    """As when a cell of a notebook is run again after an error."""
    with RunWriter(path, SampleMetadata("PS")) as w:
        first = w.open_run("scan")
        w.open_stream("primary", {})
        w.write_event({"a": 1})
        second = w.open_run("scan")
        with pytest.raises(RuntimeError):
            w.write_event({"a": 1})  # the stream belonged to the run before
    with Catalog(path) as c:
        assert (c[first].exit_status, c[first].num_events, c[second].exit_status) == ("failed", 1, "success")


def test_exit_statuses_of_ones_own_are_kept(path):
    with RunWriter(path, SampleMetadata("PS")) as w:
        uid = w.open_run("scan")
        w.close_run(exit_status="abort")
    with Catalog(path) as c:
        assert c[uid].exit_status == c.recent()[0].exit_status == "abort"
    assert not resonance.verify(path).faults


def test_plain_values_are_plain_values():
    assert [f.name for f in dataclasses.fields(RunSummary)] == ["uid", "plan_name", "time_start", "sample_name", "time_stop", "exit_status"]
    assert [f.name for f in dataclasses.fields(BeamtimeInfo)] == ["id", "researcher_name", "label", "db_path", "time_start", "time_stop"]
    assert [f.name for f in dataclasses.fields(SampleMetadata)] == ["name", "formula", "serial", "tags", "beamline_pos", "extra", "id"]
    assert RunSummary("u", "scan", 1.0, "PS").sample_name == "PS"
    assert BeamtimeInfo(1, "J", "march", "jd/march.db").time_start is None


def test_whatever_json_holds_may_describe_a_stream_and_any_name_a_field(path):
    with RunWriter(path, SampleMetadata("PS", serial=1234, tags=[1, "b"], extra=None)) as w:
        uid = w.open_run("scan")
        w.open_stream("primary", {"energy": "eV", "other": None})
        event = w.write_event({"energy": 1.0, "time": 5.0}, {"energy": None})
        for field in ("Axis Photonique", "Axis/Photonique", "Zähler", "..", "zarr.json"):
            w.write_image(event, field, np.full((2, 3), len(field), np.uint8))
    with Catalog(path) as c:
        run = c[uid]
        assert run.table().to_dict("list") == {"seq_num": [1], "time": [5.0], "energy": [1.0]}
        for field in ("Axis Photonique", "Axis/Photonique", "Zähler", "..", "zarr.json"):
            assert (run.images(field)[0] == len(field)).all()
        assert (run.sample.serial, run.sample.tags, run.sample.extra) == ("1234", ["1", "b"], {})
    assert rows(path, "SELECT json_extract(data_keys, '$.energy') FROM streams") == [("eV",)]
    groups = [group for (group,) in rows(path, "SELECT zarr_group FROM image_refs ORDER BY id")]
    assert groups[0] == f"runs/{uid}/Axis_Photonique" and len(set(groups)) == 5
    assert not resonance.verify(path, frames=True).faults


def test_misuse_is_an_error_of_sqlite_where_it_always_was(path, tmp_path):
    with pytest.raises(sqlite3.OperationalError) as missing:
        RunWriter(tmp_path / "no" / "x.db", SampleMetadata("PS")).open()
    assert isinstance(missing.value, FileNotFoundError)
    with RunWriter(path, SampleMetadata("PS")) as w:
        w.open_run("scan")
        w.open_stream("primary", {})
        with pytest.raises(sqlite3.IntegrityError):
            w.open_stream("primary", {})
        with pytest.raises(sqlite3.IntegrityError):
            w.write_image("0" * 32, "ccd", np.zeros((2, 2)))
    c = Catalog(path)
    assert len(c.recent(-1)) == 1
    c.close()
    with pytest.raises(sqlite3.ProgrammingError) as closed:
        c.recent()
    assert isinstance(closed.value, RuntimeError)


def test_the_store_is_there_before_any_frame(path):
    with RunWriter(path, SampleMetadata("PS")):
        assert list(zarr.open_group(str(path.with_suffix(".zarr")), mode="r")) == []


def test_an_exception_marks_the_run_failed_and_goes_on(filled):
    path, uids = filled
    assert rows(path, "SELECT uid, exit_status, time_stop IS NULL FROM runs ORDER BY time_start") == [
        (uids[0], "success", 0), (uids[1], "aborted", 0), (uids[2], "failed", 0)]


def test_a_block_without_a_run_leaves_a_clean_file(path):
    with RunWriter(path, SampleMetadata("PS")):
        pass
    assert rows(path, "SELECT count(*) FROM runs") == [(0,)]
    assert rows(path, "PRAGMA user_version") == [(2,)]
    with Catalog(path) as c:
        assert c.recent() == []


def test_what_close_leaves_open_is_failed(path):
    w = RunWriter(path, SampleMetadata("PS"))
    w.open()
    uid = w.open_run("x")
    w.close()
    with Catalog(path) as c:
        assert c[uid].exit_status == "failed"


def test_a_run_can_be_read_back(filled):
    path, uids = filled
    with Catalog(path) as c:
        recent = c.recent(2)
        assert [r.uid for r in recent] == [uids[2], uids[1]]
        assert isinstance(recent[0], RunSummary)
        assert [r.uid for r in c.by_sample("PS")] == uids[::-1]
        assert c.by_sample("nobody") == []
        run = c[uids[0]]
        assert (run.uid, run.plan_name, run.exit_status, run.num_events) == (uids[0], "en_scan", "success", 5)
        assert run.time_start <= run.time_stop
        assert run.sample == SampleMetadata("PS", formula="C8H8", tags=["film"], extra={"nm": 84.5}, id=1)
        with pytest.raises(KeyError):
            c["0" * 32]
        with pytest.raises(KeyError):
            c[uids[0][:9]]
    assert run.num_events == 5, "a run outlives its catalog"


def test_the_table_begins_with_seq_num_and_time(filled):
    path, uids = filled
    with Catalog(path) as c:
        table = c[uids[0]].table("primary")
        assert isinstance(table, pd.DataFrame)
        assert list(table.columns) == ["seq_num", "time", "energy", "undeclared"]
        assert table.seq_num.tolist() == [1, 2, 3, 4, 5] and table.energy.tolist() == [280.0, 281.0, 282.0, 283.0, 284.0]
        assert table.undeclared.dtype == np.int64
        for empty in (c[uids[0]].table("no such stream"), c[uids[1]].table("primary")):
            assert list(empty.columns) == ["seq_num", "time"] and len(empty) == 0
        table["energy"] += 1  # the frame is the caller's own


def test_values_come_back_as_json_gives_them(path):
    events = [{"a": 1, "b": True, "t": "x", "v": [1, 2], "m": {"k": None}, "n": None, "f": 0.1}, {"a": 2**70, "b": False, "t": "ü", "v": [3.5], "m": 1}]
    with RunWriter(path, SampleMetadata("PS")) as w:
        uid = w.open_run("x")
        w.open_stream("primary", {"declared": {"dtype": "number", "shape": [], "source": "s"}})
        for event in events:
            w.write_event(event)
        w.close_run()
    with Catalog(path) as c:
        table = c[uid].table("primary")
    assert table.a.tolist() == [1, 2**70] and table.b.tolist() == [True, False] and table.t.tolist() == ["x", "ü"]
    assert table.v.tolist() == [[1, 2], [3.5]] and table.m.tolist() == [{"k": None}, 1]
    assert table.n.isna().all() and table.f[0] == 0.1 and np.isnan(table.f[1])
    assert "declared" not in table
    assert [json.loads(text) for (text,) in rows(path, "SELECT data FROM events ORDER BY seq_num")] == events


def test_missing_values_are_what_pandas_makes_of_them(path):
    events = [{"i": 1, "b": True, "s": "x"}, {"f": 1.5}, {"i": 3}]
    with RunWriter(path, SampleMetadata("PS")) as w:
        uid = w.open_run("x")
        w.open_stream("primary", {})
        for event in events:
            w.write_event(event)
        w.close_run()
    with Catalog(path) as c:
        table = c[uid].table("primary")
    wanted = pd.DataFrame(events)
    for name in ("i", "f"):
        assert table[name].dtype == wanted[name].dtype == np.float64
        np.testing.assert_array_equal(table[name], wanted[name])
    assert table.b.isna().tolist() == [False, True, True] and table.s.isna().tolist() == [False, True, True]


def test_images_are_indexed_like_arrays(filled):
    path, uids = filled
    with Catalog(path) as c:
        images = c[uids[0]].images()
        assert len(images) == 5 and images.shape == (5, 6, 8) and images.dtype == np.uint16
        assert images[0].shape == (6, 8) and images[4][0, 0] == images[-1][0, 0] == 4
        assert images[np.int64(2)][0, 0] == 2
        assert images[1:4].shape == (3, 6, 8) and images[::2][:, 0, 0].tolist() == [0, 2, 4]
        assert images[::-1][:, 0, 0].tolist() == [4, 3, 2, 1, 0] and images[3:3].shape == (0, 6, 8)
        assert images[-2:].shape == (2, 6, 8) and images[10:].shape == (0, 6, 8)
        for wrong in (5, -6):
            with pytest.raises(IndexError):
                images[wrong]
        for wrong in ("a", 1.5, None):
            with pytest.raises(TypeError):
                images[wrong]
        images[0][:] = 7  # an image is the caller's own
        assert [int(image[0, 0]) for image in images] == [0, 1, 2, 3, 4], "iteration ends at an IndexError"
        none = c[uids[0]].images("no such field")
        assert len(none) == 0 and none[:].shape[0] == 0
        with pytest.raises(IndexError):
            none[0]


def test_the_stored_codec_is_true(filled):
    path, uids = filled
    assert rows(path, "SELECT DISTINCT compression_codec, field_name, zarr_group, shape_x, shape_y, dtype FROM image_refs") == [
        ("blosc", "detector_image", f"runs/{uids[0]}/detector_image", 6, 8, "uint16")]
    metadata = json.loads((path.with_suffix(".zarr") / "runs" / uids[0] / "detector_image" / "zarr.json").read_text())
    assert "blosc" in json.dumps(metadata["codecs"])


@pytest.mark.parametrize("keys", [{}, {"a": {}}, {"a": {"dtype": "int32", "external": True}}, {"ccd": {"dtype": "array", "source": "camera"}}])
def test_data_keys_may_say_what_they_like(path, keys):
    with RunWriter(path, SampleMetadata("PS")) as w:
        w.open_run("x")
        w.open_stream("primary", keys)
        event = w.write_event({"a": 1, "b": [1, "x"]})
        w.write_image(event, "ccd", np.zeros((3, 4), np.float32))
        w.close_run()


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64"])
def test_images_of_every_type_come_back_exactly(path, dtype):
    image = np.random.default_rng(1).integers(0, 2, (5, 7)).astype(dtype)
    with RunWriter(path, SampleMetadata("PS")) as w:
        uid = w.open_run("x")
        w.open_stream("primary", {})
        w.write_image(w.write_event({}), "f", image)
        w.close_run()
    with Catalog(path) as c:
        back = c[uid].images("f")[0]
        assert back.dtype == image.dtype
        np.testing.assert_array_equal(back, image)


def test_an_image_of_an_unknown_event_is_refused(path):
    with RunWriter(path, SampleMetadata("PS")) as w:
        w.open_run("x")
        w.open_stream("primary", {})
        with pytest.raises(KeyError):
            w.write_image("0" * 32, "f", np.zeros((2, 2)))
        with pytest.raises(ValueError):
            w.write_image(w.write_event({}), "f", np.zeros(3))
        with pytest.raises(ValueError):
            w.close_run(exit_status="")
        w.close_run()


def test_broken_files_are_sqlite3_errors(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        Catalog(tmp_path / "nothing.db")
    text = tmp_path / "text.db"
    text.write_text("no database " * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        Catalog(text)
    with pytest.raises(sqlite3.DatabaseError), RunWriter(text, SampleMetadata("PS")):
        pass
    with pytest.raises(sqlite3.DatabaseError):
        Catalog(tmp_path)


@pytest.mark.parametrize("array", [np.arange(12).reshape(3, 4), np.arange(12.0).reshape(3, 4).T, np.arange(10, dtype=">i4")[::2], np.zeros((0, 3)),
                                   np.array(5, np.uint8), np.array([True, False])])
@pytest.mark.parametrize("method", ["zlib", "none"])
def test_arrays_are_compressed_and_come_back(array, method):
    packed, named = compress_array(array, method=method)
    assert isinstance(packed, bytes) and named == method
    back = decompress_array(packed, method=named, dtype=array.dtype, shape=array.shape)
    np.testing.assert_array_equal(back, array)
    assert back.shape == array.shape and back.flags.writeable
    assert decompress_array(memoryview(packed), method=method, dtype=array.dtype, shape=array.shape).shape == array.shape


def test_compression_refuses_what_it_does_not_know():
    packed, _ = compress_array(np.arange(4))
    assert compress_array(np.arange(4))[1] == "zlib"
    for call in (lambda: compress_array([1], method="lzma"), lambda: decompress_array(b"", method="lzma", dtype="u1", shape=(0,)),
                 lambda: decompress_array(packed, method="zlib", dtype="i8", shape=(5,)), lambda: decompress_array(packed, method="zlib", dtype="i8", shape=(3,)),
                 lambda: decompress_array(packed[:-5], method="zlib", dtype="i8", shape=(4,)), lambda: decompress_array(b"abc", method="none", dtype="i8", shape=(1,))):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(zlib.error):
        decompress_array(b"not zlib at all", method="zlib", dtype="u1", shape=(1,))
    with pytest.raises(TypeError):
        compress_array(np.array([object()]))


def test_sqlite3_may_have_the_same_file_open_before_during_and_after(path):
    before = sqlite3.connect(path)
    before.execute("PRAGMA journal_mode").fetchall()
    with RunWriter(path, SampleMetadata("PS")) as w:
        during = sqlite3.connect(path)
        uid = w.open_run("x")
        w.open_stream("primary", {})
        for i in range(5):
            w.write_event({"i": i})
            assert during.execute("SELECT count(*) FROM events").fetchone() == (i + 1,)
            assert before.execute("SELECT count(*) FROM events").fetchone() == (i + 1,)
        during.execute("UPDATE runs SET operator = 'somebody' WHERE uid = ?", (uid,))
        during.commit()
        during.close()
        w.write_event({"i": 5})
        w.close_run()
    after = sqlite3.connect(path)
    assert after.execute("SELECT operator, num_events FROM runs").fetchall() == [("somebody", 6)]
    assert after.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    before.close()
    after.close()
