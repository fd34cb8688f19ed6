"""Generated tables: what an import makes of them is what pandas makes of them, and a table that we wrote comes back as it was."""

from __future__ import annotations

import io
import json
import math
import random
import sqlite3
import string
import struct

import pandas as pd
import pytest

WORDS = ["PS", "PS-1", "a b", "ä µ", 'say "hi"', "x;y", "x,y", "line\nend", "NAND", "Infinite", "e5", "K1", "1 eV", "#3"]


def number(random_, decimal="."):
    kind = random_.randrange(6)
    if kind == 0:
        return f"{random_.uniform(-1e3, 1e3):.{random_.randrange(1, 12)}f}".replace(".", decimal)
    if kind == 1:
        return f"{random_.uniform(-1, 1):.{random_.randrange(1, 17)}e}".replace(".", decimal)
    if kind == 2:
        return repr(struct.unpack("<d", struct.pack("<q", random_.getrandbits(62)))[0]).replace(".", decimal)
    return str(random_.choice([0, 1, -1, 1000, 2**53 - 1, -17])) + decimal + "0"


def integer(random_, decimal="."):
    return str(random_.choice([random_.randrange(-9, 10), random_.randrange(-(10**6), 10**6), random_.randrange(2**63 - 2**53, 2**63), -(2**63)]))


def text(random_, decimal="."):
    return random_.choice(WORDS)


def generated_table(random_):
    """(text, delimiter, decimal)"""
    delimiter, decimal = random_.choice([(",", "."), (";", "."), ("\t", "."), ("|", "."), (";", ","), ("\t", ",")])
    kinds = [random_.choice([number, number, integer, text]) for _ in range(random_.randrange(2, 7))]
    holes = random_.random() < 0.3
    end = random_.choice(["\n", "\r\n"])

    def cell(value):
        return '"' + value.replace('"', '""') + '"' if any(sign in value for sign in (delimiter, '"', "\n", "#")) or random_.random() < 0.1 else value

    lines = [delimiter.join(f"c{i} of {kind.__name__}" for i, kind in enumerate(kinds))]
    for _ in range(random_.randrange(3, 12)):
        values = ["" if holes and i > 0 and random_.random() < 0.2 else cell(kind(random_, decimal)) for i, kind in enumerate(kinds)]
        lines.append(delimiter.join(values))
    return end.join(lines) + end, delimiter, decimal


def imported_rows(beamtime, uid):
    with sqlite3.connect(beamtime) as connection:
        found = connection.execute("SELECT data FROM events JOIN streams ON stream_uid = streams.uid WHERE run_uid = ? ORDER BY seq_num", (uid,))
        return [json.loads(data) for (data,) in found]


def same(ours, theirs):
    if theirs is None or (isinstance(theirs, float) and math.isnan(theirs)):
        return ours is None or ours == ""
    return ours == theirs and (isinstance(ours, str) == isinstance(theirs, str))


@pytest.mark.parametrize("seed", range(8))
def test_an_import_has_the_values_that_pandas_has(resonance, tmp_path, seed):
    random_ = random.Random(seed)
    tables = {f"{i}.csv": generated_table(random_) for i in range(60)}
    for name, (content, _, _) in tables.items():
        (tmp_path / name).write_bytes(content.encode())
    reports = resonance("import", *(tmp_path / name for name in tables), "--into", tmp_path / "x.db", "--json").json()
    for report, (content, delimiter, decimal) in zip(reports, tables.values(), strict=True):
        frame = pd.read_csv(io.StringIO(content, newline=""), sep=delimiter, decimal=decimal, na_values=[""], keep_default_na=False, dtype_backend="numpy_nullable")
        rows = imported_rows(tmp_path / "x.db", report["run_uid"])
        assert len(rows) == len(frame)
        for column in frame.columns:
            for row, theirs in enumerate(frame[column].astype(object).where(frame[column].notna(), None)):
                assert same(rows[row][column], theirs), f"{column} of row {row}: {rows[row][column]!r}, pandas {theirs!r}\n{content}"


VALUES = {
    "number": [0.0, -0.0, 1.0, 1e-7, 1e22, 5e-324, 1.7976931348623157e308, float("nan"), float("inf"), float("-inf"), 0.1, 123456789.125],
    "integer": [0, 1, -1, 127, -128, 65535, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 10**40, -(10**30)],
    "boolean": [True, False],
    "string": ["", " ", "1", "007", "1.5", "NaN", "nan", "true", "N/A", "-", "null", "7e3104", "1E5", "1,5", "1.234,5", 'a "b"', "a,b", "a\nb", "a\r\nb", "a\rb", " edge ", "#x", "sep=;", "ä€😀", "\ufeff",
               "[", "{}", "2024-03-09T16:00:00Z", "=1+1", "\\n", "\t", "\x1b[31m"],
    "array": [[], [1, 2], [1.5, float("nan")], ["a", 'b"'], [[1], [2]], [None, True]],
}  # fmt: skip


def random_value(random_, kind):
    if random_.random() < 0.2:
        return None
    if kind == "number" and random_.random() < 0.5:
        return struct.unpack("<d", struct.pack("<Q", random_.getrandbits(64)))[0]
    if kind == "integer" and random_.random() < 0.3:
        return random_.getrandbits(random_.randrange(1, 200)) * random_.choice([1, -1])
    if kind == "string" and random_.random() < 0.3:
        return "".join(random_.choice(string.printable[:96] + 'äΩ",') for _ in range(random_.randrange(1, 12)))
    return random_.choice(VALUES[kind])


def random_run(random_, beamtime):
    """Replaces the events of a run of five; returns them."""
    kinds = [random_.choice(list(VALUES)) for _ in range(random_.randrange(1, 8))]
    names = [random_.choice(["energy", "time", "seq_num", "i0 (A)", "a,b", 'q"', "data.x", "N/A", "ä"]) + (f" {i}" if i > 1 else "") for i in range(len(kinds))]
    names = list(dict.fromkeys(names))
    events = [(1.7e9 + random_.random() * 1e6, {name: random_value(random_, kind) for name, kind in zip(names, kinds, strict=False)}) for _ in range(5)]
    with sqlite3.connect(beamtime) as connection:
        connection.execute("UPDATE streams SET data_keys = '{}'")
        for number_, (time, data) in enumerate(events, start=1):
            connection.execute("UPDATE events SET time = ?, data = ? WHERE seq_num = ?", (time, json.dumps(data), number_))
    return events


def as_kept(data):
    """Comparable: NaN equals NaN, 1 is not 1.0 nor True, -0.0 is not 0.0."""
    return repr(sorted(data.items()))


@pytest.mark.parametrize("seed", range(40))
def test_a_table_that_we_wrote_comes_back_without_a_changed_value(resonance, tmp_path, seed):
    random_ = random.Random(seed)
    resonance("simulate", tmp_path / "a.db", "--runs", 1, "--events", 5, "--shape", "2,2")
    tables = []
    for number_ in range(4):
        events = random_run(random_, tmp_path / "a.db")
        resonance("table", tmp_path / "a.db", -1, "-o", tmp_path / f"{number_}.csv")
        tables.append(events)
    reports = resonance("import", *(tmp_path / f"{i}.csv" for i in range(4)), "--into", tmp_path / "b.db", "--json").json()
    for number_, (report, events) in enumerate(zip(reports, tables, strict=True)):
        with sqlite3.connect(tmp_path / "b.db") as connection:
            times = [time for (time,) in connection.execute("SELECT e.time FROM events e JOIN streams s ON stream_uid = s.uid WHERE run_uid = ? ORDER BY seq_num", (report["run_uid"],))]
        assert times == [time for time, _ in events]
        for ours, (_, recorded) in zip(imported_rows(tmp_path / "b.db", report["run_uid"]), events, strict=True):
            assert as_kept(ours) == as_kept(recorded), (tmp_path / f"{number_}.csv").read_text()
        frame = pd.read_csv(tmp_path / f"{number_}.csv", keep_default_na=False)
        assert len(frame) == 5 and list(frame.columns[:2]) == ["seq_num", "time"]


def test_what_pandas_writes_of_a_table_comes_back(resonance, tmp_path):
    frame = pd.DataFrame({"seq_num": [1, 2, 3], "time": [1.7e9, 1.7e9 + 0.1, 1.7e9 + 0.3], "u": pd.array([2**64 - 1, None, 3], dtype="UInt64"),
                          "i": [-(2**63), 0, 2**63 - 1], "f": [0.1, float("nan"), 1e-300], "b": [True, False, True], "s": ["x", "1E5", "NA"]})  # fmt: skip
    frame.to_csv(tmp_path / "t.csv", index=False)
    report = resonance("import", tmp_path / "t.csv", "--into", tmp_path / "x.db", "--json").json()[0]
    rows = imported_rows(tmp_path / "x.db", report["run_uid"])
    for name in ("i", "b", "s"):
        assert [row[name] for row in rows] == frame[name].tolist()
    assert [row["u"] for row in rows] == [2**64 - 1, None, 3] and [row["f"] for row in rows] == [0.1, None, 1e-300]
