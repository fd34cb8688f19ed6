"""`resonance table`: the events of a run in every format, held against the database itself."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
import subprocess

import pytest
from looking import on_terminal, rows, with_frames



def stored_events(path, uid):
    return rows(path, "SELECT e.seq_num, e.time, e.data FROM events e JOIN streams s ON s.uid = e.stream_uid WHERE s.run_uid = ? ORDER BY e.seq_num", uid)


def test_csv_holds_what_the_events_hold(resonance, beamtime):
    run = with_frames(resonance, beamtime)
    table = list(csv.reader(io.StringIO(resonance("table", beamtime, run["uid"]).stdout)))
    events = stored_events(beamtime, run["uid"])
    assert table[0][:2] == ["seq_num", "time"] and set(table[0][2:]) == set(json.loads(events[0][2]))
    assert len(table) == 13
    for cells, (seq_num, when, data) in zip(table[1:], events, strict=True):
        assert (int(cells[0]), float(cells[1])) == (seq_num, when)
        for name, cell in zip(table[0][2:], cells[2:], strict=True):
            value = json.loads(data)[name]
            assert cell == value if isinstance(value, str) else json.loads(cell) == value


def test_json_rows_hold_what_the_events_hold(resonance, beamtime):
    run = with_frames(resonance, beamtime)
    table = resonance("table", beamtime, run["uid"], "--json").json()
    events = stored_events(beamtime, run["uid"])
    assert table == [{"seq_num": seq_num, "time": when, **json.loads(data)} for seq_num, when, data in events]
    assert resonance("table", beamtime, run["uid"], "--format", "json").json() == table


def test_arrow_holds_the_same(resonance, beamtime, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    run = with_frames(resonance, beamtime)
    table = pyarrow.ipc.open_stream(resonance("table", beamtime, run["uid"], "--format", "arrow").raw).read_all()
    expected = resonance("table", beamtime, run["uid"], "--json").json()
    for name in expected[0]:
        assert table.column(name).to_pylist() == [row[name] for row in expected]
    resonance("table", beamtime, run["uid"], "-o", tmp_path / "t.arrows")
    assert pyarrow.ipc.open_stream((tmp_path / "t.arrows").read_bytes()).read_all() == table
    shown, status = on_terminal(resonance, "table", beamtime, "-1", "--format", "arrow")
    assert shown == "" and status == 2


def test_arrow_files_are_files(resonance, beamtime, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    for name, rows_asked in (("t.arrow", []), ("t.feather", []), ("none.arrow", ["--limit", 0])):
        resonance("table", beamtime, -2, *rows_asked, "-o", tmp_path / name)
        table = pyarrow.ipc.open_stream(resonance("table", beamtime, -2, *rows_asked, "--format", "arrow").raw).read_all()
        with pyarrow.ipc.open_file(tmp_path / name) as file:
            assert file.num_record_batches == (0 if rows_asked else 1) and file.read_all() == table
        assert feather.read_table(tmp_path / name) == table
        assert table.schema.field("energy").metadata == {b"units": b"eV"}


def test_an_arrow_file_of_many_rows_has_several_batches(resonance, tmp_beamtime, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    resonance("simulate", tmp_beamtime, "--runs", 2, "--events", 70000, "--rate", 1000, "--shape", "2,2", "--durability", "group")
    resonance("table", tmp_beamtime, -1, "--columns", "energy,i0", "-o", tmp_path / "t.arrow")
    with pyarrow.ipc.open_file(tmp_path / "t.arrow") as file:
        assert file.num_record_batches == 2
        assert file.get_batch(1).column("seq_num").to_pylist() == list(range(65537, 70001))


def test_a_file_whose_ending_says_nothing_is_refused(resonance, beamtime, tmp_path):
    assert ".csv, .json, .arrow" in resonance("table", beamtime, -1, "-o", tmp_path / "t.xlsx", status=2).stderr
    assert list(tmp_path.iterdir()) == []
    resonance("table", beamtime, -1, "-o", tmp_path / "t.dat", "--format", "csv")
    resonance("table", beamtime, -1, "-o", tmp_path / "T.CSV")
    assert (tmp_path / "t.dat").read_bytes() == (tmp_path / "T.CSV").read_bytes() == resonance("table", beamtime, -1).raw


def test_columns_and_rows_are_chosen(resonance, beamtime):
    first, second, *_ = [name for name in resonance("table", beamtime, -1, "--json", "--limit", 1).json()[0] if name not in ("seq_num", "time")]
    text = resonance("table", beamtime, -1, "--columns", f"{second}, {first}", "--first", 4, "--limit", 2).stdout.splitlines()
    assert text[0] == f"seq_num,time,{second},{first}"
    assert [line.split(",")[0] for line in text[1:]] == ["4", "5"]
    assert resonance("table", beamtime, -1, "--column", first, "--limit", 0).stdout == f"seq_num,time,{first}\n"
    assert first in resonance("table", beamtime, -1, "--columns", "no such", status=3).stderr
    assert "primary" in resonance("table", beamtime, -1, "--stream", "dark", status=3).stderr


def odd_beamtime(resonance, path):
    """A run whose values need care, put in behind the back of the library."""
    resonance("simulate", path, "--runs", 1, "--events", 2, "--shape", "8,8")
    data = ['{"a,b": "say \\"hi\\"\\nthere", "x": NaN, "big": 12345678901234567890123, "none": null, "text": ""}', '{"x": 1e-07, "list": [1, 2.5, "ä"], "no": false, "two": 2.0}']
    with sqlite3.connect(path) as connection:
        for number, text in enumerate(data, start=1):
            connection.execute("UPDATE events SET data = ? WHERE seq_num = ?", (text, number))
        connection.execute("UPDATE streams SET data_keys = '{}'")
        connection.execute("UPDATE runs SET plan_name = 'p' || char(27) || '[31m' || char(10) || 'q'")


def test_csv_quotes_and_keeps_every_kind_of_value(resonance, tmp_beamtime):
    odd_beamtime(resonance, tmp_beamtime)
    text = resonance("table", tmp_beamtime, -1).stdout
    table = list(csv.reader(io.StringIO(text)))
    assert table[0][2:] == ["a,b", "x", "big", "none", "text", "list", "no", "two"]
    assert table[1][2:] == ['say "hi"\nthere', "NaN", "12345678901234567890123", "", "", "", "", ""]
    assert table[2][2:5] == ["", "1e-07", ""] and table[2][7:] == ['[1,2.5,"ä"]', "false", "2.0"]
    assert ',"",' in text  # empty text is not a missing value
    assert resonance("table", tmp_beamtime, -1, "--column", "a,b", "--limit", 1).stdout.startswith('seq_num,time,"a,b"\n')


def test_names_cannot_steer_the_terminal(resonance, tmp_beamtime):
    odd_beamtime(resonance, tmp_beamtime)
    for call in (["ls", tmp_beamtime], ["show", tmp_beamtime, "-1"]):
        text = resonance(*call).stdout
        assert "\x1b" not in text and "p\\x1b[31m" in text


def test_a_table_file_appears_whole_or_not_at_all(resonance, beamtime, tmp_path):
    resonance("table", beamtime, -1, "-o", tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == resonance("table", beamtime, -1).stdout
    resonance("table", beamtime, -1, "--columns", "no such", "-o", tmp_path / "u.csv", status=3)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
    before = beamtime.read_bytes()
    assert "itself" in resonance("table", beamtime, -1, "-o", beamtime, status=2).stderr
    assert beamtime.read_bytes() == before


def test_output_that_cannot_be_written_is_an_error(resonance, beamtime):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(resonance.arguments("table", beamtime, "-1"), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 10 and "standard output" in done.stderr


def test_a_reader_that_goes_away_is_no_error(resonance, tmp_beamtime):
    process = resonance.start("simulate", tmp_beamtime, "--runs", 1, "--live", "--json", "--rate", 100, "--events", 1000, stderr=subprocess.PIPE)
    assert json.loads(process.stdout.readline())["seq_num"] == 1
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(30) == 128 + signal.SIGPIPE
    assert resonance("ls", tmp_beamtime, "--json").json()[0]["exit_status"] in ("aborted", "failed")
