"""Tables: to change, to write back, to put together, and of any size."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import resonance


def run_of(path, events, keys=None):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", keys or {})
        for event in events:
            w.write_event("primary", event)
    return resonance.Catalog(path)[-1]


def test_a_table_is_the_callers_to_change(path):
    run = run_of(path, [{"f": 1.5, "i": 1, "v": [1.0, 2.0]}, {"f": 2.5, "i": 2, "v": [3.0, 4.0]}])
    table = run.table()
    table.loc[table.f > 2, "f"] = 0.0
    table.iloc[0, 0] = 5.0
    table["i"] += 1
    table.v[1][0] = 9.0
    assert table.f.tolist() == [1.5, 0.0] and table.time.iloc[0] == 5.0 and table.i.tolist() == [2, 3] and table.v[1].tolist() == [9.0, 2.0]
    assert run.table().f.tolist() == [1.5, 2.5]
    assert not run.to_numpy()["f"].flags.writeable and not run.to_numpy()["f"].flags.owndata


def test_a_table_can_be_written_back(path):
    run = run_of(path, [{"i": 1, "s": "a", "b": True, "f": 1.0, "v": [1, 2]}, {"f": float("nan")}, {"i": 2**60 + 1, "s": "c", "b": False, "v": [3, 4]}])
    table = run.table()
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("again"):
        w.open_stream("primary", {})
        w.write_events("primary", table.drop(columns="time"), time=table.time)
        w.write_events("primary", pd.DataFrame({"s": ["x", None, np.nan], "i": pd.array([1, None, 3], "Int64"), "b": np.array([True, False, True])}))
    again = resonance.Catalog(path)[-1]
    data = [event.data for event in again.events()]
    assert data[1]["i"] is data[1]["s"] is data[1]["b"] is None and data[2]["i"] == 2**60 + 1 and data[0]["v"] == [1, 2] and data[0]["b"] is True
    assert [row["s"] for row in data[3:]] == ["x", None, None] and [row["i"] for row in data[3:]] == [1, None, 3]
    pd.testing.assert_frame_equal(again.table(max_rows=3), table, check_like=True)


@pytest.mark.parametrize("values", [np.array(["2026-01-01"], f"M8[{unit}]") for unit in ("ns", "us", "s", "D")] + [np.array([1], "m8[ns]"), pd.to_datetime(pd.Series(["2026-01-01"])),
                                    pd.to_datetime(pd.Series(["2026-01-01"]), utc=True)], ids=lambda values: str(values.dtype))
def test_dates_are_refused_and_not_stored_as_numbers(path, values):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        for call in (lambda: w.write_events("primary", {"when": values}), lambda: w.write_event("primary", {"when": np.asarray(values)[0]})):
            with pytest.raises(TypeError, match=r"\['when'\].*(date|Timestamp)"):
                call()
    assert len(resonance.Catalog(path)[-1].table()) == 0


def test_two_columns_of_one_name_are_refused(path):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        with pytest.raises(ValueError, match="one name"):
            w.write_events("primary", pd.DataFrame([[1.5, 2.5]], columns=["b", "b"]))


@pytest.mark.parametrize("columns, options", [({"a": []}, {}), ({"a": np.array([])}, {"time": np.array([])}), ({}, {"time": []}), (pd.DataFrame({"a": []}), {})])
def test_no_rows_are_no_events_whatever_frames_there_are(path, columns, options):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        with pytest.raises(ValueError, match="3 frames for 0 events"):
            w.write_events("primary", columns, frames={"f": np.zeros((3, 2, 2), "u2")}, **options)
        assert w.write_events("primary", columns, **options) == []
    assert resonance.Catalog(path)[-1].num_events == 0


def test_arrow_tables_of_two_runs_can_be_put_together(tmp_path):
    keys = {"a": resonance.number_key("m"), "s": resonance.string_key("m")}
    whole = run_of(tmp_path / "a.db", [{"a": 1.0, "s": "x"}], keys).arrow()
    missing = run_of(tmp_path / "b.db", [{"a": None, "s": None}, {"a": 2.0, "s": "y"}], keys).arrow()
    assert pa.concat_tables([whole, missing]).column("a").to_pylist() == [1.0, None, 2.0]
    assert whole.schema.equals(missing.schema) and whole.schema.field("a").nullable and not whole.schema.field("time").nullable


def test_times_that_are_none_do_not_hide_the_other_runs(path):
    with resonance.RunWriter(path) as w:
        for name, start in (("ms", 1.7e12), ("ns", 1.7e18), ("ok", 1.7e9)):
            w.open_run(name, time_start=start)
            w.open_stream("primary", {"a": resonance.number_key("m")})
            w.write_event("primary", {"a": 1.0}, time=start)
            w.close_run(time_stop=start + 5)
    catalog = resonance.Catalog(path)
    runs = catalog.runs().set_index("plan_name")
    assert runs.start["ok"] == pd.Timestamp(1.7e9, unit="s", tz="UTC") and runs.duration["ok"].total_seconds() == 5 and pd.isna(runs.start["ns"])
    assert "ms" in catalog._repr_html_() and "1700000000000.0" in catalog[catalog.find(plan="ms")[0].uid]._repr_html_()


def test_pages_of_events_have_bounded_size(path):
    text = "x" * 100_000
    run = run_of(path, [{"text": text, "n": i} for i in range(200)])
    page, more = run._run.events("primary", 0, 2000)
    assert more and len(page) < 100
    assert [event["n"] for event in run.events()] == list(range(200))
    assert [event["n"] for event in run.events(first_seq_num=200)] == [199]


def test_keys_named_like_columns_are_all_there(path):
    run = run_of(path, [{"time": 5.0, "data.time": 3.0}])
    assert sorted(run.table().drop(columns="time").iloc[0].tolist()) == [3.0, 5.0] and len(run.to_numpy()) == 4


def test_notebooks_show_when_events_were(path):
    page = run_of(path, [{"a": 1.5}])._repr_html_()
    shown = page[page.index("<b>primary</b>"):]
    assert re.search(r"<td>20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", shown) and "e+09" not in shown


def test_a_report_is_gone_through_by_its_findings(simulated, tmp_path):
    assert list(resonance.verify(simulated)) == []
    report = resonance.Report({"runs": 1}, [{"kind": "x", "message": "y"}])
    assert [finding["kind"] for finding in report] == ["x"] and report["runs"] == 1 and not report
    assert json.dumps(report.counts)


def test_a_run_shows_more_of_its_uid_than_the_hour(simulated):
    catalog = resonance.Catalog(simulated)
    assert all(run.uid[:12] in repr(run) for run in catalog) and len(catalog) == 4
