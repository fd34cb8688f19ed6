"""Tags and notes as a scientist writes and reads them, on runs that are over and on one that is recorded."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def two_runs(resonance, tmp_beamtime):
    resonance("simulate", tmp_beamtime, "--runs", 2, "--events", 3, "--shape", "8,8", "--seed", 3)
    return tmp_beamtime


def test_tag_adds_removes_and_lists(resonance, two_runs):
    before = resonance("tag", two_runs, -1).stdout.splitlines()
    done = resonance("tag", two_runs, -1, "good", "night shift", "--remove", before[0])
    assert done.stdout.splitlines() == sorted([*before[1:], "good", "night shift"])
    assert done.stderr == f"scan 2 (nexafs_scan): added good, night shift; removed {before[0]}\n"
    assert "nothing to change" in resonance("tag", two_runs, -1, "good").stderr
    told = resonance("tag", two_runs, -1, "better", "good", "--remove", "night shift", "--json").json()
    assert (told["added"], told["removed"]) == (["better"], ["night shift"])
    assert told["tags"] == sorted([*before[1:], "better", "good"])
    assert [run["uid"] for run in resonance("ls", two_runs, "--tag", "good", "--json").json()] == [told["run"]]
    assert "good" in resonance("show", two_runs, -1).stdout and "good" not in resonance("show", two_runs, -2).stdout


def test_note_is_a_log(resonance, two_runs):
    assert "no notes" in resonance("note", two_runs, -1).stderr
    assert resonance("note", two_runs, -1, "beam lost at event 40", "--author", "J. Doe").stdout == ""
    resonance("note", two_runs, -1, *"words need no quotes at 3 o'clock".split())
    resonance("note", two_runs, -1, "-", input="first line\n\nsecond line\n")
    resonance("note", two_runs, -1, "--", "-5 V bias")
    written = resonance("note", two_runs, -2, "of another run", "--json").json()
    log = resonance("note", two_runs, -1, "--json").json()
    texts = ["beam lost at event 40", "words need no quotes at 3 o'clock", "first line\n\nsecond line", "-5 V bias"]
    assert [note["text"] for note in log] == texts
    assert [note["author"] for note in log] == ["J. Doe", None, None, None]
    assert written["text"] == "of another run" and written["id"] > log[-1]["id"]
    shown = resonance("note", two_runs, -1).stdout
    assert "  J. Doe\n  beam lost at event 40\n" in shown and "\n  first line\n\n  second line\n" in shown
    assert "beam lost at event 40" in resonance("show", two_runs, -1).stdout
    assert resonance("show", two_runs, -1, "--json").json()["notes"] == log


def test_notes_cannot_steer_a_terminal(resonance, two_runs):
    resonance("note", two_runs, -1, "-", input="red \x1b[31m alert\r\n")
    assert "\x1b" not in resonance("note", two_runs, -1).stdout + resonance("show", two_runs, -1).stdout


@pytest.mark.parametrize(
    "call, status, words",
    [
        (["tag", "-1", "two\nlines"], 2, "control character"),
        (["tag", "4711", "good"], 3, "4711"),
        (["note", "-1", " "], 2, "must not be empty"),
        (["note", "-1", "--author", "me"], 2, "the author of what?"),
        (["note", "4711", "text"], 3, "4711"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(resonance, two_runs, call, status, words):
    before = resonance("show", two_runs, -1, "--json").json()
    done = resonance(call[0], two_runs, *call[1:], status=status)
    assert words in done.stderr and done.stderr.count("\n") == 1
    assert resonance("show", two_runs, -1, "--json").json() == before


def test_tagging_makes_no_file(resonance, tmp_path):
    for verb in ("tag", "note"):
        assert "no such file" in resonance(verb, tmp_path / "x.db", -1, "text", status=3).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_recorded_is_tagged_and_goes_on(resonance, tmp_beamtime):
    process = resonance.start("simulate", tmp_beamtime, "--runs", 1, "--events", 60, "--rate", 60, "--shape", "16,16", "--live", "--json")
    process.stdout.readline()
    resonance("tag", tmp_beamtime, -1, "promising")
    resonance("note", tmp_beamtime, -1, "edge looks shifted")
    assert resonance("show", tmp_beamtime, -1, "--json").json()["exit_status"] is None, "it was over before the test began"
    lines = process.stdout.readlines()
    assert process.wait(60) == 0 and json.loads(lines[-1])["seq_num"] == 60
    run = resonance("show", tmp_beamtime, -1, "--json").json()
    assert run["exit_status"] == "success" and run["num_events"] == 60
    assert "promising" in run["tags"] and [note["text"] for note in run["notes"]] == ["edge looks shifted"]
    assert sorted(path.name for path in tmp_beamtime.parent.iterdir()) == ["my beamtime.db", "my beamtime.db-lock", "my beamtime.zarr"]
    assert resonance("verify", tmp_beamtime, "--frames", "--json").json()["faults"] == []


def test_show_tells_between_which_values_the_data_keys_lie(resonance, two_runs):
    run = resonance("show", two_runs, -1, "--json").json()
    energies = [row["energy"] for row in resonance("table", two_runs, -1, "--json").json()]
    (energy,) = [one for one in run["data_key_ranges"] if one["data_key"] == "energy"]
    assert energy == {"stream": "primary", "data_key": "energy", "low": min(energies), "high": max(energies), "units": "eV"}
    (line,) = [line for line in resonance("show", two_runs, -1).stdout.splitlines() if line.startswith("  energy ")]
    assert f"{min(energies):.6g} … {max(energies):.6g}" in line
