"""What leaves the package is of the types that others look up, and no digit is lost on the way."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import resonance
import zarr
from resonance.api.data.catalog import Catalog as PlainCatalog

xr = pytest.importorskip("xarray")
pytestmark = pytest.mark.filterwarnings("ignore:.*Zarr V3 specification", "ignore:.*specification for the Zarr V3")  # of text
LARGE = 2**53 + 1
KEYS = {"i": resonance.integer_key("m"), "v": resonance.array_key("m", [2])}


def run_of(path, events, keys=None, frames=None):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", keys or {})
        for number, event in enumerate(events):
            w.write_event("primary", event, frames={field: stack[number] for field, stack in (frames or {}).items()})
    return resonance.Catalog(path)[-1]


def stack(dtype, codec="none"):
    return np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(dtype)


def is_numpys(dtype):
    return dtype.char == {"int64": "l", "uint64": "L"}[dtype.name]


def test_columns_are_of_numpys_own_types(path):
    run = run_of(path, [{"i": 1, "u": 2**63, "v": [1, 2], "m": 1}, {"i": -2, "u": 5, "v": [3, 4]}], KEYS)
    for name, column in run.to_numpy().items():
        assert column.dtype.kind not in "iu" or is_numpys(column.dtype), name
        assert not np.asarray(column).flags.writeable or isinstance(column, np.ma.MaskedArray)
    table = run.table()
    assert is_numpys(table.i.dtype) and is_numpys(table.u.dtype) and is_numpys(table.index.dtype) and is_numpys(table.v[1].dtype)
    assert all(is_numpys(dtype) for dtype in PlainCatalog(path)[run.uid].table()[["seq_num", "i", "u"]].dtypes)
    assert all(is_numpys(column.to_numpy().dtype) for column in run.arrow().select(["seq_num", "i", "u"]).columns)


@pytest.mark.parametrize("codec", ["none", "blosc"])
@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_frames_are_of_numpys_own_types(path, dtype, codec):
    with resonance.RunWriter(path, codec=codec) as w, w.run("scan"):
        w.open_stream("primary", {"f": resonance.image_key("m", 3, 4, dtype)})
        w.write_events("primary", {}, time=[1.0, 2.0], frames={"f": stack(dtype)})
    images = resonance.Catalog(path)[-1].images()
    for found in (images.dtype, images[0].dtype, images[:].dtype, images[[1, 0]].dtype, images.read().dtype, images[:, 1:].dtype, np.asarray(images).dtype, next(iter(images)).dtype,
                  images.dask().compute().dtype, images.seq_nums.dtype, images.xarray().dtype, PlainCatalog(path)[resonance.Catalog(path)[-1].uid].images("f")[0].dtype):
        assert is_numpys(found)
    np.testing.assert_array_equal(images[:], stack(dtype))


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_zarr_takes_what_comes_out(path, tmp_path, dtype):
    run = run_of(path, [{"i": LARGE, "u": 2**64 - 1, "s": "a", "x": 1.0, "b": True}, {"i": -1, "u": 0, "s": "b", "x": 2.0, "b": False}], frames={"f": stack(dtype)})
    zarr.save(str(tmp_path / "i.zarr"), run.to_numpy()["i"])
    zarr.save(str(tmp_path / "f.zarr"), run.images()[:])
    assert zarr.load(str(tmp_path / "i.zarr")).tolist() == [LARGE, -1]
    array = run.images().xarray()
    array.to_dataset().to_zarr(tmp_path / "x.zarr", consolidated=False)
    again = xr.open_zarr(tmp_path / "x.zarr", consolidated=False).load()["f"]
    np.testing.assert_array_equal(again.values, stack(dtype))
    assert again.u.values.tolist() == [2**64 - 1, 0] and again.i.values.tolist() == [LARGE, -1] and again.s.values.tolist() == ["a", "b"]
    assert again["data.x"].values.tolist() == [1.0, 2.0] and again.seq_num.values.tolist() == [1, 2]


ODD = ["x", "y", "frame", "event", "seq_num", "time", "index", "run", "f", "data.x", "data.f", "values", "name", "dims", "data"]


def test_a_motor_may_be_called_anything(path, tmp_path):
    run = run_of(path, [{name: float(10 * i + row) for i, name in enumerate(ODD)} for row in range(2)], frames={"g": stack("u2")})
    array = run.images("g").xarray()
    assert array.dims == ("frame", "y", "x") and array.name == "g"
    expected = {"x": "data.x", "y": "data.y", "frame": "data.frame", "seq_num": "data.seq_num", "time": "data.time", "data.x": "data.data.x"}
    for i, name in enumerate(ODD):
        assert array[expected.get(name, name)].values.tolist() == [10.0 * i, 10.0 * i + 1], name
    assert array.seq_num.values.tolist() == [1, 2] and array.isel(frame=1, y=0, x=slice(2)).shape == (2,)
    assert array.swap_dims(frame="data.x").sel({"data.x": 1.0}).shape == (3, 4)
    array.to_dataset().to_zarr(tmp_path / "x.zarr", consolidated=False)
    assert xr.open_zarr(tmp_path / "x.zarr", consolidated=False)["g"].shape == (2, 3, 4) and len(array.to_dataframe()) == 24
    table = run.table()
    assert table.columns.is_unique and table["data.time"].tolist() == [50.0, 51.0] and table["index"].tolist() == [60.0, 61.0]
    assert run.table(columns=["data.time", "x"]).columns.tolist() == ["time", "data.time", "x"]


@pytest.mark.parametrize("field", ["x", "y", "frame", "seq_num", "time", "f"])
def test_a_field_may_be_called_anything(path, tmp_path, field):
    run = run_of(path, [{"a": 1, "x": 5}, {"a": 2, "x": 6}], frames={field: stack("u2")})
    array = run.images(field).xarray()
    assert array.name == (field if field == "f" else f"data.{field}") and array.attrs["field"] == field and array.a.values.tolist() == [1, 2]
    assert [values.values.tolist() for name, values in array.coords.items() if name.endswith("x")] == [[5, 6]]
    array.to_dataset().to_zarr(tmp_path / "x.zarr", consolidated=False)
    np.testing.assert_array_equal(xr.open_zarr(tmp_path / "x.zarr", consolidated=False)[array.name], stack("u2"))


def test_a_key_of_the_fields_name_is_not_lost(path):
    run = run_of(path, [{"f": 7}, {"f": 8}], frames={"f": stack("u2")})
    assert run.images("f").xarray()["data.f"].values.tolist() == [7, 8]


def test_large_integers_keep_their_digits_beside_everything(path):
    run = run_of(path, [{"gap": LARGE, "mixed": LARGE, "huge": 10**30, "u": 2**64 - 1, "neg": 2**63, "v": [LARGE, 1], "small": 3},
                        {"mixed": 0.5, "huge": 1, "neg": -1, "u": None, "v": [0.5, 2], "small": None}], frames={"f": stack("u2")})
    wanted = {"gap": LARGE, "mixed": LARGE, "huge": 10**30, "u": 2**64 - 1, "neg": 2**63}
    frames = {"table": run.table(), "drop-in": PlainCatalog(path)[run.uid].table()}
    for name, value in wanted.items():
        for kind, frame in frames.items():
            assert int(frame[name].iloc[0]) == value, (kind, name)
        assert int(run.to_numpy()[name][0]) == value
        cell = run.arrow().column(name)[0].as_py()
        assert int(cell) == value, name
    assert pd.isna(frames["drop-in"].gap.iloc[1]) and pd.isna(frames["table"].gap.iloc[1]) and frames["drop-in"].small.tolist()[0] == 3.0
    assert run.table().v[1] == [LARGE, 1] and run.table().mixed[2] == 0.5
    array = run.images().xarray()
    assert array.gap.values.tolist() == [LARGE, None] and array.u.values.tolist() == [2**64 - 1, None]
    assert array.small.values[0] == 3.0 and np.isnan(array.small.values[1])


def test_json_in_arrow_tables_is_json_for_everybody(path):
    column = run_of(path, [{"j": {"a": float("nan"), "b": [float("inf"), None]}}, {"j": 5}]).arrow().column("j")
    texts = pa.chunked_array([chunk.storage if hasattr(chunk, "storage") else chunk for chunk in column.chunks]).to_pylist()
    assert texts == ['{"a":"NaN","b":["Infinity",null]}', "5"]


def test_a_column_that_is_called_like_another_one_can_be_asked_for(path):
    run = run_of(path, [{"data.time": 3.0}], {"data.time": resonance.number_key("m")})
    assert run.table()["data.time"].tolist() == run.table(columns=["data.time"])["data.time"].tolist() == [3.0]
    plain = PlainCatalog(path)[run.uid].table()
    assert plain["data.time"].tolist() == [3.0] and plain["time"].iloc[0] > 1e9
