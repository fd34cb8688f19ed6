"""What the native interface gives back: tables, frames, listings, and what notebooks show."""

import pickle
import random
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import resonance

STACK = np.random.default_rng(11).integers(0, 60000, (23, 14, 10)).astype("uint16")


@pytest.fixture(params=["blosc", "none"], scope="module")
def frames(request, tmp_path_factory):
    """A field of 23 frames, compressed and raw, and the database."""
    path = tmp_path_factory.mktemp("frames") / f"{request.param}.db"
    with resonance.RunWriter(path, codec=request.param) as w, w.run("scan", sample="PS"):
        w.open_stream("primary", {"energy": resonance.number_key("mono", "eV"), "ccd": resonance.image_key("camera", 14, 10)})
        w.write_events("primary", {"energy": np.arange(23.0)}, frames={"ccd": STACK})
    return resonance.Catalog(path)[-1].images()


def choices(rng, extent):
    def number():
        return rng.choice([None, rng.randint(-extent - 3, extent + 3)])

    return rng.choice([rng.randint(-extent, extent - 1), slice(number(), number(), rng.choice([None, 1, 2, 3, -1, -2, 7])), slice(None)])


def test_every_way_of_indexing_is_numpys(frames):
    rng = random.Random(5)
    for _ in range(400):
        key = tuple(choices(rng, extent) for extent in STACK.shape[: rng.randint(1, 3)])
        if rng.random() < 0.3:
            key = ([rng.randint(-23, 22) for _ in range(rng.randint(0, 6))], *key[1:2])
            if len(key) > 1 and not isinstance(key[1], slice):
                key = key[:1]
        if rng.random() < 0.2:
            key = (*key[:2], Ellipsis)
        if len(key) == 1 and rng.random() < 0.5:
            key = key[0]
        wanted = STACK[key]
        found = frames[key]
        assert found.dtype == wanted.dtype and found.shape == wanted.shape, key
        np.testing.assert_array_equal(found, wanted, err_msg=repr(key))
        out = np.empty_like(wanted)
        assert frames.read(key, out=out) is out
        np.testing.assert_array_equal(out, wanted, err_msg=repr(key))


def test_a_sequence_looks_like_an_array(frames):
    assert len(frames) == 23 and frames.shape == STACK.shape and frames.ndim == 3 and frames.size == STACK.size and frames.nbytes == STACK.nbytes
    assert frames.dtype == STACK.dtype and frames.field == "ccd" and frames.uniform
    np.testing.assert_array_equal(np.asarray(frames), STACK)
    np.testing.assert_array_equal(np.array(frames, dtype=float), STACK.astype(float))
    np.testing.assert_array_equal(np.stack(list(frames)), STACK)
    np.testing.assert_array_equal(frames[np.arange(23) % 3 == 0], STACK[::3])
    assert np.mean(frames, axis=0).shape == (14, 10)
    assert frames.seq_nums.tolist() == list(range(1, 24))
    assert all(frames.verify(i) for i in (0, -1))
    assert (frames == frames) is True


@pytest.mark.parametrize("key, error", [(23, IndexError), (-24, IndexError), ("a", TypeError), (1.5, TypeError), (None, TypeError), ((0, 14), IndexError), ((0, 0, 10), IndexError),
                                        ((0, 0, 0, 0), IndexError), ([0, 23], IndexError), ([0.5], TypeError), ([[0]], IndexError), (np.ones(3, bool), IndexError),
                                        ((..., ...), IndexError)])
def test_what_is_no_index_is_refused(frames, key, error):
    with pytest.raises(error):
        frames[key]


def test_out_must_fit(frames):
    for out in (np.empty((23, 14, 9), "uint16"), np.empty((23, 14, 10), "int16")):
        with pytest.raises(ValueError, match="out"):
            frames.read(out=out)
    read_only = np.empty(STACK.shape, "uint16")
    read_only.flags.writeable = False
    with pytest.raises(ValueError):
        frames.read(out=read_only)
    strided = np.empty((23, 14, 20), "uint16")[:, :, ::2]
    assert frames.read(out=strided) is strided
    np.testing.assert_array_equal(strided, STACK)


def test_raw_frames_are_read_only_views_of_the_file(frames):
    assert frames.mappable == (frames._run.frame_stores()[0]["codec"] == "none")
    if not frames.mappable:
        assert frames[0].flags.writeable and frames[0].base is not None
        return
    one, whole = frames[3], frames[2:9]
    for view in (one, whole):
        assert not view.flags.writeable and not view.flags.owndata
        with pytest.raises(ValueError):
            view[...] = 0
    database = frames._run.database
    held = resonance.Catalog(database)[-1].images()[5]
    np.testing.assert_array_equal(held, STACK[5])  # the catalog, the run and the sequence are gone
    assert frames.read(3).flags.writeable


def test_zarr_xarray_and_dask_see_the_same_pixels(frames):
    np.testing.assert_array_equal(frames.zarr()[:], STACK)
    lazy = frames.dask(chunks=4)
    assert lazy.shape == STACK.shape and lazy.chunks[0] == (4, 4, 4, 4, 4, 3)
    np.testing.assert_array_equal(lazy[::3, 2:5].compute(), STACK[::3, 2:5])
    array = frames.xarray()
    assert array.dims == ("frame", "y", "x") and array.name == "ccd" and array.attrs["sample"] == "PS"
    assert array.energy.values.tolist() == list(range(23)) and array.energy.attrs["units"] == "eV" and array.time.attrs["units"] == "s"
    np.testing.assert_array_equal(array.swap_dims(frame="energy").sel(energy=7.0), STACK[7])
    np.testing.assert_array_equal(frames.xarray(chunks=5).sum("frame").compute(), STACK.sum(0))


def test_sequences_and_runs_can_be_pickled(frames):
    again = pickle.loads(pickle.dumps(frames))
    np.testing.assert_array_equal(again[4], STACK[4])
    run = frames._run
    assert pickle.loads(pickle.dumps(run)) == run and hash(pickle.loads(pickle.dumps(run))) == hash(run)


def test_frames_of_several_shapes_come_one_by_one(path):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("x"):
        w.open_stream("primary", {})
        for shape in ((2, 3), (4, 5), (4, 5)):
            w.write_event("primary", {}, frames={"f": np.ones(shape, "u1")})
    images = resonance.Catalog(path)[-1].images("f")
    assert not images.uniform and [image.shape for image in images] == [(2, 3), (4, 5), (4, 5)]
    with pytest.raises(ValueError):
        images[:]
    with pytest.raises(ValueError, match="several arrays"):
        images.zarr()


def test_no_frames_is_an_empty_sequence(simulated):
    images = resonance.Catalog(simulated)[-1].images()
    assert len(images) == 0 and images.shape == (0, 0, 0) and images[:].shape == (0, 0, 0) and list(images) == []
    with pytest.raises(IndexError):
        images[0]
    with pytest.raises(ValueError):
        images.zarr()
    assert "0 frames" in repr(images) and images._repr_html_()


def test_simulated_frames_have_their_counts(simulated):
    run = next(run for run in resonance.Catalog(simulated) if run.num_frames)
    np.testing.assert_array_equal(np.asarray(run.images()).sum((1, 2)), run.table().counts)


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    path = tmp_path_factory.mktemp("typed") / "typed.db"
    events = [
        {"f": 1.5, "i": 1, "u": 2**63, "b": True, "t": "a", "v": [1.5, 2.0], "w": [[1, 2], [3, 4]], "j": {"k": 1}, "big": 2**70, "half": 1},
        {"f": 2, "i": 2**53 + 1, "u": 2**64 - 1, "b": False, "t": "ü", "v": [3.5, 4.0], "w": [[5, 6], [7, 8]], "j": [1, "x"], "big": 1},
        {"f": float("nan"), "i": -3, "u": 0, "b": True, "t": "", "v": [0.5, 0.0], "w": [[9, 9], [9, 9]], "j": None, "big": None, "half": 3},
    ]
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("x"):
        w.open_stream("primary", {"f": resonance.number_key("s", "eV")})
        for event in events:
            w.write_event("primary", event, time=1.7e9)
        w.open_stream("gaps", {"i": resonance.integer_key("s", "mA"), "never": resonance.number_key("s")})
        for event in [{}, {"i": 1, "b": True, "u": 2**63, "v": [1.0], "t": "x"}, {"f": 1.5}]:
            w.write_event("gaps", event)
    return resonance.Catalog(path)[-1]


def test_columns_have_types_of_their_own(typed):
    table = typed.table()
    assert table.index.name == "seq_num" and table.index.tolist() == [1, 2, 3] and table.columns[0] == "time"
    assert {name: str(table[name].dtype) for name in ("f", "i", "u", "b", "v", "j")} == {
        "f": "float64", "i": "int64", "u": "uint64", "b": "bool", "v": "object", "j": "object"}
    assert table.i.tolist() == [1, 2**53 + 1, -3] and table.u.tolist() == [2**63, 2**64 - 1, 0] and table.t.tolist() == ["a", "ü", ""]
    assert table.f.tolist()[:2] == [1.5, 2.0] and np.isnan(table.f[3])
    np.testing.assert_array_equal(table.w[2], [[5, 6], [7, 8]])
    assert table.j.tolist() == [{"k": 1}, [1, "x"], None] and table.big.tolist() == [2**70, 1, None]
    assert table.half.dtype == "Int64" and table.half.tolist() == [1, pd.NA, 3]
    assert table.attrs["units"] == {"time": "s", "f": "eV"} and table.attrs["run"] == typed.uid


def test_missing_values_are_na_and_integers_stay_integers(typed):
    table = typed.table("gaps")
    assert {name: str(table[name].dtype) for name in ("i", "b", "u", "f", "never")} == {"i": "Int64", "b": "boolean", "u": "UInt64", "f": "float64", "never": "float64"}
    assert table.i.isna().tolist() == [True, False, True] and table.i[2] == 1 and table.b[2] and table.u[2] == 2**63
    assert table.t.isna().tolist() == [True, False, True] and table.v[1] is None and table.v[2].tolist() == [1.0]
    assert table.never.isna().all()


def test_numpy_columns_are_views_with_masks(typed):
    columns = typed.to_numpy()
    assert columns["w"].shape == (3, 2, 2) and columns["w"].dtype == np.int64 and columns["v"].shape == (3, 2)
    assert not columns["f"].flags.writeable and not columns["f"].flags.owndata
    assert isinstance(columns["half"], np.ma.MaskedArray) and columns["half"].mask.tolist() == [False, True, False]
    gaps = typed.to_numpy("gaps")
    assert gaps["v"].mask.all(axis=1).tolist() == [True, False, True]
    held = typed.columns().to_numpy()["i"]
    assert held.tolist() == [1, 2**53 + 1, -3]


def test_arrow_tables_share_the_memory_and_say_units(typed):
    columns = typed.columns()
    table = columns.arrow()
    assert table.schema.field("f").metadata == {b"units": b"eV"} and table.column("f").to_pylist()[:2] == [1.5, 2.0]
    assert table.column("w").to_pylist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 9], [9, 9]]]
    assert table.column("half").to_pylist() == [1, None, 3] and table.column("b").to_pylist() == [True, False, True]
    assert table.column("t").to_pylist() == ["a", "ü", ""] and table.column("u").to_pylist() == [2**63, 2**64 - 1, 0]
    assert str(table.schema.field("w").type).startswith("fixed_size_list")
    address = columns.to_numpy()["i"].__array_interface__["data"][0]
    assert table.column("i").chunk(0).buffers()[1].address == address
    del columns
    table.validate(full=True)
    assert table.column("j").type.extension_name == "arrow.json" if hasattr(table.column("j").type, "extension_name") else True
    gaps = typed.arrow("gaps")
    gaps.validate(full=True)
    assert gaps.column("i").to_pylist() == [None, 1, None] and gaps.column("v").to_pylist() == [None, [1.0], None]
    assert pa.table(typed.columns("primary", ["f"])).column_names == ["seq_num", "time", "f"]
    typed.columns().__arrow_c_array__(), typed.columns().__arrow_c_schema__()  # capsules that nobody takes free what they hold


def test_parts_of_a_table(typed):
    assert list(typed.table(columns=["i"]).columns) == ["time", "i"]
    assert typed.table(first_seq_num=2, max_rows=1).index.tolist() == [2]
    for call in (lambda: typed.table("nothing"), lambda: typed.table(columns=["nothing"]), lambda: typed.data_keys("nothing"), lambda: list(typed.events("nothing"))):
        with pytest.raises(KeyError):
            call()
    assert typed.data_keys()["f"]["units"] == "eV"
    assert [event.seq_num for event in typed.events(first_seq_num=2)] == [2, 3] and next(typed.events())["i"] == 1


def test_runs_are_found(simulated):
    with resonance.Catalog(simulated) as catalog:
        assert len(catalog) == 4 and [run.scan_id for run in catalog] == [4, 3, 2, 1]
        assert [run.scan_id for run in catalog.find(plan="rsoxs*")] == [3, 1] and catalog.find(status="failed") == []
        table = catalog.runs(limit=3)
        assert len(table) == 3 and str(table.start.dtype).endswith("UTC]") and (table.duration.dt.total_seconds() > 0).all()
        assert catalog[-1].uid == catalog["4"].uid == catalog[catalog[-1].uid].uid == catalog[catalog[-1].uid[:28]].uid
        with pytest.raises(KeyError, match="has no run"):
            catalog["zzz"]
        run = catalog[-2]
    assert run.num_events == 12
    with pytest.raises(RuntimeError, match="closed"):
        catalog.find()
    assert "closed" in repr(catalog)
    assert resonance.Catalog(simulated).runs(plan="nothing").empty


def test_notebooks_see_runs_frames_and_catalogs(simulated):
    catalog = resonance.Catalog(simulated)
    run = next(run for run in catalog if run.num_frames)
    for thing in (catalog, run, run.images(), resonance.Beamtime(simulated)):
        page = thing._repr_html_()
        assert page.count("<table") == page.count("</table>") and "resonance" in repr(thing)
    page = run._repr_html_()
    assert "data:image/png;base64," in page and "energy [eV]" in page and run.uid in page


def test_nothing_that_was_recorded_gets_into_a_page_as_markup(path):
    evil = "<script>alert(1)</script>"
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run(evil, sample=evil, metadata={evil: evil}, operator=evil):
        w.open_stream(evil, {evil: resonance.string_key(evil)})
        w.write_event(evil, {evil: evil}, frames={"f": np.ones((2, 2), "u1")})
    catalog = resonance.Catalog(path)
    for page in (catalog[-1]._repr_html_(), catalog._repr_html_(), catalog[-1].images()._repr_html_()):
        assert not re.search("<script", page)


def test_frames_become_files(simulated, tmp_path):
    images = next(run for run in resonance.Catalog(simulated) if run.num_frames).images()
    images.save(tmp_path / "all.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "all.npy"), np.asarray(images))
    assert images.png(3).startswith(b"\x89PNG")


def test_whole_files(simulated, tmp_path):
    beamtime = resonance.Beamtime(simulated)
    seen = []
    assert beamtime.verify(frames=True, progress=lambda done, total: seen.append((done, total)))
    assert beamtime.statistics()["runs"] == 4 and beamtime.schema()["user_version"] == 2 and beamtime.migrate()["steps"] == []
    report = beamtime.back_up(tmp_path / "copy")
    assert report and report["runs"] == 4 and resonance.check_backup(tmp_path / "copy", frames=True)
    assert beamtime.repair()["sound"]
    nothing = beamtime.recover()
    assert nothing["complete"] and nothing["runs"] == [] and nothing["log_bytes"] == 0
    assert resonance.recover(tmp_path, dry_run=True)["failures"] == []

    class Enough(Exception):
        pass

    def stop(*_):
        raise Enough

    with pytest.raises(Enough):
        beamtime.back_up(tmp_path / "other", progress=stop)
    damaged = tmp_path / "copy" / "data" / simulated.name
    assert {form["name"] for form in resonance.import_formats()} >= {"bcs", "csv"}
    uid = next(run.uid for run in resonance.Catalog(damaged) if run.num_frames)
    shard = next(path for path in (tmp_path / "copy").rglob("c/0/0/0") if uid in str(path))
    shard.write_bytes(b"\0" * 10)
    broken = resonance.verify(damaged, frames=True)
    assert not broken and broken.faults[0]["kind"] and broken.faults[0]["message"]
    with pytest.raises(resonance.CorruptError) as caught:
        resonance.Catalog(damaged)[uid].images()[0]
    assert caught.value.file


def test_tags_and_notes(recorded):
    run = resonance.Catalog(recorded())[-1]
    assert run.add_tags("reference", "good") == ["reference", "good"] and run.add_tags("good") == [] and run.remove_tags("good", "bad") == ["good"]
    note = run.add_note("the beam was\nunstable", author="jd")
    assert run.tags == ["reference"] and run.notes == [note] and note["text"] == "the beam was\nunstable" and note["author"] == "jd"
    with pytest.raises(ValueError):
        run.add_note("  ")
    ranges = {found["data_key"]: (found["low"], found["high"]) for found in run.data_key_ranges()}
    assert ranges["energy"] == (280.0, 300.0)


def test_plain_events_and_others_make_the_same_columns(path):
    """Most events are read without a JSON tree; one key beyond ASCII sends the same event the long way."""
    rng = random.Random(9)
    values = [None, True, False, 0, -1, 7, 2**53, 2**53 + 1, -(2**63), 2**63, 2**70, 0.5, -0.0, 1e300, 1e-320, float("nan"), float("inf"), 12345.678, "", "text", "a b", "ü",
              'quo"te', "tab\t", [1, 2], [1.5], {"k": 1}]
    pools = {f"k{i}": rng.sample(values, rng.randint(1, 4)) for i in range(30)}
    declared = {f"k{i}": dict(dtype=rng.choice(["number", "integer", "string", "boolean"]), shape=[], source="s") for i in range(10)}
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("x"):
        w.open_stream("plain", declared)
        w.open_stream("long way", declared)
        for _ in range(200):
            names = list(pools)
            if rng.random() < 0.3:
                rng.shuffle(names)
            event = {name: rng.choice(pools[name]) for name in names if rng.random() < 0.9}
            for name in ("plain", "long way"):
                try:
                    w.write_event(name, event if name == "plain" else {**event, "é": 1}, time=1.7e9)
                except ValueError:  # not of the declared type
                    break
    run = resonance.Catalog(path)[-1]
    plain, other = ({part[0]: part for part in run._run.table(stream, [], 0).columns()} for stream in ("plain", "long way"))
    other.pop("é", None)
    assert list(plain) == list(other) and len(plain) == 32
    for name, (_, kind, column, valid, units, recorded) in plain.items():
        _, other_kind, other_column, other_valid, _, other_recorded = other[name]
        assert (kind, recorded) == (other_kind, other_recorded), name
        assert (valid is None) == (other_valid is None) and (valid is None or (valid == other_valid).all()), name
        if isinstance(column, list):
            assert repr(column) == repr(other_column), name
        else:
            rows = slice(None) if valid is None else valid
            np.testing.assert_array_equal(column[rows], other_column[rows], err_msg=name)
            if kind == "float64":
                assert (np.signbit(column[rows]) == np.signbit(other_column[rows])).all(), name
