"""What `--json` prints is JSON for parsers that know no more than RFC 8259, whatever was recorded."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
import subprocess

import pytest

BIG = 12345678901234567890123456789
DATA = ('{"f":NaN,"g":-Infinity,"z":-0.0,"i":%d,"v":[1.5,NaN,Infinity],"deep":{"a":{"b":[NaN]}},"s":"NaN","odd \\u0000\\"key\\u2028":"\\ud83d\\ude00 \\u0007",'
        '"twice":1,"twice":2,"n":null}' % BIG)
METADATA = '{"scan_id":1,"limit":Infinity,"a":1,"A":{"x":NaN,"x":[-Infinity]},"a":"last","big":%d,"text":"\\u2028\\t\\u007f"}' % BIG
KEYS = '{"f":{"dtype":"number","shape":[],"source":"m","limits":{"low":-Infinity}},"s":{"dtype":"string","shape":[],"source":"m","precision":NaN}}'


def refuse(word):
    raise ValueError(f"{word} is no JSON")


def no_key_twice(pairs):
    assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
    return dict(pairs)


def strict(text: str | bytes):
    """Of one document, or of one a line."""
    text = text.decode("utf-8") if isinstance(text, bytes) else text
    parse = json.JSONDecoder(parse_constant=refuse, object_pairs_hook=no_key_twice).decode
    try:
        return parse(text)
    except ValueError:
        return [parse(line) for line in text.strip().split("\n")]


@pytest.fixture(scope="module")
def odd(resonance, tmp_path_factory):
    """A root with one beamtime, in which stands what other programs may write. With its damage: verify tells of it."""
    root = tmp_path_factory.mktemp("json")
    resonance("init", root / "root")
    path = root / "root" / "odd.db"
    resonance("simulate", path, "--runs", 2, "--events", 3, "--shape", "8,8", "--seed", 1)
    resonance("tag", path, 1, 'a "tag" \u2028 \u00e9')
    resonance("note", path, 1, "line\nbreak \\ \u2029 NaN")
    with sqlite3.connect(path) as connection:
        first, second = (uid for (uid,) in connection.execute("SELECT uid FROM runs ORDER BY time_start"))
        connection.execute("UPDATE events SET data = ? WHERE stream_uid IN (SELECT uid FROM streams WHERE run_uid = ?)", (DATA, first))
        connection.execute("UPDATE runs SET metadata = ? WHERE uid = ?", (METADATA, first))
        connection.execute("UPDATE streams SET data_keys = ? WHERE run_uid = ?", (KEYS, first))
        connection.execute("UPDATE samples SET extra = '{\"mass\":NaN}', formula = CAST(X'50FFFE' AS TEXT)")
        connection.execute("UPDATE runs SET operator = CAST(X'6AFF' AS TEXT) WHERE uid = ?", (second,))
    connection.close()
    return path


CALLS = {
    "ls": ["ls", "{db}"], "ls of a root": ["ls", "{root}"], "show": ["show", "{db}", 1], "show of another": ["show", "{db}", 2], "table": ["table", "{db}", 1],
    "table --format": ["table", "{db}", 1, "--format", "json"], "table of columns": ["table", "{db}", 1, "--columns", "f,n,s"], "tail": ["tail", "{db}", 1],
    "tail of columns": ["tail", "{db}", 1, "--columns", "f,v,n"], "image": ["image", "{db}", 1, "-o", "{tmp}/x.npy"], "stat": ["stat", "{db}"],
    "schema": ["schema", "{db}"], "tag": ["tag", "{db}", 1], "note": ["note", "{db}", 1, "--list"], "verify": ["verify", "{db}"], "verify --frames": ["verify", "{db}", "--frames"],
    "backup": ["backup", "{db}", "{tmp}/bag"], "repair": ["repair", "{db}", "-o", "{tmp}/mended.db"], "index rebuild": ["index", "rebuild", "{root}"],
    "index sync": ["index", "sync", "{root}"], "index verify": ["index", "verify", "{root}"], "search": ["search", "{root}"], "facets": ["search", "{root}", "--facet"],
    "count": ["search", "{root}", "--count"], "samples": ["sample", "list", "{root}"], "researchers": ["researcher", "list", "{root}"], "migrate": ["migrate", "{db}", "--dry-run"],
    "simulate": ["simulate", "{tmp}/s.db", "--runs", 1, "--events", 1, "--shape", "4,4"], "simulate --live": ["simulate", "{tmp}/l.db", "--runs", 1, "--events", 2, "--rate", 1000, "--live"],
    "no such run": ["show", "{db}", "\udcff\x07"], "no such file": ["ls", "{tmp}/\udcff\u2028.db"], "no such verb": ["lst\udcff"],
}


@pytest.mark.parametrize("what", CALLS)
def test_every_verb_prints_json_that_a_strict_parser_reads(resonance, odd, tmp_path, what):
    words = [str(word).replace("{db}", str(odd)).replace("{root}", str(odd.parent)).replace("{tmp}", str(tmp_path)) for word in CALLS[what]]
    done = subprocess.run([resonance.path, *words, "--json"], capture_output=True, env=resonance.env, timeout=300)
    assert done.stdout or done.stderr
    for text in (done.stdout, done.stderr):
        if text.strip():
            strict(text)
    if node := shutil.which("node"):
        program = "const t=new TextDecoder('utf-8',{fatal:true}).decode(require('fs').readFileSync(0));try{JSON.parse(t)}catch{t.trim().split('\\n').forEach(l=>JSON.parse(l))}"
        for text in filter(bytes.strip, (done.stdout, done.stderr)):
            subprocess.run([node, "-e", program], input=text, check=True, capture_output=True)


def test_what_is_missing_differs_from_what_is_not_a_number(resonance, odd):
    row = strict(resonance("table", odd, 1, "--json").raw)[0]
    assert (row["f"], row["g"], row["n"], row["s"]) == ("NaN", "-Infinity", None, "NaN")
    assert row["v"] == [1.5, "NaN", "Infinity"] and row["deep"] == {"a": {"b": ["NaN"]}}
    assert math.copysign(1, row["z"]) == -1 and float(row["f"]) != float(row["f"])
    keys = strict(resonance("show", odd, 1, "--json").raw)["streams"][0]["data_keys"]
    assert (keys["f"]["dtype"], keys["s"]["dtype"]) == ("number", "string")
    assert keys["f"]["limits"] == {"low": "-Infinity"} and keys["s"]["precision"] == "NaN"
    event = strict(resonance("tail", odd, 1, "--json").raw)[1]["data"]
    assert event["f"] == "NaN" and event["n"] is None and "absent" not in event
    assert strict(resonance("tail", odd, 1, "--columns", "f,n", "--json").raw)[1]["data"] == {"f": "NaN", "n": None}


def test_numbers_keep_their_digits_and_text_its_letters(resonance, odd):
    row = strict(resonance("table", odd, 1, "--json").raw)[0]
    assert row["i"] == BIG and row['odd \0"key\u2028'] == "\U0001f600 \a" and row["twice"] == 2
    run = strict(resonance("show", odd, 1, "--json").raw)
    assert run["metadata"] == {"scan_id": 1, "limit": "Infinity", "A": {"x": ["-Infinity"]}, "a": "last", "big": BIG, "text": "\u2028\t\x7f"}
    assert 'a "tag" \u2028 \u00e9' in run["tags"] and run["notes"][0]["text"] == "line\nbreak \\ \u2029 NaN"


def test_the_database_keeps_the_words_of_pythons_json(resonance, tmp_path):
    (tmp_path / "n.csv").write_text("energy,i0\n270,nan\n271,inf\n272,\n273,1.5\n")
    resonance("import", tmp_path / "n.csv", "--into", tmp_path / "n.db")
    with sqlite3.connect(tmp_path / "n.db") as connection:
        stored = [text for (text,) in connection.execute("SELECT data FROM events ORDER BY seq_num")]
    connection.close()
    assert '"i0":NaN' in stored[0] and '"i0":Infinity' in stored[1] and '"i0":null' in stored[2]
    assert [row["i0"] for row in strict(resonance("table", tmp_path / "n.db", 1, "--json").raw)] == ["NaN", "Infinity", None, 1.5]


def test_keys_that_would_make_one_column_are_two(resonance, tmp_path):
    path = tmp_path / "t.db"
    resonance("simulate", path, "--runs", 1, "--events", 1, "--shape", "4,4")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE events SET data = ?", ('{"time":5.0,"data.time":3.0,"seq_num":7}',))
        connection.execute("UPDATE streams SET data_keys = '{}'")
    connection.close()
    row = strict(resonance("table", path, 1, "--json").raw)[0]
    assert (row["data.time"], row["data.data.time"], row["data.seq_num"]) == (5.0, 3.0, 7)
    assert resonance("table", path, 1).stdout.splitlines()[0] == "seq_num,time,data.time,data.data.time,data.seq_num"


def test_columns_come_in_the_order_in_which_they_were_asked_for(resonance, odd):
    for wanted in (["s", "f", "n"], ["n", "s", "f"], ["f", "twice", "s"]):
        rows = strict(resonance("table", odd, 1, "--columns", ",".join(wanted), "--json").raw)
        assert [list(row) for row in rows] == [["seq_num", "time", *wanted]] * 3
        whole = strict(resonance("table", odd, 1, "--json").raw)[0]
        assert rows[0] == {key: whole[key] for key in ["seq_num", "time", *wanted]}
