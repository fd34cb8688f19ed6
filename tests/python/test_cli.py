"""The command as a user meets it: text in, text out, exit statuses. What it says is held against the database itself."""

from __future__ import annotations

import json
import math
import subprocess
import time

import numpy as np
import pytest
from looking import on_terminal, rows, with_frames

VERBS = (
    "init import simulate ls show table tail tag note image search index sample researcher schema migrate stat verify repair backup completion"
).split()


# Help, completion, wrong calls


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_verb_has_an_example_and_fits_80_columns(resonance, verb):
    text = resonance(verb, "--help").stdout
    assert f"Usage: resonance {verb}" in text
    assert "Examples:" in text and f"  resonance {verb} " in text or f"(resonance {verb} " in text
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_help_of_the_command_names_every_verb(resonance):
    text = resonance("--help").stdout
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert [verb for verb in VERBS if f"\n  {verb} " not in text] == []
    assert resonance("--version").stdout.split()[0] == "resonance"


def test_completion_script_is_valid_and_knows_verbs_options_and_words(resonance, tmp_path):
    script = tmp_path / "completion"
    script.write_text(resonance("completion", "bash").stdout)
    subprocess.run(["bash", "-n", script], check=True)

    def offered(*words):
        call = f'source "{script}"; COMP_WORDS=({" ".join(map(repr, words))}); COMP_CWORD={len(words) - 1}; _resonance; echo "${{COMPREPLY[@]}}"'
        return subprocess.run(["bash", "-c", call], check=True, capture_output=True, text=True).stdout.split()

    assert set(VERBS) <= set(offered("resonance", ""))
    assert offered("resonance", "sch") == ["schema"]
    assert offered("resonance", "ls", "x.db", "--si") == ["--since"]
    assert offered("resonance", "ls", "x.db", "--status", "fa") == ["failed"]
    assert offered("resonance", "--json", "table", "--format", "") == ["csv", "json", "arrow"]
    assert "--json" in offered("resonance", "ls", "--")


@pytest.mark.parametrize(
    "call, status, words",
    [
        ([], 2, "name a verb"),
        (["sho"], 2, "did you mean 'show'?"),
        (["frobnicate"], 2, "'frobnicate' is no verb"),
        (["ls"], 2, "X.db|ROOT is required"),
        (["stat", "a.db", "b.db"], 2, "b.db"),
        (["ls", "a.db", "--nonsense"], 2, "--nonsense"),
        (["ls", "a.db", "--limit", "-3"], 2, "'-3' is no whole number"),
        (["ls", "a.db", "--status", "fine"], 2, "none of success, aborted, failed, open"),
        (["ls", "nowhere.db"], 3, "nowhere.db: no such file"),
        (["import", "--into", "x.db"], 2, "FILE is required"),
        (["import", "x.txt"], 2, "--into is required"),
        (["simulate", "x.db", "--shape", "5"], 2, "height and width"),
        (["simulate", "x.db", "--rate", "0"], 2, "--rate"),
        (["simulate", "x.db", "--dtype", "complex64"], 2, "complex64"),
        (["completion", "fish"], 2, "'fish' is none of bash"),
    ],
)
def test_wrong_calls_are_told_in_one_line(resonance, tmp_path, call, status, words):
    done = resonance(*call, status=status, cwd=tmp_path)
    assert done.stdout == ""
    assert done.stderr.startswith("resonance: ") and done.stderr.count("\n") == 1
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_errors_are_json_on_request(resonance):
    done = resonance("ls", "nowhere.db", "--json", status=3)
    assert done.stdout == ""
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "not_found" and "nowhere.db" in error["message"]
    assert json.loads(resonance("--json", "nonsense", status=2).stderr)["error"]["code"] == "invalid_argument"


def test_a_folder_is_refused_with_the_beamtimes_in_it(resonance, beamtime):
    done = resonance("ls", beamtime.parent, status=2)
    assert "is a folder" in done.stderr and "demo.db" in done.stderr
    assert "frame store of" in resonance("ls", beamtime.with_suffix(".zarr"), status=2).stderr
    assert "did you mean" in resonance("ls", beamtime.with_suffix(""), status=3).stderr


def test_what_is_no_database_is_corrupt(resonance, tmp_path):
    path = tmp_path / "text.db"
    path.write_text("This is not SQLite, and long enough to be looked at. " * 100)
    for call in (["ls"], ["stat"], ["migrate"]):
        assert str(path) in resonance(*call, path, status=7).stderr
    assert path.read_text().startswith("This is not SQLite")


# ls


def test_ls_shows_what_the_database_says_newest_first(resonance, beamtime):
    listed = resonance("ls", beamtime, "--json").json()
    stored = rows(
        beamtime,
        """SELECT r.uid, r.plan_name, s.name, r.time_start, r.time_stop, r.exit_status, r.num_events,
             (SELECT count(*) FROM image_refs i JOIN events e ON e.uid = i.event_uid JOIN streams t ON t.uid = e.stream_uid WHERE t.run_uid = r.uid)
           FROM runs r LEFT JOIN samples s ON s.id = r.sample_id ORDER BY r.time_start DESC""",
    )
    names = "uid plan_name sample time_start time_stop exit_status num_events num_frames".split()
    assert [tuple(run[name] for name in names) for run in listed] == stored
    assert [run["scan_id"] for run in listed] == [4, 3, 2, 1]


def test_ls_fits_80_columns_and_its_prefixes_name_the_runs(resonance, beamtime):
    text = resonance("ls", beamtime).stdout
    listed = resonance("ls", beamtime, "--json").json()
    lines = text.splitlines()
    assert lines[0].split() == "uid scan start plan sample events frames status".split()
    assert max(map(len, lines)) <= 80
    for line, run in zip(lines[1:], listed, strict=True):
        prefix = line.split()[0]
        assert len(prefix) >= 8 and run["uid"].startswith(prefix)
        assert time.strftime("%Y-%m-%d %H:%M", time.gmtime(run["time_start"])) in line
        assert resonance("show", beamtime, prefix, "--json").json()["uid"] == run["uid"]


def test_ls_writes_local_time(resonance, beamtime):
    start = resonance("ls", beamtime, "--json", "--limit", 1).json()[0]["time_start"]
    text = resonance("ls", beamtime, "--limit", 1, env={"TZ": "XYZ-5:30"}).stdout
    assert time.strftime("%Y-%m-%d %H:%M", time.gmtime(start + 5.5 * 3600)) in text


def test_ls_filters(resonance, beamtime):
    def listed(*arguments):
        return [run["scan_id"] for run in resonance("ls", beamtime, "--json", *arguments).json()]

    every = resonance("ls", beamtime, "--json").json()
    assert listed("--limit", 2) == [4, 3]
    assert listed("--limit", 0) == []
    assert listed("--status", "success") == [4, 3, 2, 1] and listed("--status", "open") == []
    plan = every[0]["plan_name"]
    assert listed("--plan", plan) == [run["scan_id"] for run in every if run["plan_name"] == plan]
    assert listed("--sample", every[0]["sample"][:3] + "*") == [4, 3, 2, 1]
    assert listed("--since", "2000-01-01", "--until", "2000-01-02T00:00:00Z") == []
    middle = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(every[1]["time_start"])) + f"{math.modf(every[1]['time_start'])[0]:.6f}"[1:]
    assert set(listed("--since", middle)) | set(listed("--until", middle)) == {1, 2, 3, 4}
    assert not set(listed("--since", middle)) & set(listed("--until", middle))
    assert set(listed("--since", middle)) == set(listed("--since", middle + "Z")) == set(listed("--since", middle + "+00:00"))
    assert "2026-02-30" in resonance("ls", beamtime, "--since", "2026-02-30", status=2).stderr


def test_ls_of_nothing_says_so_and_succeeds(resonance, beamtime):
    done = resonance("ls", beamtime, "--plan", "no such plan")
    assert done.stdout == "" and "no run meets" in done.stderr
    assert resonance("ls", beamtime, "--plan", "no such plan", "--json").json() == []
    assert resonance("ls", beamtime, "--plan", "no such plan", "--quiet").stderr == ""


def test_colours_are_for_terminals_only(resonance, beamtime):
    assert "\x1b" not in resonance("ls", beamtime).stdout
    shown, status = on_terminal(resonance, "ls", beamtime)
    assert status == 0 and "\x1b[" in shown
    assert "\x1b" not in on_terminal(resonance, "ls", beamtime, env={"NO_COLOR": "1"})[0]


# show


def test_show_says_everything_about_a_run(resonance, beamtime):
    run = with_frames(resonance, beamtime)
    text = resonance("show", beamtime, run["uid"]).stdout
    assert max(map(len, text.splitlines())) <= 80
    full = resonance("show", beamtime, run["uid"], "--json").json()
    for word in (run["uid"], run["plan_name"], "success", run["sample"], "Stream primary", "Frames", "Metadata", "32×48", "uint16", "blosc"):
        assert word in text, word
    for name, key in full["streams"][0]["data_keys"].items():
        assert name in text and (key.get("units") or "") in text
    assert full["streams"][0]["num_events"] == 12
    assert full["frames"][0]["shape"] == [12, 32, 48] and full["frames"][0]["bytes"] > 0
    assert full["metadata"] == json.loads(rows(beamtime, "SELECT metadata FROM runs WHERE uid = ?", run["uid"])[0][0])


def test_a_run_is_named_in_each_way(resonance, beamtime):
    newest, *others = resonance("ls", beamtime, "--json").json()
    for name in ("-1", "4", newest["uid"], newest["uid"][:-2]):
        assert resonance("show", beamtime, name, "--json").json()["uid"] == newest["uid"]
    assert resonance("show", beamtime, "-4", "--json").json()["uid"] == others[-1]["uid"]
    assert "fewer than 9 runs" in resonance("show", beamtime, "-9", status=3).stderr
    assert "zzz" in resonance("show", beamtime, "zzz", status=3).stderr


# image


def test_numpy_and_tiff_keep_the_exact_counts(resonance, beamtime, tmp_path):
    run = with_frames(resonance, beamtime)
    counts = [row["counts"] for row in resonance("table", beamtime, run["uid"], "--json").json()]
    done = resonance("image", beamtime, run["uid"], "--frames", ":", "-o", tmp_path / "all.npy")
    assert done.stdout == "" and "all.npy" in done.stderr
    stack = np.load(tmp_path / "all.npy")
    assert stack.shape == (12, 32, 48) and stack.dtype == np.uint16
    assert stack.sum(axis=(1, 2), dtype=np.int64).tolist() == counts
    resonance("image", beamtime, run["uid"], "--frame", -1, "-o", tmp_path / "last.npy")
    assert (np.load(tmp_path / "last.npy") == stack[-1]).all()
    resonance("image", beamtime, run["uid"], "--frames", "-3:", "-o", tmp_path / "three.tif")
    tifffile = pytest.importorskip("tifffile")
    assert (tifffile.imread(tmp_path / "three.tif") == stack[-3:]).all()


def test_png_is_a_picture_and_json_tells_what_was_written(resonance, beamtime, tmp_path):
    run = with_frames(resonance, beamtime)
    done = resonance("image", beamtime, run["uid"], "-o", tmp_path / "f.png", "--log", "--percentiles", "1,99", "--json")
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    told = done.json()
    assert (told["field"], told["first"], told["count"], told["shape"], told["dtype"]) == ("detector_image", 0, 1, [32, 48], "uint16")


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        (["--frame", "12"], 3, "frames 0 to 11"),
        (["--frame", "-13"], 3, "frames 0 to 11"),
        (["--frames", "5:5"], 3, "frames 0 to 11"),
        (["--frames", "5-6"], 2, "10:20"),
        (["--frame", "1", "--frames", "1:2"], 2, "--frame"),
        (["--frames", "0:2"], 2, "PNG"),
        (["--field", "other"], 3, "detector_image"),
        (["--percentiles", "9,1"], 2, "--percentiles"),
    ],
)
def test_wrong_frames_are_refused(resonance, beamtime, tmp_path, arguments, status, words):
    run = with_frames(resonance, beamtime)
    done = resonance("image", beamtime, run["uid"], *arguments, "-o", tmp_path / "f.png", status=status)
    assert words.lower() in done.stderr.lower()
    assert list(tmp_path.iterdir()) == []


def test_image_of_a_run_without_frames_says_so(resonance, beamtime, tmp_path):
    run = next(run for run in resonance("ls", beamtime, "--json").json() if not run["num_frames"])
    assert "no frames" in resonance("image", beamtime, run["uid"], "-o", tmp_path / "f.png", status=3).stderr
    run = with_frames(resonance, beamtime)
    assert ".png" in resonance("image", beamtime, run["uid"], "-o", tmp_path / "f.jpeg", status=2).stderr
